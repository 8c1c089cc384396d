"""Scores, turns and plans by themselves: the same for ever, fair, and within their bounds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.crm.assignment import AssignedBy, Assigner, owner_of
from functions.crm.conversion import Found, planned, returned
from functions.crm.lead_fields import ConvertFields, LeadPatch, NewLeadFields
from functions.crm.lead_rules import AssignmentRule, ScoringRule
from functions.crm.model import Lead
from functions.crm.scoring import MAX_POINTS, MAX_SCORE, score
from functions.shared.caller import Caller
from functions.shared.check import RecordName
from functions.shared.errors import ConflictError

CALLER = Caller("wsp_one", "key_one", "admin", frozenset(), "req_1")


def lead(**fields: Any) -> Lead:
    return Lead.of(NewLeadFields.model_validate({"name": "Ada", **fields}), CALLER)


def rule(name: str, condition: Mapping[str, Any], points: int, *, active: bool = True) -> Any:
    return ScoringRule.born(CALLER, name=name, condition=condition, points=points, active=active)


points = st.integers(-MAX_POINTS, MAX_POINTS).filter(bool)
conditions = st.sampled_from(
    [
        {"!!": [{"var": "name"}]},
        {"==": [{"var": "source"}, "web_form"]},
        {"in": ["vip", {"var": "tags"}]},
        {">": [{"var": "custom.size"}, 10]},
        {"/": [1, 0]},
    ]
)
rules = st.lists(st.tuples(conditions, points, st.booleans()), max_size=100).map(
    lambda made: [rule(f"R{n}", c, p, active=a) for n, (c, p, a) in enumerate(made)]
)
leads = st.builds(
    lead,
    source=st.sampled_from(["web_form", "ads"]),
    tags=st.lists(st.sampled_from(["vip", "new"])),
    custom=st.fixed_dictionaries({}, optional={"size": st.integers(0, 20)}),
)


@given(leads, rules)
def test_a_score_is_its_reasons_sum_within_bounds_and_the_same_again(
    one: Lead, made: list[ScoringRule]
) -> None:
    value, reasons = score(made, one.facts)

    assert score(made, one.facts) == (value, reasons)
    assert value == max(-MAX_SCORE, min(MAX_SCORE, sum(each.points for each in reasons)))
    asked = {each.id: each for each in made if each.active}
    assert [each.rule_id for each in reasons] == [
        each.id for each in made if each.id in {reason.rule_id for reason in reasons}
    ]
    assert all(asked[each.rule_id].points == each.points for each in reasons)


@given(leads, rules)
def test_scoring_twice_changes_nothing_more(one: Lead, made: list[ScoringRule]) -> None:
    scored = one.scored(made)

    assert scored.scored(made) is scored
    assert scored.rescored(made) is scored
    assert scored.version == one.version
    assert one.rescored(made).version in (one.version, one.version + 1)


@given(leads, rules)
def test_the_order_of_rules_does_not_change_a_score(one: Lead, made: list[ScoringRule]) -> None:
    assert score(made, one.facts).value == score(made[::-1], one.facts).value


def test_a_converted_lead_keeps_the_score_that_it_was_converted_with() -> None:
    one = lead().model_copy(update={"converted_at": "2026-11-22T21:59:17.123Z"})

    assert one.rescored([rule("R", {"!!": [{"var": "name"}]}, 5)]) is one


shares = st.lists(st.integers(1, 20), min_size=1, max_size=8).map(
    lambda weights: tuple((f"m{n}", weight) for n, weight in enumerate(weights))
)


@given(shares, st.integers(0, 400), st.integers(0, 400))
def test_after_any_number_of_turns_each_member_has_its_share(
    made: tuple[tuple[str, int], ...], begin: int, count: int
) -> None:
    total = sum(weight for _, weight in made)
    taken = Counter(owner_of(made, turn) for turn in range(begin, begin + count))

    for member, weight in made:
        assert abs(taken[member] - count * weight / total) < len(made)
    whole = Counter(owner_of(made, turn) for turn in range(begin, begin + total))
    assert whole == dict(made)


@given(st.integers(1, 12), st.integers(0, 100), st.integers(0, 100))
def test_members_alike_are_never_more_than_one_turn_apart(
    members: int, begin: int, count: int
) -> None:
    alike = tuple((f"m{n}", 1) for n in range(members))
    taken = Counter(owner_of(alike, turn) for turn in range(begin, begin + count))

    counts = [taken[member] for member, _ in alike]
    assert max(counts) - min(counts) <= 1


class People:
    """A door behind which some members are gone."""

    def __init__(self, gone: Sequence[str] = ()) -> None:
        self.gone = set(gone)
        self.asked = 0

    def missing(self, records: Sequence[RecordName], **_: Any) -> list[RecordName]:
        self.asked += 1
        return [each for each in records if each.id in self.gone]

    def shown(self, records: Sequence[RecordName]) -> Mapping[str, dict[str, Any]]:
        self.asked += 1
        return {}


class Turns:
    """Turns counted in memory."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()

    def take(self, rule_id: str) -> int:
        self.count[rule_id] += 1
        return self.count[rule_id] - 1

    def give_back(self, rule_id: str, turn: int) -> None:
        if self.count[rule_id] == turn + 1:
            self.count[rule_id] -= 1


def assigning(*members: str, condition: Any = None) -> AssignmentRule:
    target = {"type": "list", "members": [{"member_id": each, "weight": 1} for each in members]}
    return AssignmentRule.born(
        CALLER, name="R", condition=condition, position=1, target=target, active=True
    )


def test_nobody_is_asked_about_rules_that_do_not_hold() -> None:
    people, turns = People(), Turns()
    never = assigning("a", "b", condition={"==": [{"var": "source"}, "ads"]})

    assert Assigner([never], people, turns).choose({"source": "web"}) is None
    assert people.asked == 0
    assert not turns.count


def test_one_who_is_there_alone_takes_no_turn_and_a_withdrawn_turn_is_free_again() -> None:
    turns = Turns()
    alone = Assigner([assigning("a", "b")], People(["a"]), turns).choose({})
    assert alone is not None
    assert (alone.owner_id, alone.turn) == ("b", None)

    two = Assigner([assigning("a", "b")], People(), turns)
    first = two.choose({})
    assert first is not None
    two.withdraw(first)
    two.withdraw(alone)
    again = two.choose({})
    assert again is not None
    assert (again.owner_id, again.turn) == (first.owner_id, 0)


def test_an_owner_by_hand_is_no_rule_s() -> None:
    owner, other = (f"mem_01m82w1qmze42t2y2smsnt8yx{n}" for n in range(2))
    given_away = lead().given(owner_id=owner, assigned_by=AssignedBy(rule_id="rul_1", name="R"))

    assert given_away.version == 2
    assert given_away.patched(LeadPatch(title="CTO")).assigned_by is not None
    assert given_away.patched(LeadPatch(owner_id=other)).assigned_by is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("Web form", "web_form"), ("WEB-FORM", "web_form"), (" Fair 2026! ", "fair_2026")],
)
def test_spellings_of_a_source_are_one(sent: str, kept: str) -> None:
    assert lead(source=sent).source == kept


def test_a_lead_that_is_not_converted_is_not_returned() -> None:
    with pytest.raises(ConflictError):
        returned(lead(), {})


def test_a_plan_names_records_in_an_order_in_which_they_may_be_written() -> None:
    wanted = ConvertFields.model_validate({"deal": {}})
    plan = planned(lead(company_name="Big"), wanted, Found({}, {}), CALLER)

    assert [each.OBJECT for each in plan.made()] == ["company", "contact", "deal"]
    assert plan.conversion.created == ["company", "contact", "deal"]
