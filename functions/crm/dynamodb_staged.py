"""Records in the stages of pipelines, in DynamoDB.

    pattern                       index  requests                              units (1 KB items)
    create                        table  1 TransactWriteItems                  as CrmRecords + 1 WRU
                                                                               (gsi2)
    move to another stage         table  1 GetItem + 1 TransactWriteItems      as change + 2 WRU
                                                                               (the visit) + 1 WRU
                                                                               (gsi2: out, in)
      ... or beside a card        gsi2   + 1 GetItem + 1 Query                 + 1.5 RRU
      ... where there is no room  gsi2   + 1 Query + 1 TransactWriteItems      + 6 WRU x up to 50
    visits of a record            table  1 GetItem + 1 Query a page            1 RRU
    a column of a board           gsi2   1 Query a page                        0.5 RRU per 4 KB

    The pipeline of each costs what `dynamodb_pipelines` says: as a rule nothing.

    item    as CrmRecords, with gsi2pk W#<workspace>#BOARD#<pipeline>#<stage>  gsi2sk <rank>#<id>
    visit   pk W#<workspace>#VISITS#<id>   sk <entered_at>#<version of then>   of the stages left

The stay in the present stage stands on the record itself; when it ends, the same transaction
writes it down. So the visits are exact, and a record does not grow with its moves.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from functions.crm.dynamodb import CrmRecords
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.model import StagedRecord
from functions.crm.pipelines import Pipeline
from functions.crm.ranks import LONGEST, between, spread
from functions.crm.staged import Move, Visit, moved, placed, visit
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.clock import iso, now
from functions.shared.errors import FieldProblem, InvalidError, NotFoundError
from functions.shared.paging import Page
from functions.shared.record import stamp
from functions.shared.records import LISTED
from functions.shared.table import ConditionFailedError, Item, Put, Table, Update
from functions.shared.writes import Also, Write, nothing_else

S = TypeVar("S", bound=StagedRecord)

_SPREAD = 50  # cards that get new ranks at once
_END = "~"  # sorts after every rank and every time


class StagedRecords(CrmRecords[S]):
    """The records of one type, each in a stage of a pipeline of its type."""

    _listed = (*LISTED, "gsi2pk", "gsi2sk")

    def __init__(
        self,
        table: Table,
        kind: type[S],
        caller: Caller,
        pipelines: Pipelines,
        *,
        people: Door | None = None,
        unique: Sequence[str] = (),
        source: str | None = None,
    ) -> None:
        super().__init__(table, kind, caller, unique=unique, people=people)
        self._pipelines = pipelines
        self._source = source or caller.source

    def _defined(self, new: S, old: S | None) -> S:
        """As `CrmRecords._defined`; puts a new record into its stage. Raises InvalidError when it
        may not enter that."""
        if old is None:
            pipeline = self._pipeline(new.pipeline_id, new.stage or None)
            new = placed(new, pipeline, source=self._source)
        return super()._defined(self._settled(new, old), old)

    def _settled(self, new: S, _old: S | None) -> S:
        """Return a record with what follows from its other fields."""
        return new

    def move(
        self,
        record_id: str,
        wanted: Move,
        *,
        if_match: str | None = None,
        also: Also[S] = nothing_else,
    ) -> S:
        """Put a record into another stage, or elsewhere in its column. Raises as `change` does,
        and InvalidError when the stage does not take it or the card named lies elsewhere."""

        def edit(old: S) -> S:
            pipeline = self._pipeline(wanted.pipeline_id or old.pipeline_id, wanted.stage)
            here = (old.pipeline_id, old.stage) == (pipeline.id, wanted.stage)
            stage = pipeline.stage(wanted.stage) if here else pipeline.entered(wanted.stage)
            assert stage is not None  # noqa: S101 - where it is there is a stage
            rank = self._rank(old, pipeline.id, stage.key, wanted) if wanted.anchor else None
            return moved(
                old,
                pipeline,
                stage,
                by=self._caller.actor,
                source=self._source,
                rank=rank,
                loss_reason=wanted.loss_reason,
            )

        return self.change(record_id, edit, if_match=if_match, also=also)

    def visits(
        self, record_id: str, *, limit: int, start: Mapping[str, Any] | None = None
    ) -> Page[Visit]:
        """Return one page of the stages that a record has been in, the present one first."""
        record = self.get(record_id)
        before = _END if start is None else start["sk"]
        first = [visit(record)] if start is None else []
        if limit == len(first):
            return Page(first, {"sk": before})
        found = self._table.query(
            self._table.key("VISITS", record.id),  # of a merged record's id: the winner's
            before=before,
            newest_first=True,
            limit=limit - len(first),
        )
        past = [Visit.model_validate(item) for item in found.items]
        position = {"sk": found.last_key["sk"]} if found.last_key else None
        return Page([*first, *past], position)

    def card(self, item: Item) -> S:
        """Return a record, as it lies in the table, as callers see it."""
        return self._shown(self._kind.model_validate(item))

    def column(
        self, pipeline_id: str, stage: str, *, limit: int, start: str | None = None
    ) -> tuple[list[Item], str | None]:
        """Return one page of a column's items, in their order, and the sort key to go on from
        (None at the end): whatever the caller may see of them (1 Query)."""
        pk = self._board(pipeline_id, stage)
        found = self._table.query(
            pk,
            index="gsi2",
            limit=limit,
            between=(f"{start}!", _END) if start else None,
        )
        more = found.last_key is not None
        return found.items, found.items[-1]["gsi2sk"] if more else None

    def _pipeline(self, pipeline_id: str, stage: str | None) -> Pipeline:
        """Return the pipeline; looked up again before what it says becomes a refusal."""
        try:
            known = self._pipelines.kept(pipeline_id)
            if not known.takes(stage):
                known = self._pipelines.kept(pipeline_id, fresh=True)
        except NotFoundError as error:
            raise _refused("/pipeline_id", "unknown_reference", "No such pipeline.") from error
        if known.record_type != self._kind.RECORD_TYPE:
            raise _refused(
                "/pipeline_id", "other_record_type", f"It is a pipeline of {known.record_type}s."
            )
        return known

    def _replace(self, old: S, new: S, event: str, also: Also[S]) -> None:
        if _place(old) == _place(new):
            super()._replace(old, new, event, also)
            return
        past = self._past(old, new)
        super()._replace(old, new, event, lambda made: [past, *also(made)])

    def _past(self, old: S, new: S) -> Put:
        return Put(
            {
                **visit(old, new.stage_entered_at).model_dump(mode="json", exclude_none=True),
                "pk": self._table.key("VISITS", old.id),
                "sk": f"{old.stage_entered_at}#{old.version:09}",
            }
        )

    def _revived(self, old: S) -> S:
        """A stage that was archived meanwhile gives its records to another."""
        pipeline = self._pipelines.kept(old.pipeline_id)
        stage = pipeline.stage(old.stage)
        while stage is not None and stage.state != "active" and stage.moves_to:
            stage = pipeline.stage(stage.moves_to)
        assert stage is not None  # noqa: S101 - a stage is never deleted
        if stage.key == old.stage:
            return super()._revived(old)
        new = moved(old, pipeline, stage, by=self._caller.actor, source=self._source, checked=False)
        return new.model_copy(update={"deleted_at": None})

    def _passed(self, old: S, new: S) -> Sequence[Write]:
        return [] if _place(old) == _place(new) else [self._past(old, new)]

    def _stamps(self, old: S, new: S, event: str) -> list[dict[str, Any]]:
        if _place(old) != _place(new):
            happened = ["stage_moved"]
            if new.status != old.status and new.status != "open":
                happened.append(new.status)
        elif old.rank != new.rank and old.loss_reason == new.loss_reason:
            happened = ["reordered"]
        else:
            happened = [event]
        return [self._stamp(each) for each in happened]

    def _stamp(self, event: str) -> dict[str, Any]:
        return stamp(f"{self._kind.OBJECT}.{event}", self._caller, source=self._source)

    def _item(self, record: S, events: list[dict[str, Any]]) -> Item:
        return {
            **super()._item(record, events),
            "gsi2pk": self._board(record.pipeline_id, record.stage),
            "gsi2sk": f"{record.rank}#{record.id}",
        }

    def _board(self, pipeline_id: str, stage: str) -> str:
        return self._table.key("BOARD", pipeline_id, stage)

    def _rank(self, record: S, pipeline_id: str, stage: str, wanted: Move) -> str:
        """Return a rank right after, or right before, the card named."""
        pointer = "/position/after" if wanted.after else "/position/before"
        try:
            anchor = self.get(str(wanted.anchor), consistent=True)
        except NotFoundError as error:
            raise _refused(pointer, "unknown_reference", "There is no such record.") from error
        if anchor.id == record.id or (anchor.pipeline_id, anchor.stage) != (pipeline_id, stage):
            raise _refused(pointer, "other_column", "This record does not lie in that column.")
        pk, place = self._board(pipeline_id, stage), f"{anchor.rank}#{anchor.id}"
        if wanted.after:
            found = self._table.query(pk, index="gsi2", between=(place, _END), limit=3).items
            others = [each["rank"] for each in found if each["id"] not in (anchor.id, record.id)]
            low: str | None = anchor.rank
            high = next((each for each in others if each > anchor.rank), None)
        else:
            found = self._table.query(
                pk, index="gsi2", before=place, newest_first=True, limit=2
            ).items
            others = [each["rank"] for each in found if each["id"] != record.id]
            low = next((each for each in others if each < anchor.rank), None)
            high = anchor.rank
        rank = between(low, high)
        if len(rank) > LONGEST and low is not None:
            rank = between(low, self._spread(pk, low) or high)
        return rank

    def _spread(self, pk: str, low: str) -> str | None:
        """Give the cards after a rank shorter ranks, in the order in which they lie; return the
        first of these. None, and nothing is done, when somebody is at one of the cards."""
        found = self._table.query(
            pk, index="gsi2", between=(f"{low}$", _END), limit=_SPREAD + 1
        ).items
        # `$` sorts after the `#` that ends a rank and before every digit that goes on with it
        cards = found[:_SPREAD]
        end = found[_SPREAD]["rank"] if len(found) > _SPREAD else None
        ranks = spread(low, end, len(cards))
        moment = iso(now())
        writes = [
            Update(
                {"pk": card["pk"], "sk": card["sk"]},
                "SET #rank = :rank, gsi2sk = :place, updated_at = :now, #events = :events "
                "ADD version :one",
                "version = :version AND gsi2pk = :column",
                {"#rank": "rank", "#events": "_events"},
                {
                    ":rank": rank,
                    ":place": f"{rank}#{card['id']}",
                    ":now": moment,
                    ":events": [self._stamp("reordered")],
                    ":one": 1,
                    ":version": card["version"],
                    ":column": pk,
                },
            )
            for card, rank in zip(cards, ranks, strict=True)
        ]
        try:
            if writes:
                self._table.transact(writes)
        except ConditionFailedError:
            return None  # the long rank does as well
        return ranks[0] if ranks else None


def _place(record: StagedRecord) -> tuple[str, str]:
    return record.pipeline_id, record.stage


def _refused(pointer: str, code: str, sentence: str) -> InvalidError:
    return InvalidError(
        "The record cannot go there; see `errors`.",
        code=code,
        errors=[FieldProblem(pointer, code, sentence)],
    )
