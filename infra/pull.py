"""Pulls: a state machine fetches a file from its address until all of it is there."""

from aws_cdk import Duration
from constructs import Construct

from functions.video import settings
from infra.function import House, HouseFunction
from infra.machine import state_machine


class Pull(Construct):
    """functions/video/pull."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Pull")
        names = house.names
        pull = HouseFunction(
            self,
            house,
            "video",
            "pull",
            settings=settings.PullSettings,
            timeout=Duration.minutes(15),
            scratch=1024,  # MB: four parts of up to 128 MiB, or two of the largest there are
        )
        pull.write("video").meters().allow_objects(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "uploads",
        ).allow(["s3:ListBucket"], names.bucket_arn("uploads"))
        machine = Construct(self, "Machine")
        state_machine(machine, house, names.of("video", "pull"), "pull", {"Pull": pull})
