"""`reelate audit verify`: an untouched log fits its seals, and whatever is done to it is found."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import boto3
import pytest

from functions.identity.audit_seal import digest, document, key_of
from functions.shared import aws
from functions.shared.audit import forgotten
from infra.cli.audit import Report, Span, hour_of, verify
from infra.cli.audit_evidence import Evidence
from infra.local.failure import CloudError
from tests.integration.audit.desk import PLATFORM, WORKSPACE, Desk, platform, stored
from tests.integration.audit.night import BUCKET, NOON, Night, enter
from tests.integration.cloud import REGION

LATER = NOON + timedelta(hours=9)
EVERYTHING = Span()
LAST = "2026-11-22T17"


def look(span: Span = EVERYTHING, workspace: str = WORKSPACE, at: datetime = LATER) -> Report:
    evidence = Evidence(
        boto3.client("dynamodb", region_name=REGION), boto3.client("s3", region_name=REGION),
        PLATFORM, BUCKET, workspace,
    )  # fmt: skip
    return verify(evidence, span, at)


@pytest.fixture
def log(cloud: None) -> list[str]:
    """Six entries in three sealed hours (12, 13 and 17 o'clock) of two workspaces; returns the
    first workspace's positions."""
    positions = [
        enter(number, NOON + timedelta(hours=hour, minutes=number)).position
        for number, hour in enumerate((0, 0, 1, 1, 5, 5))
    ]
    enter(9, NOON, "ws_two")
    assert Night().seal(NOON + timedelta(hours=7)).sealed == 4
    return positions


def key(part: str, position: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"W#{WORKSPACE}#AUDIT#{part}"}, "sk": {"S": position}}


def remove(part: str, position: str) -> None:
    aws.client("dynamodb").delete_item(TableName=PLATFORM, Key=key(part, position))


def write(part: str, position: str, **more: str) -> None:
    item = key(part, position) | {name: {"S": value} for name, value in more.items()}
    aws.client("dynamodb").put_item(TableName=PLATFORM, Item=item)


def text(position: str) -> str:
    found = aws.client("dynamodb").get_item(TableName=PLATFORM, Key=key("0", position))
    return str(found["Item"]["entry"]["S"])


def hashed(position: str) -> tuple[str, str]:
    return position, digest(text(position).encode())


def unlock(hour: str) -> None:
    """Delete a seal as who may lift the lock could: with all its versions."""
    s3 = aws.client("s3")
    for each in s3.list_object_versions(Bucket=BUCKET, Prefix=key_of(WORKSPACE, hour))["Versions"]:
        s3.delete_object(
            Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"],
            BypassGovernanceRetention=True,
        )  # fmt: skip


def put(hour: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=key_of(WORKSPACE, hour), Body=body)


def test_an_untouched_log_fits(log: list[str]) -> None:
    report = look()

    assert report.mismatches == []
    assert (report.entries, report.seals, report.waiting) == (6, 3, 0)
    assert look(workspace="ws_two").mismatches == []


def _changed(log: list[str]) -> str:
    write("0", log[2], entry=text(log[2]).replace("contact.updated", "contact.created"))
    return f"entry {log[2]} was changed"


def _removed(log: list[str]) -> str:
    """Everywhere, as who knows the table would."""
    for part in ("0", "A#key_one", "A#mem_one", "S#con_0"):
        remove(part, log[2])
    remove("E#evt_0002", "ENTRY")
    return f"entry {log[2]} was removed"


def _inserted(log: list[str]) -> str:
    position = f"{log[2][:-4]}9999"
    write("0", position, entry=text(log[2]))
    return f"entry {position} was inserted"


def _inserted_into_an_hour_without_entries(log: list[str]) -> str:
    write("0", "2026-11-22T14:00:00.000Z#evt_9", entry=text(log[2]))
    return "1 entries but no seal; the first is 2026-11-22T14:00:00.000Z#evt_9"


def _moved(log: list[str]) -> str:
    """To another moment of the same hour."""
    write("0", "2026-11-22T13:00:00.000Z#evt_0002", entry=text(log[2]))
    remove("0", log[2])
    return "entry 2026-11-22T13:00:00.000Z#evt_0002 was inserted"


def _seal_in_the_middle_gone(log: list[str]) -> str:
    unlock("2026-11-22T13")
    return "the seal that the table has noted is missing"


def _seal_and_its_note_gone(log: list[str]) -> str:
    unlock("2026-11-22T13")
    remove("SEALS", "2026-11-22T13")
    for position in log[2:4]:
        remove("0", position)
    return "the seal names that of 2026-11-22T13 before it, not of 2026-11-22T12"


def _first_seal_gone(log: list[str]) -> str:
    unlock("2026-11-22T12")
    remove("SEALS", "2026-11-22T12")
    for position in log[:2]:
        remove("0", position)
    return "the seal before it, of 2026-11-22T12, is missing"


def _last_seal_gone(log: list[str]) -> str:
    unlock(LAST)
    remove("SEALS", LAST)
    return "2 entries but no seal"


def _seal_hidden_under_a_delete_marker(log: list[str]) -> str:
    """The one thing that Object Lock lets anybody do."""
    aws.client("s3").delete_object(Bucket=BUCKET, Key=key_of(WORKSPACE, LAST))
    return "the seal was deleted; its locked version is still there"


def _seal_replaced_to_fit_a_change(log: list[str]) -> str:
    write("0", log[4], entry=text(log[4]).replace("contact.updated", "contact.created"))
    put(LAST, document(WORKSPACE, LAST, [hashed(log[4]), hashed(log[5])], None))
    return "the seal was replaced: 2 versions, the oldest counts"


def _seal_rewritten_without_its_lock(log: list[str]) -> str:
    """With a log and a note that fit it: the next seal still names the true one."""
    hour = "2026-11-22T13"
    first = aws.client("s3").get_object(Bucket=BUCKET, Key=key_of(WORKSPACE, "2026-11-22T12"))
    before = ("2026-11-22T12", digest(first["Body"].read()))
    unlock(hour)
    for part in ("0", "A#key_one", "A#mem_one", "S#con_0"):
        remove(part, log[2])
    body = document(WORKSPACE, hour, [hashed(log[3])], before)
    put(hour, body)
    write("SEALS", hour, digest=digest(body))
    return f"the chain is broken: the seal of {hour} is not the one it names"


def _seal_of_another_workspace(log: list[str]) -> str:
    unlock("2026-11-22T12")
    theirs = aws.client("s3").get_object(Bucket=BUCKET, Key=key_of("ws_two", "2026-11-22T12"))
    put("2026-11-22T12", theirs["Body"].read())
    return "the seal is that of another workspace or hour"


def _seal_that_is_no_document(log: list[str]) -> str:
    unlock("2026-11-22T12")
    put("2026-11-22T12", b"{")
    return "the seal is no document of ours"


def _note_changed(log: list[str]) -> str:
    write("SEALS", LAST, digest="0" * 64)
    return "the seal is not the one that the table has noted"


def _hidden_from_its_actor(log: list[str]) -> str:
    remove("A#mem_one", log[2])
    return f"entry {log[2]} is missing in the view A#mem_one"


def _hidden_from_its_subject(log: list[str]) -> str:
    remove("S#con_0", log[2])
    return f"entry {log[2]} is missing in the view S#con_0"


def _shown_to_another_subject(log: list[str]) -> str:
    write("S#con_1", log[2])
    return f"the view S#con_1 leads to {log[2]}, which is not its entry"


TAMPERING = [
    _changed, _removed, _inserted, _inserted_into_an_hour_without_entries, _moved,
    _seal_in_the_middle_gone, _seal_and_its_note_gone, _first_seal_gone, _last_seal_gone,
    _seal_hidden_under_a_delete_marker, _seal_replaced_to_fit_a_change,
    _seal_rewritten_without_its_lock, _seal_of_another_workspace, _seal_that_is_no_document,
    _note_changed, _hidden_from_its_actor, _hidden_from_its_subject, _shown_to_another_subject,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda each: each.__name__.strip("_"))
def test_tampering_is_found_and_its_place_is_named(
    log: list[str], tamper: Callable[[list[str]], str]
) -> None:
    expected = tamper(log)

    report = look()

    assert [each for each in report.sorted() if expected in str(each)], report.sorted()


def test_the_first_of_several_mismatches_is_named_first(log: list[str]) -> None:
    for position in (log[4], log[1]):
        write("0", position, entry="{}")

    assert f"entry {log[1]} was changed" in str(look().sorted()[0])


def test_only_the_hours_that_are_asked_for_are_looked_at(log: list[str]) -> None:
    _changed(log)

    assert look(Span("2026-11-22T14", None)).mismatches == []
    assert look(Span(None, "2026-11-22T12")).mismatches == []
    report = look(Span("2026-11-22T13", "2026-11-22T13"))
    assert (report.entries, report.seals, len(report.mismatches)) == (2, 1, 1)


def test_entries_wait_for_their_seal_two_hours_and_no_longer(cloud: None) -> None:
    enter(1, NOON)

    early = look(at=NOON + timedelta(hours=2, minutes=59))
    late = look(at=NOON + timedelta(hours=3, minutes=1))

    assert (early.waiting, early.mismatches) == (1, [])
    assert "1 entries but no seal" in str(late.sorted()[0])


def test_forgetting_a_subject_is_no_tampering(desk: Desk) -> None:
    made = desk.crm.make("/v1/contacts", {"name": "Ada"})
    desk.pump()
    (item,) = stored(f"{WORKSPACE}#AUDIT#0")
    hour = item["sk"]["S"][:13]
    body = document(WORKSPACE, hour, [hashed(item["sk"]["S"])], None)
    put(hour, body)
    platform().write(forgotten(WORKSPACE, made["id"]))

    report = look()

    assert (report.mismatches, report.seals) == ([], 1)
    assert json.loads(item["entry"]["S"])["values"]
    assert desk.entries()[0]["values"] == "erased"


@pytest.mark.parametrize(
    ("typed", "hour"),
    [("2026-11-22T21:30Z", "2026-11-22T21"), ("2026-11-22T21:30+02:00", "2026-11-22T19"),
     ("2026-11-22", "2026-11-22T00")],
)  # fmt: skip
def test_a_time_is_typed_as_one_likes(typed: str, hour: str) -> None:
    assert hour_of(typed) == hour


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(CloudError, match="is not a time"):
        hour_of("yesterday")
