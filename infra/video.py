"""Video: the upload API; the pipeline's steps and the state machine that orders them; what follows
others' events."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.shared.events import detail_type
from functions.video import settings
from infra.consumer import HouseConsumer, dead_letters, reassigner
from infra.convert import Convert, runs_jobs, with_mediaconvert
from infra.function import House, HouseFunction
from infra.insight import InsightSteps
from infra.machine import state_machine

LINKED = ("contact", "company", "deal")  # records that videos are linked to
_CORE = 1769  # MB of memory that buy one full vCPU


class Video(Construct):
    """The API of functions/video, and the door for other contexts."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Video")
        through_cdn = house.stage.cdn is not None and house.stage.cdn.in_use
        api = HouseFunction(
            self, house, "video", "api", settings=settings.ApiSettings,
            layers=["web", "crypto"] if through_cdn else ["web"],
        )  # fmt: skip
        if through_cdn:
            api.signs_for_the_cdn()
        self.api = (
            _tends(api, house)
            .write("platform")
            .signs()
            .allow_objects(["s3:PutObject"], "uploads")
            .allow(["states:StartExecution"], house.names.machine_arn("video", "pull"))
            .allow_objects(["s3:GetObject", "s3:PutObject"], "media")
            .allow(
                ["sqs:SendMessage"], house.names.arn("sqs", house.names.of("video", "tally_views"))
            )
            .asks("crm", "identity")
        )
        check = HouseFunction(self, house, "video", "check", settings=settings.CheckSettings)
        self.check = check.looks_up("video")


class VideoSteps(Construct):
    """The steps that functions/video runs for an upload, their state machine, and what starts and
    ends its runs."""

    def __init__(self, scope: Construct, house: House, insight: InsightSteps) -> None:
        super().__init__(scope, "VideoSteps")
        self._house = house
        names = house.names
        steps = {
            "Reuse": self._step("reuse", settings.ReuseSettings, minutes=15),
            "Inspect": self._step("inspect", settings.InspectSettings, ffmpeg=True),
            "Plan": self._step("plan", settings.PlanSettings),
            "Encode": self._step(
                "encode", settings.EncodeSettings, ffmpeg=True, minutes=4, scratch=2048
            ),
            "EncodeAudio": self._step(
                "encode_audio", settings.EncodeAudioSettings, ffmpeg=True, minutes=15, scratch=4096
            ),
            "Capture": self._step("capture", settings.CaptureSettings, ffmpeg=True),
            "Package": self._step(
                "package", settings.PackageSettings, ffmpeg=True, minutes=15, scratch=10_240
            ),
            "Finish": self._step("finish", settings.FinishSettings),
            "Fail": self._step("fail", settings.FailSettings),
        }
        for name in ("Plan", "Package", "Finish", "Fail"):
            steps[name].meters()
        steps["Encode"].looks_up("video")
        steps["Fail"].allow_objects(["s3:DeleteObject"], "media").allow(
            ["s3:ListBucket"], names.bucket_arn("media")
        )
        convert = Convert(self, house) if house.stage.mediaconvert else None
        state_machine(
            self,
            house,
            names.of("video"),
            "video",
            {
                **steps,
                "Transcribe": insight.transcribe,
                "Analyse": insight.analyse,
                **({"Adopt": convert.adopt} if convert else {}),
            },
            distributed=True,
            edit=with_mediaconvert if convert else None,
            also=runs_jobs(house) if convert else (),
        )
        self._start()
        self._expire()

    def _step(
        self,
        folder: str,
        reads: type,
        *,
        ffmpeg: bool = False,
        minutes: int = 2,
        scratch: int = 512,
    ) -> HouseFunction:
        step = HouseFunction(
            self,
            self._house,
            "video",
            folder,
            settings=reads,
            layers=["ffmpeg"] if ffmpeg else [],
            memory=_CORE if ffmpeg else 512,
            timeout=Duration.minutes(minutes),
            scratch=scratch,
        ).write("video")
        names = self._house.names
        if ffmpeg or folder in ("plan", "reuse"):
            # Without ListBucket S3 answers 403, not 404, for an object that is not there (yet).
            step.allow_objects(["s3:GetObject", "s3:PutObject"], "media").allow(
                ["s3:ListBucket"], names.bucket_arn("media")
            )
        if ffmpeg:
            step.allow_objects(["s3:AbortMultipartUpload"], "media")
            step.allow_objects(["s3:GetObject"], "uploads").allow(
                ["s3:ListBucket"], names.bucket_arn("uploads")
            )
        return step

    def _start(self) -> None:
        names = self._house.names
        timeout = Duration.seconds(30)
        start = _tends(
            HouseFunction(
                self,
                self._house,
                "video",
                "start",
                settings=settings.StartSettings,
                timeout=timeout,
            ),
            self._house,
        )
        HouseConsumer(self, names, start, "video", timeout=timeout).fed_by(
            "Uploaded",
            {
                "source": ["aws.s3"],
                "detail_type": ["Object Created"],
                "detail": {"bucket": {"name": [names.bucket("uploads")]}},
            },
        )

    def _expire(self) -> None:
        dead = dead_letters(Construct(self, "ExpireQueue"), self._house.names, "video", "expire")
        expire = _tends(
            HouseFunction(
                self,
                self._house,
                "video",
                "expire",
                settings=settings.ExpireSettings,
                timeout=Duration.minutes(2),
                concurrency=1,
                dead_letters=dead,
            ),
            self._house,
        ).allow(["states:StartExecution"], self._house.names.machine_arn("video", "pull"))
        events.Rule(
            self,
            "ExpireSchedule",
            schedule=events.Schedule.rate(Duration.minutes(5)),
            targets=[targets.LambdaFunction(expire.function, dead_letter_queue=dead)],
        )


class VideoWork(Construct):
    """What functions/video does on the events of others, once they have happened."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "VideoWork")
        reassigner(self, house, "video", settings.ReassignSettings)
        self._relinks(house)
        self._tallies_views(house)

    def _tallies_views(self, house: House) -> None:
        """Let `tally_views` count what players tell, which the API sends to its queue."""
        timeout = Duration.seconds(30)
        tally = HouseFunction(
            self, house, "video", "tally_views", settings=settings.TallyViewsSettings,
            timeout=timeout, memory=512,
        )  # fmt: skip
        tally.write("video").looks_up("video")
        HouseConsumer(self, house.names, tally, "video", timeout=timeout)

    def _relinks(self, house: House) -> None:
        """Let `relink` hear of merges, when what was being written has been, and of records that
        videos may be linked to and that are gone for good."""
        names, timeout = house.names, Duration.minutes(5)
        relink = HouseFunction(
            self, house, "video", "relink", settings=settings.RelinkSettings, timeout=timeout
        ).write("video")
        ends = [f"{each}.{end}" for each in LINKED for end in ("purged", "expired")]
        HouseConsumer(
            self, names, relink, "video", timeout=timeout, batch_size=1, delay=Duration.seconds(10)
        ).fed_by(
            "Links",
            {
                "source": ["reelate.crm"],
                "detail_type": [
                    detail_type(each) for each in ("merge.started", "merge.undo_started", *ends)
                ],
            },
            events.EventBus.from_event_bus_name(self, "LinksBus", names.bus),
        )


def _tends(function: HouseFunction, house: House) -> HouseFunction:
    """Let a function start and stop runs, and remove what an upload or a video leaves."""
    names = house.names
    return (
        function.write("video")
        .meters()
        .allow_objects(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
            ],
            "uploads",
        )
        .allow_objects(["s3:DeleteObject", "s3:DeleteObjectVersion"], "media")
        .allow(
            ["s3:ListBucket", "s3:ListBucketVersions"],
            names.bucket_arn("media"),
            names.bucket_arn("uploads"),
        )
        .allow(["states:StartExecution"], names.state_machine_arn)
        .allow(
            ["states:StopExecution"],
            names.arn("states", f"execution:{names.of('video')}:*"),
            because="An execution's name holds the video and the run.",
        )
    )
