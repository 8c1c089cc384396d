"""Uploads as use cases: time limits, links, and what happens when a write is in doubt."""

import base64
import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.errors import ConflictError, InvalidError, UnavailableError
from functions.video.addresses import FIRST_PARTS, Way
from functions.video.model import MAX_SOURCE_BYTES, Link
from functions.video.part_plan import MAX_PARTS, MIN_PART_BYTES, PartPlan, SentPart, composite
from functions.video.ports import Part
from functions.video.uploads import default_title
from tests.unit.video.control_fakes import SOURCE, World, video

MAX_S3_PART = 5 * 1024**3


@given(st.integers(min_value=1, max_value=MAX_SOURCE_BYTES))
def test_the_parts_are_exactly_the_file(size: int) -> None:
    plan = PartPlan.of(size)

    assert MIN_PART_BYTES <= plan.part_bytes <= MAX_S3_PART
    assert 1 <= plan.count <= MAX_PARTS
    last = plan.bytes_of(plan.count)
    assert 1 <= last <= plan.part_bytes
    assert (plan.count - 1) * plan.part_bytes + last == size


def test_a_usual_file_needs_one_page_of_parts() -> None:
    assert PartPlan.of(60 * 1024**3).count <= 1_000
    assert PartPlan.of(1).count == 1
    assert PartPlan.of(8 * 1024**2 + 1).count == 2


@given(st.data())
def test_only_the_whole_file_passes_the_check(data: st.DataObject) -> None:
    plan = PartPlan.of(data.draw(st.integers(1, 5 * MIN_PART_BYTES)))
    arrived = [Part(n, plan.bytes_of(n), f"etag{n}", f"sum{n}") for n in range(1, plan.count + 1)]
    sums = data.draw(st.booleans())
    sent = [SentPart(p.part_number, f'"{p.etag}"', p.sha256 if sums else None) for p in arrived]
    named = data.draw(st.permutations(sent))

    plan.check_arrived(named, arrived)

    position = data.draw(st.integers(0, len(named) - 1))
    with pytest.raises(InvalidError):
        plan.check_arrived(named[:position] + named[position + 1 :], arrived)
    for wrong in ({"etag": "x"}, {"sha256": "x"}):
        other = dataclasses.replace(named[position], **wrong)
        with pytest.raises(InvalidError):
            plan.check_arrived([*named[:position], other, *named[position + 1 :]], arrived)


def test_thousands_of_differences_are_told_in_a_bounded_reply() -> None:
    plan = PartPlan.of(10_000 * MIN_PART_BYTES)

    with pytest.raises(InvalidError) as refused:
        plan.check_arrived([SentPart(1, "x")], [])

    assert len(refused.value.errors) == 100


@given(st.lists(st.binary(max_size=64), min_size=1, max_size=20))
def test_a_composite_checksum_is_that_of_the_parts_checksums(parts: list[bytes]) -> None:
    digests = [hashlib.sha256(each).digest() for each in parts]

    value, _, count = composite([base64.b64encode(each).decode() for each in digests]).rpartition(
        "-"
    )

    assert base64.b64decode(value) == hashlib.sha256(b"".join(digests)).digest()
    assert int(count) == len(parts)


def test_a_file_of_two_parts_is_no_single_put() -> None:
    world = World()
    way = Way("single", sha256=base64.b64encode(bytes(32)).decode())

    with pytest.raises(InvalidError) as refused:
        world.desk.open(SOURCE, None, [], way=way)

    assert [each.pointer for each in refused.value.errors] == ["/size_bytes"]
    assert world.videos.kept == {}


def test_only_the_first_parts_are_addressed_at_once() -> None:
    world = World()
    source = SOURCE.model_copy(update={"size_bytes": 100 * MIN_PART_BYTES})

    opened = world.desk.open(source, None, [])

    assert len(opened.parts) == FIRST_PARTS
    assert opened.video.upload.part_count == 100
    assert opened.video.due_at == opened.video.upload.expires_at == "2026-11-23T12:00:00.000Z"


def test_an_address_never_outlives_the_upload() -> None:
    world = World()
    record = world.keep(video())
    world.clock.move(hours=23, minutes=50)

    (part,) = world.desk.parts_to_send(record.id, [3])

    assert world.uploads.presigned == [(3, 4 * 1024 * 1024, 600)]
    assert part.expires_at == record.upload.expires_at


@pytest.mark.parametrize("act", ["parts", "complete"])
def test_after_its_time_an_upload_takes_nothing_more(act: str) -> None:
    """Even when λ expire has not come by yet."""
    world = World()
    record = world.keep(video())
    world.clock.move(hours=24)

    acts = {
        "parts": lambda: world.desk.parts_to_send(record.id, [1]),
        "complete": lambda: world.desk.complete(record.id, [(1, "x")]),
    }
    with pytest.raises(ConflictError) as refused:
        acts[act]()

    assert refused.value.code == "upload_expired"


def test_a_refused_record_takes_its_upload_with_it() -> None:
    world = World()

    def taken() -> None:
        raise ConflictError("Another request was first.")

    world.videos.on_create = taken
    with pytest.raises(ConflictError):
        world.desk.open(SOURCE, None, [])

    assert world.uploads.open == {}


def test_a_record_in_doubt_keeps_its_upload() -> None:
    """The write may have been committed although nobody answered."""
    world = World()

    def silent() -> None:
        raise UnavailableError("The database did not answer.")

    world.videos.on_create = silent
    with pytest.raises(UnavailableError):
        world.desk.open(SOURCE, None, [])

    assert list(world.uploads.open) == ["up-1"]


def test_a_broken_link_opens_no_upload() -> None:
    world = World()
    links = [Link(type="contact", id="con_here"), Link(type="contact", id="con_absent")]

    with pytest.raises(InvalidError) as refused:
        world.desk.open(SOURCE, None, links)

    assert [each.pointer for each in refused.value.errors] == ["/links/1"]
    assert world.uploads.begun == 0


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("call.mp4", "call"),
        ("C:\\calls\\first call.mov", "first call"),
        ("/tmp/x/y.tar.gz", "y.tar"),  # noqa: S108 - a name, not a path
        (".mp4", ".mp4"),
        ("..", ".."),
        ("/", "Untitled"),
        ("a" * 300, "a" * 200),
    ],
)
def test_a_video_without_a_title_is_called_by_its_file(filename: str, title: str) -> None:
    assert default_title(filename) == title
