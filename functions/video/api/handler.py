"""λ video/api: videos, their uploads, runs and playback over HTTP."""

from datetime import timedelta
from functools import partial

from functions.shared.aws import client
from functions.shared.clock import now
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange
from functions.shared.meter import Meter
from functions.shared.secrets_manager import signing_secret
from functions.shared.signing import Signer
from functions.shared.table import Table
from functions.shared.telemetry import annotate
from functions.shared.web import build_app, lambda_handler
from functions.video.api import playback, uploads, videos
from functions.video.api.desk import Desk
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_videos import DynamoVideos
from functions.video.model import Video
from functions.video.multipart_s3 import S3MultipartUploads
from functions.video.origin import Origin
from functions.video.pipeline import Pipeline
from functions.video.playback import PURPOSE, Screening, read
from functions.video.s3 import S3Store
from functions.video.settings import ApiSettings
from functions.video.step_functions import StepFunctionsExecutions
from functions.video.uploads import UploadDesk


def _desk(ask: Exchange) -> Desk:
    settings = ApiSettings.from_env()
    crm = LambdaDoor(settings.crm_check_function, ask.caller)
    people = LambdaDoor(settings.identity_check_function, ask.caller)
    records = DynamoVideos(ask.table(settings.video_table), Video, ask.caller, people=people)
    multipart = S3MultipartUploads(client("s3"), settings.uploads_bucket)
    sources = S3Store(client("s3"), settings.uploads_bucket)
    quotas = Meter(ask.table(settings.platform_table), settings.stage)
    return Desk(
        videos=records,
        uploads=UploadDesk(
            caller=ask.caller,
            videos=records,
            uploads=multipart,
            sources=sources,
            crm=crm,
            quotas=quotas,
            clock=now,
            lifetime=timedelta(hours=settings.upload_lifetime_hours),
            url_lifetime_s=settings.part_url_lifetime_s,
            origin=partial(_origin, settings.pull_exempt),
            pulls=StepFunctionsExecutions(client("stepfunctions"), settings.pull_machine_arn),
        ),
        pipeline=Pipeline(
            workspace=ask.caller.workspace,
            videos=records,
            executions=StepFunctionsExecutions(client("stepfunctions"), settings.state_machine_arn),
            uploads=multipart,
            sources=sources,
            media=S3Store(client("s3"), settings.media_bucket),
            quotas=quotas,
            clock=now,
        ),
        linked=crm.shown,
        playback_lifetime=timedelta(seconds=settings.playback_lifetime_s),
    )


def _origin(exempt: str) -> Origin:
    # Here and not above: it loads an HTTP client that no other route needs.
    from functions.shared.pinned_http import PinnedHttp
    from functions.video.http_origin import HttpOrigin

    return HttpOrigin(PinnedHttp(exempt=frozenset(exempt.split()), timeout_s=5))


def _screening(token: str) -> Screening:
    settings = ApiSettings.from_env()
    signer = Signer(lambda: signing_secret(settings.signing_secret), PURPOSE)
    grant = read(signer, token, now())
    annotate(workspace=grant.viewer.workspace, video=grant.video)
    database = client("dynamodb")
    table = settings.video_table
    return Screening(
        grant=grant,
        videos=DynamoVideos(Table(database, table, grant.viewer.workspace), Video, grant.viewer),
        media=S3Store(client("s3"), settings.media_bucket),
        log_of=lambda run: DynamoRunLog(database, table, grant.viewer.workspace, grant.video, run),
        address_lifetime_s=settings.segment_url_lifetime_s,
        tell=Table(database, settings.platform_table, grant.viewer.workspace).try_write,
    )


app = build_app(
    "Reelate video",
    videos.routes(_desk),
    uploads.routes(_desk),
    playback.routes(_desk, _screening),
)
handler = lambda_handler(app)
