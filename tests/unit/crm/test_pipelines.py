"""Pipelines and what may become of their stages; moves of records through them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.fields import NewDealFields
from functions.crm.model import Deal
from functions.crm.pipeline_fields import PipelineFields, StageFields
from functions.crm.pipelines import (
    MAX_STAGES,
    Pipeline,
    born_with,
    default_id,
    key_of,
)
from functions.crm.staged import moved, placed, unknown_requirements, visit
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, InvalidError

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")
SALES, LEADS = born_with("wsp_one")


def stages(*more: dict[str, Any]) -> list[dict[str, Any]]:
    sent = [
        {"name": "Open", "kind": "open"}, {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"}, *more,
    ]  # fmt: skip
    return [StageFields.model_validate(each).whole() for each in sent]


def pipeline(*more: dict[str, Any], **fields: Any) -> Pipeline:
    made = {"name": "New", "record_type": "deal", "stages": stages(*more), **fields}
    return Pipeline.of(made, CALLER)


def deal(**fields: Any) -> Deal:
    return Deal.of(NewDealFields.model_validate({"name": "Big", **fields}), CALLER)


def codes(error: pytest.ExceptionInfo[InvalidError]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in error.value.errors]


def test_a_workspace_has_a_pipeline_of_each_type_whose_ids_are_its_own() -> None:
    assert [each.record_type for each in (SALES, LEADS)] == ["deal", "lead"]
    assert [each.id for each in (SALES, LEADS)] == [
        default_id("wsp_one", "deal"), default_id("wsp_one", "lead"),
    ]  # fmt: skip
    assert not {SALES.id, LEADS.id} & {each.id for each in born_with("wsp_two")}
    odds = [each.probability for each in SALES.stages]
    assert odds == [10, 25, 50, 75, 100, 0]
    assert [each.kind for each in LEADS.stages] == ["open"] * 3 + ["won", "lost"]


@pytest.mark.parametrize(
    ("name", "key"),
    [("Proposal", "proposal"), ("On site / demo", "on_site_demo"), ("2nd call", "stage_2nd_call"),
     ("提案", "stage"), ("É", "stage"), ("n" * 80, "n" * 40)],
)  # fmt: skip
def test_a_stage_without_a_key_gets_one_of_its_name(name: str, key: str) -> None:
    assert key_of(name) == key
    StageFields.model_validate({"key": key, "name": name, "kind": "open"})


def test_a_pipeline_has_a_stage_of_each_kind_and_each_key_once() -> None:
    for kind in ("open", "won", "lost"):
        fewer = [each for each in stages() if each["kind"] != kind]
        with pytest.raises(InvalidError) as refused:
            Pipeline.of({"name": "N", "record_type": "deal", "stages": fewer}, CALLER)
        assert codes(refused) == [("/stages", "kind_missing")]
    with pytest.raises(InvalidError) as refused:
        pipeline({"name": "Open", "kind": "open"})
    assert codes(refused) == [("/stages/3/key", "duplicate")]
    with pytest.raises(InvalidError) as refused:
        pipeline(*({"name": f"S{n}", "kind": "open"} for n in range(MAX_STAGES)))
    assert codes(refused) == [("/stages", "too_many_stages")]


@given(st.permutations(range(5)), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_stages_take_the_order_and_the_names_that_are_sent(
    order: list[int], names: list[str]
) -> None:
    before = pipeline({"name": "Fourth", "kind": "open"}, {"name": "Fifth", "kind": "open"})
    sent = [
        {name: getattr(before.stages[n], name) for name in
         ("key", "name", "kind", "probability", "required_fields")}
        for n in order
    ]  # fmt: skip
    for each, name in zip(sent, names, strict=False):
        each["name"] = name
    after = before.edited({"stages": sent})
    assert [each.key for each in after.stages] == [each["key"] for each in sent]
    assert [each.position for each in after.stages] == list(range(5))
    assert [each.name for each in after.stages] == [each["name"] for each in sent]
    assert before.edited({"name": before.name}) is before


def test_a_stage_is_not_lost_by_leaving_it_out_and_keeps_its_kind() -> None:
    before = pipeline({"name": "Fourth", "kind": "open"})
    with pytest.raises(InvalidError) as refused:
        before.edited({"stages": stages()})
    assert codes(refused) == [("/stages", "stage_missing")]
    with pytest.raises(InvalidError) as refused:
        before.edited({"stages": stages({"name": "Fourth", "kind": "won"})})
    assert codes(refused) == [("/stages/3/kind", "fixed")]


def test_an_archived_stage_is_out_of_the_order_and_its_key_is_never_used_again() -> None:
    before = pipeline({"name": "Fourth", "kind": "open"}, {"name": "Fifth", "kind": "open"})
    closed = before.archiving("open", "fourth")
    assert [each.key for each in closed.active] == ["won", "lost", "fourth", "fifth"]
    assert closed.archiving("open", "fourth") is closed
    with pytest.raises(ConflictError):
        closed.archiving("open", "fifth")
    with pytest.raises(InvalidError) as refused:
        closed.edited({"stages": stages({"name": "Fourth", "kind": "open"})})
    assert codes(refused) == [("/stages/0/key", "stage_archived")]
    with pytest.raises(ConflictError):
        closed.archiving("fourth", "fifth")  # what is on its way there would arrive nowhere
    done = closed.emptied("open")
    assert done.stage("open").state == "archived"  # type: ignore[union-attr]
    assert done.stage("open").moves_to == "fourth"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("heir", "code"), [("open", "unknown_stage"), ("none", "unknown_stage"), ("won", "other_kind")]
)
def test_the_records_of_a_stage_go_to_another_of_its_kind(heir: str, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        pipeline({"name": "Fourth", "kind": "open"}).archiving("open", heir)
    assert codes(refused) == [("/moves_to", code)]


def test_what_records_go_to_by_default_cannot_be_archived_others_come_back() -> None:
    with pytest.raises(ConflictError):
        SALES.closed(archived=True)
    closed = pipeline().closed(archived=True)
    assert not closed.takes("open")
    with pytest.raises(InvalidError) as refused:
        closed.entered("open")
    assert codes(refused) == [("/pipeline_id", "pipeline_archived")]
    assert closed.closed(archived=False).takes("open")


def test_a_required_field_is_one_that_the_records_have() -> None:
    wanted = ["amount", "custom.budget", "colour", "custom", "rank"]
    faulty = pipeline({"name": "F", "kind": "open", "required_fields": wanted})
    assert [each.pointer for each in unknown_requirements(faulty, ["budget"])] == [
        f"/stages/3/required_fields/{n}" for n in (2, 3, 4)
    ]
    assert [each.pointer for each in unknown_requirements(faulty)] == [
        f"/stages/3/required_fields/{n}" for n in (1, 2, 3, 4)
    ]
    stays = [each.pointer for each in unknown_requirements(faulty, (), faulty)]
    assert "/stages/3/required_fields/1" not in stays, "the field was deleted since"


def test_a_new_record_begins_where_it_says_or_in_the_first_stage() -> None:
    first = placed(deal(), SALES)
    assert (first.stage, first.status, first.closed_at) == ("qualification", "open", None)
    assert first.version == 1
    won = placed(deal(stage="won"), SALES)
    assert (won.status, won.closed_at) == ("won", won.created_at)
    with pytest.raises(InvalidError) as refused:
        placed(deal(stage="nowhere"), SALES)
    assert codes(refused) == [("/stage", "unknown_stage")]
    with pytest.raises(InvalidError) as refused:
        placed(deal(stage="won", loss_reason="Price"), SALES)
    assert codes(refused) == [("/loss_reason", "not_lost")]


def test_a_stage_is_entered_with_what_it_requires_set_and_each_lack_has_a_pointer() -> None:
    strict = pipeline(
        {"name": "Offer", "kind": "open",
         "required_fields": ["amount", "custom.budget", "contact_ids", "name"]},
        loss_reason_required=True,
    )  # fmt: skip
    made = placed(deal(custom={"other": 1}), strict)
    with pytest.raises(InvalidError) as refused:
        moved(made, strict, strict.stages[3], by=CALLER.actor)
    assert codes(refused) == [
        (f"/{pointer}", "missing_required_field")
        for pointer in ("amount", "custom/budget", "contact_ids")
    ]
    with pytest.raises(InvalidError) as refused:
        moved(made, strict, strict.stages[2], by=CALLER.actor)
    assert codes(refused) == [("/loss_reason", "missing_required_field")]
    lost = moved(made, strict, strict.stages[2], by=CALLER.actor, loss_reason="Price")
    assert (lost.status, lost.loss_reason) == ("lost", "Price")
    back = moved(lost, strict, strict.stages[0], by=CALLER.actor)
    assert (back.status, back.loss_reason, back.closed_at) == ("open", None, None)


@given(st.lists(st.integers(0, 5), max_size=12))
def test_wherever_it_moves_a_record_is_in_one_stage_and_its_visits_have_no_gap(
    path: list[int],
) -> None:
    record = placed(deal(), SALES)
    visits = []
    for number in path:
        stage = SALES.stages[number]
        after = moved(record, SALES, stage, by=CALLER.actor)
        if stage.key == record.stage:
            assert after is record
            continue
        visits.append(visit(record, after.stage_entered_at))
        assert (after.stage, after.status) == (stage.key, stage.kind)
        assert (after.closed_at is None) == (stage.kind == "open")
        assert after.last_move is not None
        assert after.last_move.from_stage == record.stage
        assert after.last_move.time_in_stage_ms == visits[-1].duration_ms >= 0
        assert after.version == record.version + 1
        record = after
    whole = [*visits, visit(record)]
    assert [one.left_at for one in whole[:-1]] == [two.entered_at for two in whole[1:]]
    assert whole[-1].left_at is None


def test_from_won_to_won_it_has_been_won_since_the_first() -> None:
    twice = pipeline({"name": "Paid", "kind": "won"})
    won = placed(deal(stage="won"), twice).model_copy(
        update={"closed_at": "2026-01-01T00:00:00.000Z"}
    )
    paid = moved(won, twice, twice.stages[3], by=CALLER.actor)
    assert paid.closed_at == "2026-01-01T00:00:00.000Z"


def test_what_is_sent_of_a_pipeline_has_bounds() -> None:
    with pytest.raises(ValueError, match="probability"):
        PipelineFields.model_validate(
            {"name": "N", "stages": [{"name": "A", "kind": "open", "probability": 101}] * 3}
        )
