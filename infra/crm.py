"""CRM: the records' API, the synchronous door for other contexts, the timeline."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from functions.crm.settings import (
    ApiSettings,
    CheckSettings,
    ProjectTimelineSettings,
    ReassignSettings,
)
from infra.consumer import HouseConsumer, reassigner
from infra.function import House, HouseFunction


class Crm(Construct):
    """functions/crm."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Crm")
        names = house.names
        self.api = (
            HouseFunction(self, house, "crm", "api", settings=ApiSettings, layers=["web"])
            .write("crm", "platform")
            .signs()
            .looks_up("crm")
            .asks("identity", "video")
        )
        check = HouseFunction(self, house, "crm", "check", settings=CheckSettings)
        self.check = check.looks_up("crm")
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
