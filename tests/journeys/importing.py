"""An import of a messy file, driven over HTTP and S3 alone, with its workers killed in the middle.

    python -m tests.journeys.importing 100000        against the cloud that `make up` has started

prints what it took. It fails unless every row is in the table once or in the report once, and
unless a revert leaves what was there before."""

import csv
import io
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from infra.cli.api import Api, ApiError
from infra.local import contract
from infra.local.failure import CloudError
from infra.local.layout import Layout
from tests.journeys.messy_people import people
from tests.journeys.tenant import until

FUNCTION = b"reelate-local-crm-import-rows"
OVER = {"done", "failed", "cancelled", "reverted"}
PATIENCE = 3_600.0
MAX_RESUMED = 5
BUSY = 503
JsonObject = dict[str, Any]


def send(api: Api, text: bytes, **body: Any) -> str:
    """Open an import, send its file, wait until it was looked at; return its id."""
    fields = {"record_type": "contact", "filename": "people.csv", "size_bytes": len(text), **body}
    job: JsonObject = api.post("/v1/imports", fields)
    httpx.put(job["upload"]["url"], content=text, trust_env=False, timeout=300).raise_for_status()
    until(lambda: state(api, job["id"]), lambda seen: seen["state"] != "waiting", 120)
    return str(job["id"])


def state(api: Api, job: str) -> JsonObject:
    found: JsonObject = api.get(f"/v1/imports/{job}")
    return found


def ended(api: Api, job: str, path: str = "/v1/imports") -> JsonObject:
    """Wait until what a job does is over; return the job."""

    def look() -> JsonObject:
        try:
            found: JsonObject = api.get(f"{path}/{job}")
        except CloudError as error:
            if isinstance(error, ApiError) and error.status != BUSY:
                raise
            return {"state": "unknown"}  # a laptop does all of AWS's work
        return found

    return until(look, lambda seen: seen["state"] in OVER | {"ready"}, PATIENCE)


def finished(api: Api, job: str, act: str = "resume") -> tuple[JsonObject, int]:
    """Wait until an act is over, and go on where it broke off when it failed, as its user would;
    return the import, and how often that was."""
    resumed = 0
    while (seen := ended(api, job))["state"] == "failed" and resumed < MAX_RESUMED:
        api.post(f"/v1/imports/{job}/{act}")
        resumed += 1
    return seen, resumed


def report(api: Api, job: str) -> list[dict[str, str]]:
    """Return the rows of the report."""
    text = fetched(api.post(f"/v1/imports/{job}/report")["url"]).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def exported(api: Api, record_type: str = "contact") -> list[JsonObject]:
    """Return all records of a type, by an export."""
    job = api.post("/v1/exports", {"record_type": record_type, "format": "jsonl"})["id"]
    done = ended(api, job, "/v1/exports")
    assert done["state"] == "done", done
    text = fetched(api.post(f"/v1/exports/{job}/download")["url"])
    return [json.loads(line) for line in text.splitlines()]


def fetched(url: str) -> bytes:
    reply = httpx.get(url, trust_env=False, timeout=300)
    reply.raise_for_status()
    return reply.content


def workers(aws_endpoint: str) -> list[int]:
    """Return the processes of an embedded cloud that import rows right now, by /proc."""
    port = aws_endpoint.rpartition(":")[2].encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked, or is another's
        if b"AWS_LAMBDA_FUNCTION_NAME=" + FUNCTION in words and b":" + port in words:
            found.append(int(entry.name))
    return found


def kill(aws_endpoint: str) -> int:
    """Kill the processes that import rows; return how many there were."""
    victims = until(lambda: workers(aws_endpoint), bool, 60)
    for each in victims:
        os.kill(each, signal.SIGKILL)
    return len(victims)


def check(api: Api, job: str, text: bytes, strangers: set[str]) -> tuple[int, int]:
    """Fail unless each row of a file is a record once or in the report once; return how many are.

    What the rows are, Python's csv module says: an open quote takes the next line along.
    """
    lines = io.StringIO(text.decode("utf-8-sig", "surrogateescape"), newline="")
    rows = [row for row in csv.reader(lines) if row][1:]
    names = {n: row[3] if len(row) > 3 else "" for n, row in enumerate(rows, start=1)}
    records = [each for each in exported(api) if each["id"] not in strangers]
    made = Counter(each["external_id"] for each in records)
    refused = {int(each["row"]) for each in report(api, job)}
    for number, name in names.items():
        there = made.pop(name, 0) if number not in refused else 0
        assert there + (number in refused) == 1, (number, name, there)
    assert not made, "records that no row has made"
    return len(records), len(refused)


def plain(records: list[JsonObject]) -> dict[str, JsonObject]:
    """Return records without what a revert may change."""
    return {
        each["id"]: {k: v for k, v in each.items() if k not in ("version", "updated_at")}
        for each in records
    }


class _Watch:
    """Tells what is known, with the seconds since it was told last."""

    def __init__(self, known: JsonObject) -> None:
        self._known = known
        self._since = time.monotonic()

    def lap(self, name: str, **more: Any) -> None:
        moment = time.monotonic()
        self._known |= {name: round(moment - self._since, 1), **more}
        self._since = moment
        sys.stdout.write(json.dumps(self._known) + "\n")
        sys.stdout.flush()


def main(count: int) -> int:
    """Import, kill, check, revert, check; print the times in seconds, each as it is known."""
    agreed = contract.read(Layout.at().contract)
    if agreed is None:
        raise SystemExit("Run `make up` first.")
    api = Api.to(agreed.api_url, agreed.api_key)
    before = exported(api)
    text = people(count)
    watch = _Watch({"rows": count, "bytes": len(text)})
    job = send(api, text)
    watch.lap("send_s")
    api.post(f"/v1/imports/{job}/run", {})
    until(lambda: (state(api, job)["progress"] or {}).get("rows", 0) > count // 4, bool, PATIENCE)
    watch.lap("first_quarter_s", killed=kill(agreed.aws_endpoint))
    done, resumed = finished(api, job)
    assert done["state"] == "done", done
    watch.lap("rest_s", resumed=resumed)
    made, refused = check(api, job, text, {each["id"] for each in before})
    watch.lap("export_and_check_s", made=made, refused=refused)
    api.post(f"/v1/imports/{job}/revert")
    back, again = finished(api, job, "revert")
    assert back["state"] == "reverted", back
    assert back["result"]["kept"] == 0, back
    watch.lap("revert_s", reverted_again=again)
    assert plain(exported(api)) == plain(before), "a revert leaves a difference"
    watch.lap("check_s", difference=0)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
