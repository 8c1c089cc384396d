"""CRM: the records' API, an admin's API, the door for other contexts, timelines, the index."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from functions.crm.settings import (
    ApiSettings,
    CheckSettings,
    EmptyStageSettings,
    FindApiSettings,
    LinkCompaniesSettings,
    MergeRecordsSettings,
    ProjectTimelineSettings,
    ReassignSettings,
    ScoreLeadsSettings,
    SetupApiSettings,
    SweepSettings,
)
from functions.shared.events import CATALOGUE, detail_type
from infra.consumer import HouseConsumer, reassigner
from infra.function import House, HouseFunction


class Crm(Construct):
    """functions/crm."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Crm")
        self.api = (
            HouseFunction(
                self, house, "crm", "api", settings=ApiSettings, layers=["web", "logic", "likeness"]
            )
            .write("crm", "platform")
            .signs()
            .looks_up("crm")
            .asks("identity", "video")
        )
        self.setup_api = (
            HouseFunction(
                self, house, "crm", "setup_api", settings=SetupApiSettings, layers=["web", "logic"]
            )
            .write("crm", "platform")
            .signs()
            .asks("identity")
        )
        self.find_api = (
            HouseFunction(
                self,
                house,
                "crm",
                "find_api",
                settings=FindApiSettings,
                layers=["web", "logic", "likeness"],
            )
            .write("crm", "platform")
            .signs()
            .looks_up("crm")
            .asks("identity")
        )
        check = HouseFunction(self, house, "crm", "check", settings=CheckSettings)
        self.check = check.read("crm").looks_up("crm")


class CrmWork(Construct):
    """What of functions/crm works behind the API, on events; in the work stack."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "CrmWork")
        names = house.names
        reassigner(self, house, "crm", ReassignSettings)
        timeout = Duration.seconds(30)
        timeline = HouseFunction(
            self,
            house,
            "crm",
            "project_timeline",
            settings=ProjectTimelineSettings,
            timeout=timeout,
        ).write("crm")
        HouseConsumer(self, names, timeline, "crm", timeout=timeout).fed_by(
            "Happenings",
            {"source": ["reelate.crm", "reelate.video"]},
            events.EventBus.from_event_bus_name(self, "Bus", names.bus),
        )
        self._sweeps(house)
        self._empties_stages(house)
        self._scores_leads(house)
        self._moves_what_merges(house)
        self._links_companies(house)

    def _links_companies(self, house: House) -> None:
        """Let `link_companies` hear of people and companies: when the index has followed, as a
        rule, so that somebody and their company that come at the same moment find each other."""
        names, timeout = house.names, Duration.minutes(5)
        function = HouseFunction(
            self, house, "crm", "link_companies", settings=LinkCompaniesSettings, timeout=timeout
        ).write("crm").looks_up("crm")  # fmt: skip
        HouseConsumer(
            self, names, function, "crm", timeout=timeout, delay=Duration.seconds(20)
        ).fed_by(
            "Employers",
            {
                "source": ["reelate.crm"],
                "detail_type": [
                    f"{kind}.{what}.v1"
                    for kind in ("contact", "lead", "company")
                    for what in ("created", "updated", "restored")
                ],
            },
            events.EventBus.from_event_bus_name(self, "EmployersBus", names.bus),
        )

    def _moves_what_merges(self, house: House) -> None:
        """Let `merge_records` hear of merges: when the index has followed what was written before
        them. A run that is not done in time hands itself on."""
        names, timeout = house.names, Duration.minutes(2)
        function = HouseFunction(
            self, house, "crm", "merge_records", settings=MergeRecordsSettings, timeout=timeout
        )
        function.write("crm").looks_up("crm")
        bus = events.EventBus.from_event_bus_name(self, "MergesBus", names.bus)
        consumer = HouseConsumer(
            self, names, function, "crm", timeout=timeout, batch_size=1, delay=Duration.seconds(10)
        )
        consumer.fed_by(
            "Merges",
            {
                "source": ["reelate.crm"],
                "detail_type": [
                    f"merge.{what}.v1" for what in ("started", "undo_started", "resumed")
                ],
            },
            bus,
        )
        consumer.fed_by(
            "MergedVideos",
            {"source": ["reelate.video"], "detail_type": [detail_type("merge.videos_moved")]},
            bus,
        )

    def _sweeps(self, house: House) -> None:
        """Let `sweep` hear of records that are gone for good: when the entries of their last
        moments have reached the timelines."""
        names, timeout = house.names, Duration.minutes(5)
        bus = events.EventBus.from_event_bus_name(self, "SweepBus", names.bus)
        gone = [detail_type(name) for name in CATALOGUE if name.endswith((".purged", ".expired"))]
        function = HouseFunction(
            self, house, "crm", "sweep", settings=SweepSettings, timeout=timeout
        ).write("crm")
        HouseConsumer(
            self, names, function, "crm", timeout=timeout, batch_size=1, delay=Duration.minutes(5)
        ).fed_by(
            "Gone",
            {"source": ["reelate.crm"], "detail_type": gone},
            bus,
        ).fed_by(
            "GoneVideos",
            {"source": ["reelate.video"], "detail_type": [detail_type("video.purged")]},
            bus,
        )

    def _empties_stages(self, house: House) -> None:
        """Let `empty_stage` hear of archived stages: one at a time, and only when every function
        has forgotten that the stage was open (`functions.crm.pipelines.DRAIN_SECONDS`)."""
        names, timeout = house.names, Duration.minutes(15)
        function = HouseFunction(
            self, house, "crm", "empty_stage", settings=EmptyStageSettings, timeout=timeout
        ).write("crm")
        HouseConsumer(
            self, names, function, "crm", timeout=timeout, batch_size=1, delay=Duration.seconds(90)
        ).fed_by(
            "StageClosed",
            {"source": ["reelate.crm"], "detail_type": ["pipeline.stage_closed.v1"]},
            events.EventBus.from_event_bus_name(self, "StagesBus", names.bus),
        )

    def _scores_leads(self, house: House) -> None:
        """Let `score_leads` hear of changed scoring rules: one at a time, and only when every
        function has forgotten the old ones (`functions.crm.dynamodb_rules.KEPT_SECONDS`)."""
        names, timeout = house.names, Duration.minutes(15)
        function = HouseFunction(
            self, house, "crm", "score_leads", settings=ScoreLeadsSettings, layers=["logic"],
            timeout=timeout,
        ).write("crm")  # fmt: skip
        HouseConsumer(
            self, names, function, "crm", timeout=timeout, batch_size=1, delay=Duration.seconds(90)
        ).fed_by(
            "ScoringRules",
            {
                "source": ["reelate.crm"],
                "detail_type": [
                    f"scoring_rule.{act}.v1" for act in ("created", "updated", "deleted")
                ],
            },
            events.EventBus.from_event_bus_name(self, "RulesBus", names.bus),
        )
