"""The media stack: what happens to a video once it is uploaded. Its pipeline's steps, theirs of
insight, pulls, and what videos do on the events of others.

A stack of its own because CloudFormation takes 500 resources in one. Like the service stack it
holds no data, and knows the other stacks by their names alone."""

from aws_cdk import CfnParameter, Stack
from constructs import Construct

from infra import layers
from infra.function import House
from infra.house import house_values, layer_versions
from infra.insight import InsightSteps, InsightWork
from infra.names import Names
from infra.pull import Pull
from infra.stage import Stage
from infra.video import VideoSteps, VideoWork

# What a deployment may choose: (settings field, parameter, default, what it is)
_CHOICES = (
    ("speech_provider", "SpeechProvider", "transcribe", "transcribe or openai"),
    ("language_provider", "LanguageProvider", "bedrock", "bedrock or openai"),
    ("model_base_url", "ModelBaseUrl", "https://api.openai.com/v1",
     "Base URL of the OpenAI-compatible provider"),
    ("speech_model", "SpeechModel", "gpt-4o-transcribe-diarize", "Its speech model"),
    ("speech_layout", "SpeechLayout", "diarized_json", "diarized_json or verbose_json"),
    ("speech_max_bytes", "SpeechMaxBytes", "25000000", "Largest audio file it takes"),
    ("language_model", "LanguageModel", "us.amazon.nova-lite-v1:0", "Language model to ask"),
    ("model_api_key_secret", "ModelKeyName", "",
     "Name of the Secrets Manager secret that holds the provider's key; empty: none"),
)  # fmt: skip


class MediaStack(Stack):
    """Everything that works on videos and has no state of its own."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        stage: Stage,
        audit_key_arn: str,
        target: layers.Target,
    ) -> None:
        super().__init__(
            scope,
            "Media",
            stack_name=names.of("media"),
            description="Reelate: the video pipeline, transcripts and analyses, pulls",
        )
        # W3005: CDK makes a function wait for its role, which it refers to anyway.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
        values = house_values(names, audit_key_arn)
        for field, parameter, default, description in _CHOICES:
            made = CfnParameter(self, parameter, default=default, description=description)
            values[field] = made.value_as_string
        house = House(names, stage, layer_versions(self, target, ("runtime", "ffmpeg")), values)
        VideoSteps(self, house, InsightSteps(self, house))
        InsightWork(self, house)
        Pull(self, house)
        VideoWork(self, house)
