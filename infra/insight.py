"""Insight: speech to text, analysis, and their API."""

from aws_cdk import Aws, Duration
from constructs import Construct

from functions.insight.settings import AnalyseSettings, ApiSettings, TranscribeSettings
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
