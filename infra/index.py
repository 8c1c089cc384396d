"""The index kept from the records' events (`functions/crm/dynamodb_index.py`)."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from functions.crm.settings import IndexRecordsSettings
from infra.consumer import HouseConsumer
from infra.function import House, HouseFunction


class Index(Construct):
    """λ crm/index_records and what feeds it."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Index")
        names, timeout = house.names, Duration.seconds(30)
        function = HouseFunction(
            self, house, "crm", "index_records", settings=IndexRecordsSettings, timeout=timeout
        )
        function.write("crm").looks_up("crm")
        HouseConsumer(self, names, function, "crm", timeout=timeout).fed_by(
            "Records",
            {"source": ["reelate.crm"]},
            events.EventBus.from_event_bus_name(self, "IndexBus", names.bus),
        )
