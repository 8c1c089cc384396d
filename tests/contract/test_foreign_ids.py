"""Generated from the OpenAPI document, so that a new route is covered the day it is born: another
workspace's id is as good as one that never was, wherever a request may hold one; and what is
refused has written nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.shared.signing import Signer
from functions.video.playback import PURPOSE
from tests.contract import good_requests as good
from tests.contract import openapi, places
from tests.contract.good_requests import ELSEWHERE, Operation
from tests.contract.places import Place
from tests.contract.world import World, open_world
from tests.integration.gateway import Reply

SPEC: dict[str, Any] = json.loads(openapi.PATH.read_text())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in SPEC["paths"].items()
    for method, operation in item.items()
]
SECURED = [each for each in OPERATIONS if each[2].get("security") != []]
WITH_BODY = [each for each in SECURED if "requestBody" in each[2]]
WITH_QUERY = [each for each in SECURED if next(places.of_query(SPEC, each[2]), None)]
LISTS = [
    each for each in SECURED
    if "cursor" in {openapi.resolve(SPEC, p)["name"] for p in each[2]["parameters"]}
]  # fmt: skip
_ID = re.compile(r"\b[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}\b")

Ids = Mapping[str, str]  # of a record of each kind


def _named(operation: Operation) -> str:
    return f"{operation[0]} {operation[1]}"


@pytest.fixture(scope="module")
def victim() -> Iterator[World]:
    with open_world() as made:
        yield made


@pytest.fixture(scope="module")
def thief(victim: World) -> World:
    """The other workspace, with records of its own: its requests are good but for one id."""
    return good.stranger(victim)


@pytest.fixture(scope="module")
def theirs(victim: World) -> Ids:
    """A record of each kind in the victim's workspace."""
    made = {}
    for resource in victim.resources():
        record_id = victim.record(resource)
        made[victim.call("GET", f"/v1/{resource}/{record_id}")[1]["object"]] = record_id
    return made


def _absent(record_id: str) -> str:
    return f"{record_id.split('_')[0]}_{'0' * 26}"


def _tells(reply: Reply, sent: str) -> Any:
    """Return what a reply tells, apart from the id that was sent and what no two replies share."""
    told = json.loads((reply.body or "null").replace(sent, "…"))
    if reply.status < 400 and isinstance(told, dict):
        return [each.get("status") for each in told["data"]] if reply.status == 207 else None
    return {name: told[name] for name in told if name not in ("request_id", "instance")}


def _refused(reply: Reply, place: Place) -> bool:
    """Say whether a request was refused; of a batch, the operation that the place is in."""
    if reply.status == 207:
        return bool(reply.json["data"][place.path[1]]["status"] >= 400)
    return reply.status >= 400


def _leak(reply: Reply, theirs: Ids, sent: str) -> set[str]:
    return (set(_ID.findall(reply.body)) & set(theirs.values())) - {sent}


def _kinds(place: Place, path: str, theirs: Ids) -> Iterator[str]:
    """Yield the kinds of records that a place may name; none for one that holds a mere text."""
    name = next(each for each in reversed(place.path) if isinstance(each, str))
    kind = places.kind_of(name, theirs)
    if place.beside:
        yield from (each for each in place.beside if each in theirs)
    elif kind is not None and place.mentions(theirs[kind]):  # not a person's role in a deal
        yield kind
    elif name == "id":
        yield _kind_of_path(path, theirs)


def _kind_of_path(path: str, theirs: Ids) -> str:
    collection = path.split("/")[2]
    return next(kind for kind in theirs if collection in (f"{kind}s", f"{kind[:-1]}ies"))


@pytest.mark.parametrize("operation", WITH_BODY, ids=_named)
def test_another_workspace_s_id_in_a_body_is_one_that_never_was(
    victim: World, thief: World, theirs: Ids, operation: Operation
) -> None:
    target, sample, headers = good.request(thief, operation)
    sound = thief.send(operation[0], target, sample, **headers)
    spots = list(places.of_body(SPEC, operation[2], sample))
    assert not spots or sound.status < 300 or _named(operation) in ELSEWHERE, sound.body
    before = good.held_beside(thief)
    for place in spots:
        for kind in _kinds(place, operation[1], theirs):
            foreign = theirs[kind]
            if not place.takes(foreign):
                continue
            replies = []
            for sent in (foreign, _absent(foreign)):
                target, body, headers = good.request(thief, operation)
                own = good.held_by(thief)
                changed = places.put(body, place, sent, kind)
                reply = thief.send(operation[0], target, changed, **headers)
                assert reply.status < 500, reply.body
                assert not _leak(reply, theirs, sent), place
                assert _refused(reply, place), (place, reply.body)
                if reply.status != 207:
                    assert good.held_by(thief) == own, place
                replies.append((reply.status, _tells(reply, sent)))
            assert replies[0] == replies[1], place
    assert good.held_beside(thief) == before


@pytest.mark.parametrize("operation", WITH_QUERY, ids=_named)
def test_another_workspace_s_id_in_a_query_finds_nothing(
    victim: World, thief: World, theirs: Ids, operation: Operation
) -> None:
    target, body, _ = good.request(thief, operation)
    before = good.held_beside(thief)
    for name in places.of_query(SPEC, operation[2]):
        for foreign in theirs.values():
            replies = []
            for sent in (foreign, _absent(foreign)):
                reply = thief.send(operation[0], f"{target}?{name}={sent}", body)
                assert reply.status < 500, reply.body
                assert not _leak(reply, theirs, sent), name
                kept = reply.json.get("data") if reply.status == 200 else None
                replies.append((reply.status, kept, _tells(reply, sent)))
            assert replies[0] == replies[1], name
    assert good.held_beside(thief) == before


def _two_of(world: World, resource: str) -> None:
    """See to it that a list has a second page when a page has one record."""
    while len(world.call("GET", f"/v1/{resource}?limit=2")[1]["data"]) < 2:
        assert world.call("POST", f"/v1/{resource}", world.body(resource))[0] == 201


@pytest.fixture(scope="module")
def cursors(victim: World) -> dict[str, str]:
    """A cursor of each list of the victim's that holds what can be made here, by its path. The
    others, which streams, events and uploads fill, get these cursors, and another workspace's own
    in the tests of their contexts."""
    found = {}
    for operation in LISTS:
        resource = operation[1].split("/")[2]
        if victim.makes(resource) and operation[1] == f"/v1/{resource}":
            _two_of(victim, resource)
            target, _, _ = good.request(victim, operation)
            found[operation[1]] = victim.send("GET", f"{target}?limit=1").json["next_cursor"]
    assert len(found) >= 12, found
    assert None not in found.values(), found
    return found


@pytest.mark.parametrize("operation", LISTS, ids=_named)
def test_another_workspace_s_cursor_is_none(
    victim: World, thief: World, cursors: dict[str, str], operation: Operation
) -> None:
    target, _, _ = good.request(thief, operation)
    demanded = "".join(
        f"&{each['name']}=harbor" for each in operation[2]["parameters"]
        if each.get("in") == "query" and each.get("required")
    )  # fmt: skip
    for path, cursor in cursors.items():
        refused = thief.send("GET", f"{target}?cursor={cursor}{demanded}")

        assert (refused.status, refused.json["code"]) == (400, "invalid_cursor"), path
    if operation[1] in cursors:  # it is a good one, but not theirs
        own, _, _ = good.request(victim, operation)
        assert victim.send("GET", f"{own}?cursor={cursors[operation[1]]}").status == 200


@pytest.mark.parametrize("operation", [e for e in OPERATIONS if "{token}" in e[1]], ids=_named)
def test_a_link_that_we_have_not_signed_shows_nothing(
    victim: World, theirs: Ids, cursors: dict[str, str], operation: Operation
) -> None:
    claims = {"w": victim.workspace, "v": theirs["video"], "p": "key_x", "x": 2**33,
              "i": "2026-11-22T21:59:17.123Z"}  # fmt: skip
    forged = [
        Signer(lambda: b"a secret of the thief's own, as long as ours", PURPOSE).sign(claims),
        next(iter(cursors.values())),  # signed by us, for something else
        "x",
    ]
    before = good.everything()
    path = re.sub(r"\{(?!token)\w+\}", "1", operation[1])

    taken = operation[2].get("requestBody")
    sample = taken and taken["content"]["application/json"]["example"]
    replies = [victim.send(operation[0], path.replace("{token}", each), sample) for each in forged]

    assert {reply.status for reply in replies} == {401}
    assert len({json.dumps(_tells(reply, "…")) for reply in replies}) == 1
    assert good.everything() == before


def test_a_share_s_token_that_we_have_not_signed_opens_nothing(
    victim: World, cursors: dict[str, str]
) -> None:
    path = f"/v1/videos/{victim.record('videos')}/shares"
    made = victim.send("POST", path, {"recipient": {"name": "Dana"}}).json
    claims = {"w": victim.workspace, "s": made["id"]}
    forged = [
        Signer(lambda: b"a secret of the thief's own, as long as ours", "share").sign(claims),
        next(iter(cursors.values())),
        made["id"],
        made["token"][:-1],
    ]
    before = good.everything()

    replies = [victim.send("POST", "/v1/playback/sessions", {"token": each}) for each in forged]

    assert {reply.status for reply in replies} == {401}
    assert len({json.dumps(_tells(reply, "…")) for reply in replies}) == 1
    assert good.everything() == before


# A stage's key and a language are no ids: they are known within their record alone.
NESTED = [each for each in SECURED if re.search(r"\{id\}.*\{(?!stage|language)\w+\}", each[1])]


@pytest.mark.parametrize("operation", NESTED, ids=_named)
def test_another_workspace_s_part_of_a_record_is_no_part_of_one_s_own(
    victim: World, thief: World, operation: Operation
) -> None:
    """What lies in a record is named by two ids; the second may be somebody else's."""
    assert operation[1] in good.PARTS, "a nested resource is new: say in PARTS how one is made"
    resource, part, change = good.PARTS[operation[1]]
    collection = operation[1].split("/")[4]
    wholes = {world: world.new(resource) for world in (victim, thief)}
    made = victim.send("POST", f"/v1/{resource}/{wholes[victim]}/{collection}", part)
    assert made.status == 201, made.body
    before = good.everything()
    sample = change if operation[0] == "PATCH" else None
    replies = [
        thief.send(operation[0], f"/v1/{resource}/{whole}/{collection}/{sent}", sample)
        for whole in (wholes[thief], wholes[victim])
        for sent in (made.json["id"], _absent(made.json["id"]))
    ]
    assert {reply.status for reply in replies} == {404}
    assert not any(
        made.json["id"] in (reply.body or "").replace(reply.json["instance"], "")
        for reply in replies
    )
    assert good.everything() == before


def test_the_matrix_knows_the_fields_that_hold_ids() -> None:
    """Else it would try nothing and find nothing."""
    kinds = {"company": "", "contact": "", "member": "", "role": "", "team": ""}

    assert places.kind_of("company_id", kinds) == "company"
    assert places.kind_of("contact_ids", kinds) == "contact"
    assert places.kind_of("owner_id", kinds) == "member"
    assert places.kind_of("reassign_to", kinds) == "member"
    assert places.kind_of("role", kinds) == "role"
    assert [places.kind_of(name, kinds) for name in ("name", "external_id", "company")] == [
        None, None, None,
    ]  # fmt: skip
    deal = SPEC["paths"]["/v1/deals/batch"]["post"]
    sample = {"operations": [{"op": "update", "id": "x", "body": {}}]}
    found = {str(each) for each in places.of_body(SPEC, deal, sample)}
    assert {"/operations/0/id", "/operations/0/body/contact_ids/0"} <= found
    assert places.put(sample, Place(("operations", 0, "body", "contact_ids", 0), None), "y") == {
        "operations": [{"op": "update", "id": "x", "body": {"contact_ids": ["y"]}}]
    }
