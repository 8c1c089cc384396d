"""λ encode_audio: the source's sound → HLS segments, audio.m4a, and speech.flac to transcribe."""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from functions.shared.aws import client
from functions.shared.effort import noted
from functions.shared.settings import find_binary
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented
from functions.video import keys
from functions.video.dynamodb import DynamoRunLog
from functions.video.dynamodb_costs import DynamoCosts
from functions.video.encode_audio.logic import AudioEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import EncodePlan
from functions.video.model import Reason
from functions.video.process import InTime
from functions.video.s3 import S3Store, ca_bundle
from functions.video.settings import EncodeAudioSettings
from functions.video.task import Task

_STEP = "encode_audio"
_URL_LIFETIME_S = 1_800  # longer than the function may run
_NO_AUDIO = Reason(code="no_audio", detail="The recording has no sound.", step=_STEP)


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return `ok` with `speech_key` (null when there is nothing to hear) and `silent`, or
    `skipped` when there is no sound."""
    task, settings = Task.model_validate(event), EncodeAudioSettings.from_env()
    annotate(workspace=task.workspace, video=task.video, run=task.run)
    costs = DynamoCosts(Table(client("dynamodb"), settings.video_table, task.workspace))
    with noted(context, partial(costs.note, task.video, task.run, _STEP)):
        return _worked(task, settings, context)


def _worked(task: Task, settings: EncodeAudioSettings, context: Any) -> dict[str, Any]:
    s3 = client("s3")
    media = S3Store(s3, settings.media_bucket, task.prefix)
    uploads = S3Store(s3, settings.uploads_bucket)
    dynamodb = client("dynamodb")
    log = DynamoRunLog(dynamodb, settings.video_table, task.workspace, task.video, task.run)
    log.step_started(_STEP)
    plan = EncodePlan.model_validate(media.get_json(keys.PLAN))
    if plan.audio is None:
        log.step_skipped(_STEP, _NO_AUDIO)
        return {"outcome": "skipped", "reason": _NO_AUDIO.model_dump(), "speech_key": None}
    url = uploads.presign_get(task.source_key, _URL_LIFETIME_S)
    with tempfile.TemporaryDirectory() as folder:
        made = AudioEncoder(
            tool=InTime(FFmpeg(find_binary("ffmpeg")), context.get_remaining_time_in_millis),
            source=MediaInput(url, ca_bundle()),
            audio=plan.audio,
            store=media,
            folder=Path(folder),
        ).encode()
    speech = None if made.silent else task.prefix + keys.SPEECH
    log.step_done(_STEP, {"speech_key": speech, "silent": made.silent})
    return {"outcome": "ok", "speech_key": speech, "silent": made.silent}
