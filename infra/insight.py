"""Insight: speech to text, analysis, and their API."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from constructs import Construct

from functions.insight.settings import (
    AnalyseSettings,
    ApiSettings,
    ForgetSettings,
    TranscribeSettings,
)
from functions.shared.events import detail_type
from infra.consumer import HouseConsumer
from infra.function import House, HouseFunction


class Insight(Construct):
    """The API of functions/insight."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Insight")
        # Without it S3 answers 403, not 404, for an object that is not there.
        media = house.names.bucket_arn("media")
        self.api = (
            HouseFunction(self, house, "insight", "api", settings=ApiSettings, layers=["web"])
            .read("insight")
            .write("platform")
            .signs()
            .asks("video")
            .allow_objects(["s3:GetObject"], "media")
            .allow(["s3:ListBucket"], media)
        )


class InsightSteps(Construct):
    """The steps that functions/insight runs for a video, in the state machine of `infra.video`."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "InsightSteps")
        names = house.names
        media = names.bucket_arn("media")  # listed for the same reason
        self.transcribe = (
            HouseFunction(
                self,
                house,
                "insight",
                "transcribe",
                settings=TranscribeSettings,
                # An OpenAI-compatible provider answers in the same call: about a tenth of the
                # recording's length on a small machine.
                timeout=Duration.minutes(15),
            )
            .write("insight")
            .meters()
            .allow_objects(["s3:GetObject", "s3:PutObject"], "media")
            .allow(["s3:ListBucket"], media)
            .allow(
                ["transcribe:GetTranscriptionJob", "transcribe:StartTranscriptionJob"],
                names.arn("transcribe", f"transcription-job/{names.of()}-*"),
                because="A job's name holds the video and the run.",
            )
            .may_use_model_key()
        )
        self.analyse = (
            HouseFunction(
                self,
                house,
                "insight",
                "analyse",
                settings=AnalyseSettings,
                timeout=Duration.minutes(5),
            )
            .write("insight")
            .meters()
            .allow_objects(["s3:GetObject", "s3:PutObject"], "media")
            .allow(["s3:ListBucket"], media)
            .allow(
                ["bedrock:InvokeModel"],
                f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/*",
                names.arn("bedrock", "inference-profile/*"),
                because="Which model is asked is a parameter of the deployment.",
            )
            .may_use_model_key()
        )


class InsightWork(Construct):
    """What insight does on the events of videos."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "InsightWork")
        names, timeout = house.names, Duration.minutes(1)
        forget = HouseFunction(
            self, house, "insight", "forget", settings=ForgetSettings, timeout=timeout
        ).write("insight")
        # As late as a queue can be: by then a step that was at work when the video went has ended.
        HouseConsumer(
            self, names, forget, "insight", timeout=timeout, delay=Duration.minutes(15)
        ).fed_by(
            "GoneVideos",
            {"source": ["reelate.video"], "detail_type": [detail_type("video.purged")]},
            events.EventBus.from_event_bus_name(self, "Bus", names.bus),
        )
