"""λ crm/bulk_api: imports and exports over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from functions.crm import dynamodb_jobs
from functions.crm.bulk_api import exports, imports
from functions.crm.bulk_api.views import FileAddress
from functions.crm.charset_normalizer import guess
from functions.crm.desk import ImportDesk
from functions.crm.dynamodb_custom_targets import custom_targets
from functions.crm.dynamodb_definitions import custom_fields, definitions_of
from functions.crm.export_desk import ExportDesk
from functions.crm.import_samples import sample_of
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Export, Import
from functions.crm.list_reading import CustomFields
from functions.crm.s3_exchange import Exchange as ExchangeBucket
from functions.crm.settings import BulkApiSettings
from functions.crm.step_functions import Executions
from functions.shared.audit import act
from functions.shared.aws import client
from functions.shared.clock import iso, now
from functions.shared.door import LambdaDoor
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.exchange import Exchange
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler


@dataclass(slots=True)
class _Bench:
    """What both resources need for one request."""

    ask: Exchange
    settings: BulkApiSettings
    table: Table
    files: ExchangeBucket

    def address(self, kind: str, job_id: str, key: str, filename: str) -> FileAddress:
        """Return where a file is read, and tell the audit log who asked."""
        lifetime = self.settings.download_lifetime_s
        expires = iso(now() + timedelta(seconds=lifetime))
        told = act(
            f"{kind}.address_given",
            self.ask.caller,
            {"type": kind, "id": job_id},
            detail={"expires_at": expires},
        )
        self.ask.table(self.settings.platform_table).write(told)
        return FileAddress(url=self.files.address_get(key, filename, lifetime), expires_at=expires)


class _Imports:
    def __init__(self, bench: _Bench) -> None:
        self._bench = bench
        store = dynamodb_jobs.imports(bench.table, bench.ask.caller)
        self.get, self.page = store.get, store.page
        machine = bench.settings.import_machine_arn
        self.desk = ImportDesk(
            caller=bench.ask.caller,
            imports=store,
            files=bench.files,
            executions=Executions(client("stepfunctions"), machine),
            custom=partial(custom_targets, bench.table),
            policy=lambda kind: definitions_of(bench.table).duplicates.get(kind, "off"),
            guess=guess,
            progress_of=lambda job, plan: dynamodb_jobs.Ledger(bench.table, job, plan).progress(),
            clock=now,
            lifetime_s=bench.settings.upload_lifetime_s,
        )

    def address(self, job: Import) -> FileAddress:
        if job.report is None:
            raise ConflictError("No row was refused, and none has a warning.", code="no_report")
        return self._bench.address("import", job.id, job.report, f"{job.id}-report.csv")

    def sample(self, record_type: str) -> str:
        if record_type not in IMPORTABLES:
            raise NotFoundError("There is no such sample.")
        return sample_of(record_type, custom_targets(self._bench.table, record_type))


class _Exports:
    def __init__(self, bench: _Bench) -> None:
        self._bench = bench
        store = dynamodb_jobs.exports(bench.table, bench.ask.caller)
        self.get, self.page = store.get, store.page
        machine = bench.settings.export_machine_arn
        self.desk = ExportDesk(
            caller=bench.ask.caller,
            exports=store,
            executions=Executions(client("stepfunctions"), machine),
            custom=partial(custom_targets, bench.table),
            custom_fields=self._custom_fields,
            people=LambdaDoor(bench.settings.identity_check_function, bench.ask.caller),
        )

    def _custom_fields(self, kind: str) -> CustomFields:
        return partial(custom_fields, self._bench.table, kind)

    def address(self, job: Export) -> FileAddress:
        gone = job.file_expires_at is not None and job.file_expires_at <= iso(now())
        if job.key is None or gone:
            raise ConflictError("There is no file (any more).", code="no_file")
        return self._bench.address("export", job.id, job.key, job.key.rsplit("/", 1)[1])


def _opened(of: Callable[[_Bench], Any], ask: Exchange) -> Any:
    settings = BulkApiSettings.from_env()
    files = ExchangeBucket(client("s3"), settings.exchange_bucket)
    return of(_Bench(ask, settings, ask.table(settings.crm_table), files))


app = build_app(
    "Reelate CRM bulk",
    imports.routes(partial(_opened, _Imports)),
    exports.routes(partial(_opened, _Exports)),
)
handler = lambda_handler(app)
