"""AWS Elemental MediaConvert, in stages that offer it (`mediaconvert` in cdk.json): its role, its
branch of the video state machine, the function that takes in what it wrote, and the one that hears
of its jobs. A stage without it has none of this, and no right to any of it."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from functions.video import settings
from infra.consumer import HouseConsumer
from infra.function import House, HouseFunction
from infra.nag import acknowledge_pattern
from infra.packaging import ROOT

BRANCH = ROOT / "infra" / "mediaconvert.asl.json"
# Where in a run's prefix MediaConvert writes (`keys.CONVERTED`).
WRITES = "mediaconvert/"
_SERVICE = "mediaconvert.amazonaws.com"
# Of an event of ours: the job's user metadata, which λ plan writes.
_STATES = ("STATUS_UPDATE", "NEW_WARNING", "COMPLETE", "ERROR")


def with_mediaconvert(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the video state machine with MediaConvert's branch: it begins where the batches did,
    and goes on to them where `plan` has chosen FFmpeg."""
    added = json.loads(BRANCH.read_text())
    render = machine["States"]["Render"]
    first, *others = render["Branches"]
    branch = {"StartAt": added["StartAt"], "States": {**added["States"], **first["States"]}}
    return {
        **machine,
        "States": {**machine["States"], "Render": {**render, "Branches": [branch, *others]}},
    }


def runs_jobs(house: House) -> list[iam.PolicyStatement]:
    """Return what the state machine may do, so that it can run a job to its end and cancel it
    (Step Functions' developer guide: IAM policies for MediaConvert)."""
    names = house.names
    return [
        iam.PolicyStatement(
            # "You must use Resource *", says the guide.
            actions=["mediaconvert:CancelJob", "mediaconvert:CreateJob", "mediaconvert:GetJob"],
            resources=["*"],
        ),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[names.mediaconvert_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": _SERVICE}},
        ),
        iam.PolicyStatement(
            actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            resources=[names.arn("events", "rule/StepFunctionsGetEventsForMediaConvertJobRule")],
        ),
    ]


class Convert(Construct):
    """What there is beside the state machine; `adopt` is a step of it."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Convert")
        self._role(house)
        self.adopt = self._adopt(house)
        self._follow(house)

    def _role(self, house: House) -> None:
        """Let MediaConvert read sources and write where a run has a place for it, for this account
        alone."""
        names = house.names
        role = iam.Role(
            self,
            "Role",
            role_name=names.mediaconvert_role,
            description="What MediaConvert may do with recordings",
            assumed_by=iam.ServicePrincipal(
                _SERVICE, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        sources = f"{names.bucket_arn('uploads')}/*/source"
        target = f"{names.bucket_arn('media')}/*/{WRITES}*"
        for action, resource in (("s3:GetObject", sources), ("s3:PutObject", target)):
            role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
            acknowledge_pattern(role, resource, "Ids of workspaces, videos and runs lie between.")

    def _adopt(self, house: House) -> HouseFunction:
        names = house.names
        return (
            HouseFunction(
                self,
                house,
                "video",
                "adopt",
                settings=settings.AdoptSettings,
                memory=1769,  # one processor: it reads and writes all of the picture
                timeout=Duration.minutes(15),
            )
            .write("video")
            .meters()
            .allow_objects(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], "media")
            .allow(["s3:ListBucket"], names.bucket_arn("media"))
        )

    def _follow(self, house: House) -> None:
        timeout = Duration.seconds(30)
        follow = HouseFunction(
            self,
            house,
            "video",
            "follow_job",
            settings=settings.FollowJobSettings,
            timeout=timeout,
        ).write("video")
        HouseConsumer(self, house.names, follow, "video", timeout=timeout).fed_by(
            "Jobs",
            {
                "source": ["aws.mediaconvert"],
                "detail_type": ["MediaConvert Job State Change"],
                "detail": {
                    "status": list(_STATES),
                    "userMetadata": {
                        "application": ["reelate"],
                        "stage": [house.names.stage.name],
                    },
                },
            },
        )
