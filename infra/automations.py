"""Automations: one function that hears of everything that happens to the CRM's records."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from functions.crm.settings import RunAutomationsSettings
from infra.consumer import HouseConsumer
from infra.function import House, HouseFunction


class Automations(Construct):
    """λ crm/run_automations."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Automations")
        names, timeout = house.names, Duration.seconds(60)
        function = HouseFunction(
            self, house, "crm", "run_automations", settings=RunAutomationsSettings,
            layers=["logic"], timeout=timeout,
        )  # fmt: skip
        function.write("crm").asks("identity")
        HouseConsumer(self, names, function, "crm", timeout=timeout).fed_by(
            "Happenings",
            {"source": ["reelate.crm"]},
            events.EventBus.from_event_bus_name(self, "Bus", names.bus),
        )
