"""What each function of this context reads from its environment, all halves of the pipeline."""

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings


class ApiSettings(WebSettings):
    """λ api."""

    video_table: str
    uploads_bucket: str
    media_bucket: str
    state_machine_arn: str
    pull_machine_arn: str
    encode_concurrency: int  # as in PlanSettings, to tell how long a run will take
    # `host:port` of addresses that files are pulled from though they are not public or not secure.
    # Tests of the embedded cloud set it; no template does.
    pull_exempt: str = ""
    crm_check_function: str
    identity_check_function: str
    views_queue_url: str
    mediaconvert_role: str = ""  # as in PlanSettings: whether the stage offers it
    upload_lifetime_hours: int = 24
    part_url_lifetime_s: int = 3_600
    playback_lifetime_s: int = 6 * 3_600  # of a playback token, unless the caller asks for less
    segment_url_lifetime_s: int = 3_600  # of the addresses in a playlist: revocation's afterglow
    # Where a stage has a CDN: its domain, the id of the public key that it knows our signatures by,
    # and the secret that holds the private one. Empty: segments are read from S3.
    cdn_domain: str = ""
    cdn_key_id: str = ""
    cdn_secret: str = ""


class CheckSettings(Settings):
    """λ check."""

    video_table: str


class ReassignSettings(Settings):
    """λ reassign."""

    video_table: str
    identity_check_function: str


class RelinkSettings(Settings):
    """λ relink."""

    video_table: str


class TallyViewsSettings(Settings):
    """λ tally_views."""

    video_table: str


class ReuseSettings(Settings):
    """λ reuse."""

    video_table: str
    media_bucket: str


class StartSettings(Settings):
    """λ start."""

    platform_table: str
    video_table: str
    uploads_bucket: str
    media_bucket: str
    state_machine_arn: str


class ExpireSettings(StartSettings):
    """λ expire."""

    pull_machine_arn: str


class PullSettings(Settings):
    """λ pull."""

    platform_table: str
    stage: str
    video_table: str
    uploads_bucket: str
    pull_exempt: str = ""  # as in ApiSettings


class FinishSettings(Settings):
    """λ finish."""

    platform_table: str
    video_table: str


class FailSettings(Settings):
    """λ fail."""

    platform_table: str
    video_table: str
    media_bucket: str


class InspectSettings(Settings):
    """λ inspect."""

    video_table: str
    uploads_bucket: str
    media_bucket: str


class PlanSettings(Settings):
    """λ plan."""

    platform_table: str
    video_table: str
    uploads_bucket: str
    media_bucket: str
    encode_concurrency: int  # encoders that one video may have at work
    mediaconvert_role: str = ""  # that MediaConvert takes on, where the stage offers it
    chunk_segments: int = 2  # segments of about 4 s that one worker encodes in one go


class EncodeSettings(InspectSettings):
    """λ encode."""


class EncodeAudioSettings(InspectSettings):
    """λ encode_audio."""


class CaptureSettings(InspectSettings):
    """λ capture."""


class AdoptSettings(Settings):
    """λ adopt."""

    platform_table: str
    video_table: str
    media_bucket: str


class FollowJobSettings(Settings):
    """λ follow_job."""

    video_table: str


class PackageSettings(InspectSettings):
    """λ package."""

    platform_table: str
