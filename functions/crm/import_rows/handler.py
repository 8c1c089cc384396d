"""λ crm/import_rows: one lane's share of an import's rows become records, or (a preview) are looked
at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from functions.crm import dynamodb_jobs
from functions.crm.bulk import BulkStore
from functions.crm.clockwork import Pace, Watch
from functions.crm.dynamodb_bulk_types import Lookups, opened
from functions.crm.dynamodb_custom_targets import custom_targets
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.dynamodb_duplicates import DynamoDuplicates
from functions.crm.dynamodb_employers import companies_of
from functions.crm.exchange_keys import plan_key, readable_key
from functions.crm.import_rows.likenesses import BLOCK, COMPARED, Likenesses
from functions.crm.import_rows.logic import Rows
from functions.crm.importables import IMPORTABLES
from functions.crm.jobs import Choice, Import
from functions.crm.matching import Matcher
from functions.crm.piecework import Lane
from functions.crm.plan import Plan
from functions.crm.rapidfuzz_texts import similarity
from functions.crm.reception import targets
from functions.crm.row_mapping import Mapper
from functions.crm.s3_exchange import Exchange
from functions.crm.settings import ImportRowsSettings
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.door import LambdaDoor
from functions.shared.table import Table
from functions.shared.telemetry import annotate, instrumented


@instrumented
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work until the lane's pieces are done, the time is over (`more`), or the job is stopped."""
    workspace, job_id = event["workspace"], event["job"]
    annotate(workspace=workspace, job=job_id, lane=event["lane"])
    settings = ImportRowsSettings.from_env()
    table = Table(client("dynamodb"), settings.crm_table, workspace)
    imports = dynamodb_jobs.imports(table, Caller.pipeline(workspace, job_id))
    job = imports.get(job_id, consistent=True)
    if job.state not in ("previewing", "running"):
        return {"outcome": "stopped"}
    exchange = Exchange(client("s3"), settings.exchange_bucket)
    plan = Plan.of_json(exchange.get_json(plan_key(job, workspace)))
    watch = Watch(
        lambda: imports.get(job_id, consistent=True).state == job.state,
        context.get_remaining_time_in_millis,
    )
    caller = replace(Caller.bearing(job.passport), source="import")
    door = settings.identity_check_function
    store, turns = opened(
        table,
        job.record_type,
        caller,
        people=LambdaDoor(door, caller),
        staff=LambdaDoor(door, Caller.pipeline(workspace, job_id)),
        dry=job.act == "preview",
        declaring=job.choice is not None and job.choice.new_sources == "create",
    )
    lane = Lane(
        dynamodb_jobs.Ledger(table, job_id, str(job.plan)),
        _rows(job, table, exchange, plan, store, caller),
        plan.pieces,
        watch.stopped,
        watch.timely,
        Pace(settings.import_rows_per_second / event["lanes"]).after,
    )
    try:
        return {"outcome": lane.work(event["lane"], event["lanes"])}
    finally:
        turns.close()


def _rows(
    job: Import, table: Table, exchange: Exchange, plan: Plan, store: BulkStore, caller: Caller
) -> Rows:
    choice, what = job.choice, IMPORTABLES[job.record_type]
    if choice is None:
        raise ValueError("an import runs without having been told how")
    custom = custom_targets(table, job.record_type)
    mapped = [(each.column, each.field) for each in choice.mapping]
    key = readable_key(job, table.workspace)
    return Rows(
        job=job,
        choice=choice,
        what=what,
        mapper=Mapper(
            targets(job, custom),
            mapped,
            len(job.columns),
            job.reading,
            choice.fallback_encoding,
            choice.defaults,
        ),
        store=store,
        named=Lookups(table, caller).ids,
        form=Matcher(what, choice.match_on or "id", custom).of_value,
        blocks=lambda start, end: exchange.blocks(key, start, end),
        twins={row: line for rows in plan.twins.values() for row, line in rows.items()},
        dry=job.act == "preview",
        employers=_employers(job, table, caller),
        likenesses=_likenesses(choice, table, plan, caller),
    )


def _employers(
    job: Import, table: Table, caller: Caller
) -> Callable[[Sequence[str]], Mapping[str, str]] | None:
    """Return what knows the companies of new contacts: so they are born with them, and a revert
    finds them as they were made. Who sees not all companies names none unseen: λ link_companies
    does what is left."""
    wanted = job.record_type == "contact" and definitions_of(table).link_companies != "off"
    return partial(companies_of, table) if wanted and caller.visibility == "all" else None


def _likenesses(choice: Choice, table: Table, plan: Plan, caller: Caller) -> Likenesses | None:
    if choice.duplicates == "ignore":
        return None
    finder = DynamoDuplicates(table, caller, similarity, block=BLOCK, compared=COMPARED)
    return Likenesses(finder.matches, plan.doubles, choice.duplicates == "deny")
