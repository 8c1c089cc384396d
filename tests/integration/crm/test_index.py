"""The index follows the records exactly once, whatever the bus and the machines do."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from functions.crm.dynamodb_index import Index
from functions.crm.index_records.handler import handler as index_records
from functions.shared.table import Table
from tests.integration.cloud import Calls
from tests.integration.crm.bus import image as record_image
from tests.integration.crm.bus import message, published
from tests.integration.crm.index_world import (
    NAME,
    PROJECTIONS,
    KilledError,
    Mortal,
    World,
    everything,
)
from tests.integration.gateway import CONTEXT, Api
from tests.integration.parallel import shared_cloud


def words(count: int, of: str = "w") -> str:
    return " ".join(f"{of}{number}" for number in range(count))


def test_rows_and_counters_follow_a_record_s_life(cloud: None) -> None:
    world = World()
    world.put("con_1", words="ada lovelace", owner_id="mem_1")
    world.put("con_2", words="ada")
    for each in ("con_1", "con_2"):
        world.index.refresh(each)
    world.check()
    world.put("con_1", words="ada byron")  # nobody's now
    world.index.refresh("con_1")
    world.check()
    world.put("con_1", words="ada byron", deleted_at="2026-11-24T00:00:00.000Z")
    world.index.refresh("con_1")
    world.check()
    world.remove("con_1")
    world.index.refresh("con_1")
    world.index.refresh("con_1")
    world.check()


def test_a_hundred_repeats_change_nothing_and_cost_one_read_each(cloud: None) -> None:
    world = World()
    world.put("con_1", words="ada lovelace")
    with Calls("dynamodb") as calls:
        world.index.refresh("con_1")
        assert calls.take() == ["BatchGetItem", "TransactWriteItems"]
        for _ in range(100):
            world.index.refresh("con_1")
        assert calls.take() == ["BatchGetItem"] * 100
    world.check()


@pytest.mark.parametrize("others", [0, 60])
def test_what_it_costs_does_not_depend_on_how_many_records_there_are(
    cloud: None, others: int
) -> None:
    world = World()
    for number in range(others):
        world.put(f"con_o{number}", words="ada lovelace")
        world.index.refresh(f"con_o{number}")
    world.put("con_1", words="ada lovelace")
    with Calls("dynamodb") as calls:
        world.index.refresh("con_1")
        assert calls.take() == ["BatchGetItem", "TransactWriteItems"]
        world.put("con_1", words="ada byron")
        calls.clear()
        world.index.refresh("con_1")
        assert calls.take() == ["BatchGetItem", "TransactWriteItems"]


def test_a_version_that_changes_no_row_is_noted_so_that_no_older_one_comes_after_it(
    cloud: None,
) -> None:
    world = World()
    world.put("con_1", words="one")
    world.index.refresh("con_1")
    world.put("con_1", words="two")
    late = world.table.get_many(
        [(world.table.key("con_1"), "RECORD"), (world.table.key("con_1"), "INDEXED")]
    )
    world.put("con_1", words="one")
    world.index.refresh("con_1")
    pk = world.table.key("con_1")
    assert not world.index.settle("con_1", late[pk, "RECORD"], late[pk, "INDEXED"])
    world.check()


def test_who_read_an_older_version_than_was_indexed_reads_again(cloud: None) -> None:
    world = World()
    world.put("con_1", words="one")
    old = dict(world.records["con_1"])
    world.put("con_1", words="two")
    world.index.refresh("con_1")
    indexed = world.table.get(world.table.key("con_1"), "INDEXED", consistent=True)
    assert not world.index.settle("con_1", old, indexed)
    world.check()


def test_a_late_first_writer_finds_that_its_record_is_gone_or_of_another_version(
    cloud: None,
) -> None:
    world = World()
    world.put("con_1", words="one")
    old = dict(world.records["con_1"])
    world.put("con_1", words="two")
    assert not world.index.settle("con_1", old, None)
    world.remove("con_1")
    assert not world.index.settle("con_1", old, None)
    world.check()


def test_a_difference_of_hundreds_of_rows_is_written_in_several_transactions(cloud: None) -> None:
    world = World()
    world.put("con_1", words=words(230))
    with Calls("dynamodb") as calls:
        world.index.refresh("con_1")
        assert calls.take() == ["BatchGetItem", *["TransactWriteItems"] * 3]
    world.check()
    world.put("con_1", words=words(230, "v"), owner_id="mem_1")
    world.index.refresh("con_1")
    world.check()
    world.remove("con_1")
    world.index.refresh("con_1")
    world.check()


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_between_any_two_requests_leaves_what_the_next_look_completes(
    cloud: None,
    after: bool,  # noqa: FBT001
) -> None:
    world = World()
    versions = [words(110), words(105, "v"), words(110), None]
    for step, text in enumerate(versions):
        record = "con_1"
        if text is None:
            world.remove(record)
        else:
            world.put(record, words=text, owner_id=f"mem_{step}")
        for dies_at in range(1, 6):
            with suppress(KilledError):
                mortal = Table(Mortal(dies_at, after=after), NAME, "wsp_one")
                Index(mortal, {}, PROJECTIONS).refresh(record)
        world.index.refresh(record)
        world.check()


def test_any_order_of_many_repeated_events_and_changes_ends_in_the_same_index(cloud: None) -> None:
    world, dice = World(), random.Random(7)  # noqa: S311 - repeatable, not secret
    names, gone = [f"con_{number}" for number in range(6)], []
    for _ in range(150):
        name = dice.choice(names)
        act = dice.random()
        if name in world.records and act < 0.1:
            world.remove(name)
            names.remove(name)
            gone.append(name)
            names.append(f"{name}x")  # ids are never used again
        elif act < 0.6:
            text = " ".join(dice.choices("abcdefgh", k=dice.randint(1, 6)))
            owner = dice.choice(["mem_1", "mem_2", None])
            world.put(name, words=text, **({"owner_id": owner} if owner else {}))
        world.index.refresh(dice.choice(names))
        if dice.random() < 0.3:
            with suppress(KilledError):
                mortal = Table(Mortal(2, after=dice.random() < 0.5), NAME, "wsp_one")
                Index(mortal, {}, PROJECTIONS).refresh(name)
    for name in [*names, *gone]:
        world.index.refresh(name)
    world.check()


def test_twenty_deliveries_at_once_while_the_records_change_leave_exact_counters() -> None:
    with shared_cloud():
        world = World()
        for number in range(4):
            world.put(f"con_{number}", words="start")

        def work(number: int) -> None:
            dice = random.Random(number)  # noqa: S311 - repeatable, not secret
            for _ in range(5):
                name = f"con_{dice.randrange(4)}"
                if number == 0:
                    world.put(name, words=words(dice.randint(1, 5)), owner_id="mem_1")
                # busy is what SQS delivers again
                try:
                    world.index.refresh(name)
                except Exception as error:  # noqa: BLE001
                    failures.append(error)

        failures: list[Exception] = []
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(work, range(20)))
        assert {type(each).__name__ for each in failures} <= {"UnavailableError"}
        for name in world.records:
            world.index.refresh(name)
        world.check()


def rows(workspace: str = "wsp_one") -> list[str]:
    """Return the partitions in which a contact has rows."""
    here = f"W#{workspace}#contact#"
    return sorted(each["pk"].removeprefix(here) for each in everything() if here in each["pk"])


def test_a_record_has_its_rows_until_it_is_deleted_in_whatever_order_events_come(
    api: Api,
) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada", "tags": ["vip"]})["id"]
    events = [published(contact)]
    assert index_records({"Records": [message(events[0])]}, CONTEXT) == {"batchItemFailures": []}
    assert rows() == ["BY#name", "BY#updated_at", "tag#vip"]
    api.delete(f"/v1/contacts/{contact}")
    events.append(published(contact))
    records = {"Records": [message(each) for each in reversed(events)]}
    for _ in range(3):
        assert index_records(records, CONTEXT) == {"batchItemFailures": []}
    assert rows() == []
    (indexed,) = [each for each in everything() if each["sk"] == "INDEXED"]
    assert indexed["expires_at_epoch"] == record_image(contact)["expires_at_epoch"]


def test_a_purged_record_has_nothing_left_even_before_its_item_is_gone(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    created = published(contact)
    index_records({"Records": [message(created)]}, CONTEXT)
    body = message(created)
    body["body"] = body["body"].replace('"type": "contact.created"', '"type": "contact.purged"')
    for _ in range(2):
        assert index_records({"Records": [body]}, CONTEXT) == {"batchItemFailures": []}
    assert rows() == []
    assert [each for each in everything() if each["sk"] == "INDEXED"] == []


def test_events_about_what_is_no_record_of_the_crm_are_left_alone(api: Api, calls: Calls) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    event = published(contact)
    calls.clear()
    strange = message({**event, "subject": {"type": "workspace", "id": "wsp_one"}})
    assert index_records({"Records": [strange]}, CONTEXT) == {"batchItemFailures": []}
    assert calls.take() == []


def test_a_poison_message_fails_alone(api: Api) -> None:
    contact = api.make("/v1/contacts", {"name": "Ada"})["id"]
    poison = {"messageId": "bad", "body": "{", "attributes": {}}
    reply = index_records({"Records": [poison, message(published(contact))]}, CONTEXT)
    assert reply == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert rows() == ["BY#name", "BY#updated_at"]
