"""An import from its opening to its end, and back."""

import csv
import io
import json
from typing import Any

import pytest

from functions.crm.bulk_api.handler import handler
from tests.integration.cloud import furnish_exchange
from tests.integration.crm import machine
from tests.integration.gateway import Api, Member, problem

PEOPLE = b"""\
Full name,E-Mail,Phone,Favourite colour
Ada Lovelace,Ada@Example.com,+44 20 7946 0000,green
"Grace, Hopper",grace@example.com,,"na
vy"
Edsger,not an address,,
,empty@example.com,,
Barbara,ada@example.com,,
"""


@pytest.fixture
def bulk(cloud: None) -> Api:
    furnish_exchange()
    return Api(handler)


def run(bulk: Api, text: bytes, act: str = "run", choice: Any = None, **body: Any) -> Any:
    job = machine.send(bulk, text, **body)
    reply = bulk.post(f"/v1/imports/{job['id']}/{act}", choice or {})
    assert reply.status == 200, reply.body
    return machine.work(bulk, job["id"])


def people(api: Api, resource: str = "contacts") -> dict[str, Any]:
    return {each["name"]: each for each in api.get(f"/v1/{resource}?limit=100").json["data"]}


def report(bulk: Api, job: Any) -> list[list[str]]:
    address = bulk.post(f"/v1/imports/{job['id']}/report").json["url"]
    text = machine.content(address).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_file_is_looked_at_and_its_columns_have_suggestions(bulk: Api) -> None:
    job = machine.send(bulk, PEOPLE)

    assert job["state"] == "ready"
    assert job["format"]["encoding"] == "utf-8"
    assert job["format"]["rows_estimate"] == 5
    assert [each["suggestion"] for each in job["columns"]] == ["name", "email", "phone", None]
    assert job["columns"][3]["samples"] == ["green", "na vy"]


def test_every_row_is_a_record_or_in_the_report(api: Api, bulk: Api) -> None:
    job = run(bulk, PEOPLE)

    assert job["state"] == "done", job
    assert job["result"]["rows"] == 5
    assert (job["result"]["created"], job["result"]["failed"]) == (2, 3)
    made = people(api)
    assert made.keys() == {"Ada Lovelace", "Grace, Hopper"}
    assert made["Ada Lovelace"]["email"] == "ada@example.com"
    head, *rows = report(bulk, job)
    assert head[:5] == ["row", "line", "column", "column_name", "code"]
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("3", "5", "E-Mail", "value_error"),
        ("4", "6", "Full name", "missing"),
        ("5", "7", "E-Mail", "duplicate_in_file"),
    ]
    assert rows[0][6] == "not an address"
    assert [each["code"] for each in job["faults"]] == [row[4] for row in rows]


def test_a_preview_says_what_a_run_would_do_and_writes_nothing(api: Api, bulk: Api) -> None:
    api.make("/v1/contacts", {"name": "Grace", "email": "grace@example.com"})

    previewed = run(bulk, PEOPLE, "preview")

    assert previewed["state"] == "ready"
    assert (previewed["preview"]["created"], previewed["preview"]["failed"]) == (1, 4)
    assert people(api).keys() == {"Grace"}
    bulk.post(f"/v1/imports/{previewed['id']}/run", {})
    done = machine.work(bulk, previewed["id"])
    assert (done["result"]["created"], done["result"]["failed"]) == (1, 4)
    assert done["faults"][0]["code"] == "duplicate_email"


def test_an_upsert_changes_what_is_there_and_makes_the_rest(api: Api, bulk: Api) -> None:
    there = api.make("/v1/contacts", {"name": "Ada", "email": "ada@example.com", "title": "Miss"})

    job = run(bulk, PEOPLE, mode="upsert", match_on="email")

    assert (job["result"]["updated"], job["result"]["created"]) == (1, 1)
    now = api.get(f"/v1/contacts/{there['id']}").json
    assert (now["name"], now["title"], now["version"]) == ("Ada Lovelace", "Miss", 2)


def test_a_revert_restores_every_row_but_what_was_edited_since(api: Api, bulk: Api) -> None:
    text = b"name,email,title\n" + b"".join(
        f"New {n},p{n}@example.com,Boss\n".encode() for n in range(130)
    )
    old = [
        api.make("/v1/contacts", {"name": f"Old {n}", "email": f"p{n}@example.com"})
        for n in range(40)
    ]
    before = people(api)
    job = run(bulk, text, mode="upsert", match_on="email")
    assert (job["result"]["updated"], job["result"]["created"]) == (40, 90)
    api.patch(f"/v1/contacts/{old[3]['id']}", {"phone": "+49 30 5550142"})

    assert bulk.post(f"/v1/imports/{job['id']}/revert").status == 200
    reverted = machine.work(bulk, job["id"])

    assert reverted["state"] == "reverted", reverted
    assert (reverted["result"]["reverted"], reverted["result"]["kept"]) == (129, 1)
    after = people(api)
    edited = after.pop("New 3")
    assert edited["title"] == "Boss"
    del before["Old 3"]
    assert _plain(after) == _plain(before)
    ((row, _, _, _, code, _, value, _, _),) = report(bulk, reverted)[1:]
    assert (row, code, value) == ("4", "edited_since", old[3]["id"])


def test_a_killed_lane_goes_on_where_it_was(
    api: Api, bulk: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"name,email\n" + b"".join(f"P{n},p{n}@example.com\n".encode() for n in range(400))
    job = machine.send(bulk, text)
    bulk.post(f"/v1/imports/{job['id']}/run", {})
    names = {"workspace": "wsp_one", "job": job["id"]}
    machine.call(machine.split, {**names, "act": "run"})
    short = machine.call(machine.import_rows, {**names, "lane": 0, "lanes": 1}, 1_000)
    assert short == {"outcome": "more"}
    events = machine.aws.client("dynamodb").meta.events
    seen: list[Any] = []

    def die(**_: Any) -> None:
        seen.append(1)
        if len(seen) == 4:
            raise KeyboardInterrupt

    events.register("before-call.dynamodb.TransactWriteItems", die, unique_id="die")
    with pytest.raises(KeyboardInterrupt):
        machine.call(machine.import_rows, {**names, "lane": 0, "lanes": 1})
    events.unregister("before-call.dynamodb.TransactWriteItems", unique_id="die")

    done = machine.work(bulk, job["id"])

    assert (done["result"]["created"], done["result"]["failed"]) == (400, 0)
    listed, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/contacts?limit=100{cursor}").json
        listed += [each["name"] for each in page["data"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert sorted(listed) == sorted(f"P{n}" for n in range(400))


def test_a_cancelled_run_is_resumed_with_the_rest(api: Api, bulk: Api) -> None:
    text = b"name\n" + b"".join(f"P{n}\n".encode() for n in range(30))
    job = machine.send(bulk, text)
    path = f"/v1/imports/{job['id']}"
    bulk.post(f"{path}/run", {})
    assert bulk.post(f"{path}/cancel").json["state"] == "cancelling"
    stopped = machine.work(bulk, job["id"])
    assert (stopped["state"], stopped["result"]["created"]) == ("cancelled", 0)

    assert bulk.post(f"{path}/resume").json["state"] == "running"
    done = machine.work(bulk, job["id"])

    assert (done["state"], done["result"]["created"]) == ("done", 30)


def test_rows_that_no_spreadsheet_should_have_are_refused_with_their_place(bulk: Api) -> None:
    cells = [
        b"Nul\0,a@example.com",
        b"J\xfcrgen,b@example.com",
        b"Ragged,c@example.com,more,and more",
        b'"Open,d@example.com',
        b"" + b"x" * (1 << 20) + b",e@example.com",
        b"Good,f@example.com",
    ]
    job = run(bulk, "Näme,email\n".encode() + b"\n".join(cells) + b"\n", choice={
        "mapping": [{"column": 1, "field": "name"}, {"column": 2, "field": "email"}]
    })  # fmt: skip

    assert job["result"]["created"] == 1, job
    assert [each["code"] for each in job["faults"]] == [
        "control_character", "invalid_encoding", "ragged_row", "unclosed_quote", "string_too_long",
    ]  # fmt: skip
    assert job["faults"][1]["value"] == "Jürgen"


def test_utf_16_and_windows_files_are_read(api: Api, bulk: Api) -> None:
    text = "Name;E-Mail\r\nJürgen Größe;j@example.com\r\n" + "Zoë;z@example.com\r\n"

    run(bulk, text.encode("utf-16"))
    run(bulk, text.replace("@", "2@").encode("cp1252"))

    assert sorted(people(api)) == ["Jürgen Größe", "Zoë"]
    assert len(api.get("/v1/contacts").json["data"]) == 4


def test_a_formula_that_an_export_has_disarmed_comes_back_as_it_was(api: Api, bulk: Api) -> None:
    names = ["=cmd|' /C calc'!A0", "'=quoted", "+49", "-1", "@sum", "plain"]
    for each in names:
        api.make("/v1/contacts", {"name": each})
    job = bulk.make("/v1/exports", {"record_type": "contact", "fields": ["name"]})
    done = machine.export(bulk, job["id"])
    assert (done["state"], done["rows"]) == ("done", 6)
    text = machine.content(bulk.post(f"/v1/exports/{job['id']}/download").json["url"])
    cells = [row[0] for row in csv.reader(io.StringIO(text.decode("utf-8-sig")))][1:]
    assert not any(each[:1] in "=+-@" for each in cells)
    for each in people(api).values():
        api.delete(f"/v1/contacts/{each['id']}")

    job = run(bulk, text)
    assert job["result"]["created"] == 6, job["faults"]

    assert sorted(people(api)) == sorted(names)


def test_an_export_shows_what_its_caller_sees(api: Api, bulk: Api) -> None:
    api.make("/v1/contacts", {"name": "Mine"})
    rep = Member(role="rep", visibility="own", member="mem_06b1qz3v1w7g2m5n8p0r4t6x9p",
                 principal="key_rep")  # fmt: skip
    Api(api.handler, rep).make("/v1/contacts", {"name": "Theirs"})
    theirs = Api(handler, rep)

    job = theirs.make("/v1/exports", {"record_type": "contact", "format": "jsonl"})
    machine.export(theirs, job["id"])

    text = machine.content(theirs.post(f"/v1/exports/{job['id']}/download").json["url"])
    assert [json.loads(each)["name"] for each in text.splitlines()] == ["Theirs"]
    assert bulk.get(f"/v1/imports/{job['id']}").status == 404


def test_an_export_is_cancelled_and_one_that_cannot_begin_has_failed(bulk: Api) -> None:
    job = bulk.make("/v1/exports", {"record_type": "contact"})
    path = f"/v1/exports/{job['id']}"
    assert bulk.post(f"{path}/cancel").json["state"] == "cancelling"
    assert machine.export(bulk, job["id"])["state"] == "cancelled"
    assert bulk.post(f"{path}/download").status == 409
    lost = bulk.make("/v1/exports", {"record_type": "contact"})
    for state in ("cancelling", "cancelled"):
        assert bulk.post(f"/v1/exports/{lost['id']}/cancel").json["state"] == state
    machine.aws.client("stepfunctions").delete_state_machine(
        stateMachineArn=machine.ENVIRONMENT["EXPORT_MACHINE_ARN"]
    )

    refused = bulk.post("/v1/exports", {"record_type": "contact"})

    assert refused.status == 503
    assert bulk.get("/v1/exports").json["data"][0]["state"] == "failed"


def test_sample_files_are_imported_as_they_stand(api: Api, bulk: Api) -> None:
    for record_type in ("contact", "company"):
        sample = bulk.get(f"/v1/imports/samples/{record_type}.csv")
        assert sample.status == 200

        job = run(bulk, sample.body.encode(), record_type=record_type)

        assert (job["result"]["created"], job["result"]["failed"]) == (1, 0), job["faults"]


def test_who_may_not_write_contacts_imports_none(bulk: Api) -> None:
    reader = Api(handler, Member(role="rep", scopes=("imports:write", "contacts:read")))

    reply = reader.post(
        "/v1/imports", {"record_type": "contact", "filename": "a.csv", "size_bytes": 3}
    )

    assert reply.status == 403
    assert problem(reply)["code"] == "missing_scope"


def _plain(records: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {k: v for k, v in each.items() if k not in ("version", "updated_at")}
        for name, each in records.items()
    }
