"""λ video/api: videos, their uploads, runs and playback over HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request

from functions.shared.admission import ADMISSION
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.clock import now
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange
from functions.shared.limits import Rate
from functions.shared.meter import Meter
from functions.shared.secrets_manager import read_secret, signing_secret
from functions.shared.signing import Signer
from functions.shared.table import Table
from functions.shared.telemetry import annotate
from functions.shared.web import build_app, lambda_handler
from functions.shared.workspace_settings import settings_of
from functions.video import shares as share_links
from functions.video.admittance import Admittance
from functions.video.api import (
    burials,
    captions,
    costs,
    playback,
    shares,
    sources,
    uploads,
    videos,
    viewing,
)
from functions.video.api.desk import Desk
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_burials import DynamoVideos
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.dynamodb_shares import DynamoShares
from functions.video.dynamodb_views import DynamoViews
from functions.video.model import Video
from functions.video.multipart_s3 import S3MultipartUploads
from functions.video.origin import Origin
from functions.video.pipeline import Pipeline
from functions.video.playback import PURPOSE, Grant, Screening, read
from functions.video.ports import Addresses
from functions.video.replacing import Replacing
from functions.video.s3 import S3Addresses, S3Store
from functions.video.settings import ApiSettings
from functions.video.shares import Share, Ticket
from functions.video.step_functions import StepFunctionsExecutions
from functions.video.uploads import UploadDesk, links_left
from functions.video.viewing import Beat

if TYPE_CHECKING:
    from functions.video.captioning import Captioning

_LINKED = frozenset(("contacts:read", "companies:read", "deals:read"))
OPENINGS = Rate(per_second=0.2, burst=20)  # of one share
BEATS = Rate(per_second=1, burst=30)  # of one session


def _desk(ask: Exchange) -> Desk:
    settings = ApiSettings.from_env()
    crm = LambdaDoor(settings.crm_check_function, ask.caller)
    people = LambdaDoor(settings.identity_check_function, ask.caller)
    records = DynamoVideos(ask.table(settings.video_table), Video, ask.caller, people=people)
    multipart = S3MultipartUploads(client("s3"), settings.uploads_bucket)
    files = S3Store(client("s3"), settings.uploads_bucket)
    quotas = Meter(ask.table(settings.platform_table), settings.stage)
    upload_desk = UploadDesk(
        caller=ask.caller,
        videos=records,
        uploads=multipart,
        sources=files,
        crm=crm,
        quotas=quotas,
        clock=now,
        lifetime=timedelta(hours=settings.upload_lifetime_hours),
        url_lifetime_s=settings.part_url_lifetime_s,
        origin=partial(_origin, settings.pull_exempt),
        days_kept=partial(_days_kept, ask.table(settings.platform_table), settings.stage),
        pulls=StepFunctionsExecutions(client("stepfunctions"), settings.pull_machine_arn),
    )
    return Desk(
        captioning=partial(_captioning, ask.caller.workspace, records, settings.media_bucket),
        costs=DynamoCosts(ask.table(settings.video_table)),
        videos=records,
        views=DynamoViews(ask.table(settings.video_table)),
        shares=DynamoShares(ask.table(settings.video_table), Share, ask.caller),
        uploads=upload_desk,
        replacing=Replacing(upload_desk),
        pipeline=Pipeline(
            workspace=ask.caller.workspace,
            videos=records,
            executions=StepFunctionsExecutions(client("stepfunctions"), settings.state_machine_arn),
            uploads=multipart,
            sources=files,
            media=S3Store(client("s3"), settings.media_bucket),
            quotas=quotas,
            clock=now,
        ),
        links_left=partial(
            links_left, LambdaDoor(settings.crm_check_function, _all_seeing(ask.caller))
        ),
        linked=crm.shown,
        playback_lifetime=timedelta(seconds=settings.playback_lifetime_s),
        encoders=settings.encode_concurrency,
        mediaconvert=bool(settings.mediaconvert_role),
    )


def _days_kept(platform: Table, stage: str) -> dict[str, int | None]:
    chosen = settings_of(platform, stage)
    return {
        "retention_days": chosen.video_retention_days,
        "source_retention_days": chosen.video_source_retention_days,
    }


def _captioning(workspace: str, videos: DynamoVideos, bucket: str) -> "Captioning":
    # Here and not above: few requests read or write cues.
    from functions.video.captioning import Captioning

    return Captioning(workspace, videos, S3Store(client("s3"), bucket), now)


def _all_seeing(caller: Caller) -> Caller:
    """Return who asks whether records are there at all: what is restored need not be seen."""
    return replace(Caller.pipeline(caller.workspace, caller.request_id), scopes=_LINKED)


def _origin(exempt: str) -> Origin:
    # Here and not above: it loads an HTTP client that no other route needs.
    from functions.shared.pinned_http import PinnedHttp
    from functions.video.http_origin import HttpOrigin

    return HttpOrigin(PinnedHttp(exempt=frozenset(exempt.split()), timeout_s=5))


def _screening(request: Request, token: str) -> Screening:
    settings = ApiSettings.from_env()
    signer = Signer(lambda: signing_secret(settings.signing_secret), PURPOSE)
    grant = read(signer, token, now())
    annotate(workspace=grant.viewer.workspace, video=grant.video)
    database = client("dynamodb")
    records = Table(database, settings.video_table, grant.viewer.workspace)
    shared = DynamoShares(records, Share, grant.viewer)
    headers = request.headers
    media = S3Store(client("s3"), settings.media_bucket)
    return Screening(
        grant=grant,
        videos=DynamoVideos(records, Video, grant.viewer),
        share_of=partial(shared.get, consistent=True),
        origin=share_links.origin_of(headers.get("origin"), headers.get("referer")),
        media=media,
        log_of=lambda run: DynamoRunLog(
            database, settings.video_table, grant.viewer.workspace, grant.video, run
        ),
        addresses=_addresses(settings, media),
        tell=Table(database, settings.platform_table, grant.viewer.workspace).try_write,
    )


def _addresses(settings: ApiSettings, media: S3Store) -> Addresses:
    if not settings.cdn_domain:
        return S3Addresses(media, settings.segment_url_lifetime_s)
    # Here and not above: most stages have no CDN.
    from functions.video.cloudfront import CloudFrontAddresses, policy_signer

    return CloudFrontAddresses(
        settings.cdn_domain,
        settings.cdn_key_id,
        policy_signer(read_secret, settings.cdn_secret, settings.cdn_key_id),
        now(),
        timedelta(seconds=settings.segment_url_lifetime_s),
    )


def _door(token: str) -> tuple[Admittance, Ticket]:
    settings = ApiSettings.from_env()
    secret = partial(signing_secret, settings.signing_secret)
    ticket = share_links.read(Signer(secret, share_links.PURPOSE), token)
    annotate(workspace=ticket.workspace, share=ticket.share)
    database = client("dynamodb")
    platform = Table(database, settings.platform_table, ticket.workspace)
    ADMISSION.of_link(platform, ticket.share, OPENINGS)
    records = Table(database, settings.video_table, ticket.workspace)
    admittance = Admittance(
        shares_of=partial(DynamoShares, records, Share),
        videos_of=partial(DynamoVideos, records, Video),
        signer=Signer(secret, PURPOSE),
        lifetime=timedelta(seconds=settings.playback_lifetime_s),
    )
    return admittance, ticket


def _notebook(token: str) -> tuple[Grant, Callable[[Beat], None]]:
    settings = ApiSettings.from_env()
    grant = read(Signer(lambda: signing_secret(settings.signing_secret), PURPOSE), token, now())
    annotate(workspace=grant.viewer.workspace, video=grant.video)
    platform = Table(client("dynamodb"), settings.platform_table, grant.viewer.workspace)
    ADMISSION.of_link(platform, grant.session or grant.video, BEATS)
    # Here and not above: no other route needs the queue.
    from functions.video.sqs_beats import SqsBeats

    return grant, SqsBeats(client("sqs"), settings.views_queue_url).send


app = build_app(
    "Reelate video",
    videos.routes(_desk),
    burials.routes(_desk),
    captions.routes(_desk),
    costs.routes(_desk),
    uploads.routes(_desk),
    sources.routes(_desk),
    playback.routes(_desk, _screening),
    shares.routes(_desk, _door),
    viewing.routes(_desk, _notebook),
)
handler = lambda_handler(app, links="/v1/playback/")
