"""Bulk work of the CRM: imports and exports, their API, their state machines."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from constructs import Construct

from functions.crm import settings
from infra.consumer import HouseConsumer
from infra.function import House, HouseFunction
from infra.machine import state_machine

_CORE = 1769  # MB of memory that buy one full vCPU
_LONG = Duration.minutes(15)


class BulkApi(Construct):
    """functions/crm/bulk_api."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "BulkApi")
        names = house.names
        self.api = (
            HouseFunction(
                self, house, "crm", "bulk_api", settings=settings.BulkApiSettings, layers=["web"]
            )
            .write("crm", "platform")
            .signs()
            .asks("identity")
            .allow(
                ["states:StartExecution"],
                names.machine_arn("crm", "import"),
                names.machine_arn("crm", "export"),
            )
            .allow_objects(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], "exchange")
            .allow(["s3:ListBucket"], names.bucket_arn("exchange"))
        )


class BulkWork(Construct):
    """What imports and exports do: the functions behind the API, and their state machines."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Bulk")
        self._house = house
        self._detects()
        workers = {
            "SplitImport": self._worker(
                "split_import", settings.SplitImportSettings, 3008, layers=["likeness"]
            ),
            # rules for leads are evaluated by layers/logic, names compared by layers/likeness
            "ImportRows": self._worker(
                "import_rows", settings.ImportRowsSettings, layers=["logic", "likeness"]
            ),
            "RevertRows": self._worker(
                "revert_rows", settings.RevertRowsSettings, layers=["logic"]
            ),
            "FinishImport": self._worker("finish_import", settings.FinishImportSettings),
        }
        for name in ("ImportRows", "RevertRows"):
            workers[name].looks_up("crm").asks("identity")
        self._machine("import", workers)
        exports = self._worker("export_rows", settings.ExportRowsSettings).looks_up("crm")
        self._machine("export", {"ExportRows": exports})

    def _detects(self) -> None:
        timeout = Duration.seconds(60)
        function = self._reads(
            HouseFunction(
                self,
                self._house,
                "crm",
                "detect_import",
                settings=settings.DetectImportSettings,
                timeout=timeout,
            )
        )
        names = self._house.names
        HouseConsumer(self, names, function, "crm", timeout=timeout).fed_by(
            "Arrived",
            {
                "source": ["aws.s3"],
                "detail_type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [names.bucket("exchange")]},
                    "object": {"key": [{"prefix": "imports/"}]},
                },
            },
        )

    def _worker(
        self, folder: str, reads: type, memory: int = _CORE, layers: Sequence[str] = ()
    ) -> HouseFunction:
        function = HouseFunction(
            self, self._house, "crm", folder, settings=reads, memory=memory, timeout=_LONG,
            layers=layers,
        )  # fmt: skip
        return self._reads(function).allow_objects(
            ["s3:AbortMultipartUpload", "s3:PutObject"], "exchange"
        )

    def _reads(self, function: HouseFunction) -> HouseFunction:
        # Without ListBucket S3 answers 403, not 404, for an object that is not there (yet).
        return (
            function.write("crm")
            .allow_objects(["s3:GetObject"], "exchange")
            .allow(["s3:ListBucket"], self._house.names.bucket_arn("exchange"))
        )

    def _machine(self, name: str, steps: Mapping[str, HouseFunction]) -> None:
        here = Construct(self, name.capitalize())
        state_machine(here, self._house, self._house.names.of("crm", name), name, steps)
