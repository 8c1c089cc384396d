"""The index kept from the records' events (`functions/crm/dynamodb_index.py`)."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from functions.crm.settings import IndexRecordsSettings, ReindexSettings
from infra.consumer import HouseConsumer
from infra.function import House, HouseFunction


class Index(Construct):
    """λ crm/index_records, λ crm/reindex, and what feeds them."""

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
        self._reindexes(house)

    def _reindexes(self, house: House) -> None:
        """Let `reindex` hear of fields whose index may have changed: one at a time, and only when
        `index_records` has forgotten what was indexed before (`dynamodb_definitions`)."""
        names, timeout = house.names, Duration.minutes(15)
        function = HouseFunction(
            self, house, "crm", "reindex", settings=ReindexSettings, timeout=timeout
        )
        function.write("crm").looks_up("crm")
        HouseConsumer(
            self, names, function, "crm", timeout=timeout, batch_size=1, delay=Duration.seconds(90)
        ).fed_by(
            "Fields",
            {
                "source": ["reelate.crm"],
                "detail_type": ["field.created.v1", "field.updated.v1", "field.deleted.v1"],
            },
            events.EventBus.from_event_bus_name(self, "FieldsBus", names.bus),
        )
