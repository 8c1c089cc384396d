"""What MediaConvert writes becomes what FFmpeg's workers leave: real CMAF, adopted and packaged."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from functions.video import keys
from functions.video.adopt.logic import Adopter, CutShortError
from functions.video.cmaf import BrokenFragmentError, split
from functions.video.encode_audio.logic import AudioEncoder
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.media import Choice, EncodePlan, Source
from functions.video.mediaconvert import request
from functions.video.package.logic import Packager
from functions.video.plan.logic import plan, settled
from tests.media.converter import convert
from tests.media.local_store import FolderStore, MemoryRunLog
from tests.media.odd_inputs import path
from tests.media.pipeline import Rendered, ffmpeg_path, inspect_file, write_playlists
from tests.unit.video.service_model import faults
from tests.unit.video.test_media_pipeline import check_frames, frames_of

pytestmark = pytest.mark.media
CHOICE = Choice(engine="mediaconvert", code="asked_for", detail=".")
PLACES = {"source": "s3://uploads/source", "role": "arn:aws:iam::1:role/one", "token": "one-1"}


class Dying(FolderStore):
    """A store behind a worker that is killed at its n-th write."""

    left = 10**9

    def writing(self, key: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        super().writing(key)


class Job:
    """One recording on its way through MediaConvert."""

    def __init__(self, name: str, root: Path, **how: Any) -> None:
        self.root, self.name, self.how = root, name, how
        self.source: Source = inspect_file(path(name))
        self.plan: EncodePlan = settled(plan(self.source), CHOICE)
        self.store, self.log = Dying(root), MemoryRunLog()

    def run(self) -> None:
        assert self.plan.video is not None
        asked = request(self.plan.video, target=f"s3://media/{keys.CONVERTED}", told={}, **PLACES)
        assert faults("mediaconvert", "CreateJob", asked) == []
        self.files = convert(asked, path(self.name), self.root, **self.how)

    def adopt(self) -> EncodePlan:
        return Adopter(self.plan, self.store, self.log).adopt()

    def finished(self) -> Rendered:
        """Run it, adopt it and package it, sound and all."""
        self.run()
        made, tool = self.adopt(), FFmpeg(ffmpeg_path())
        media = MediaInput.of_file(path(self.name))
        with tempfile.TemporaryDirectory() as folder:
            if made.audio is not None:
                AudioEncoder(tool, media, made.audio, self.store, Path(folder)).encode()
            manifest = Packager(tool, made, self.store, Path(folder)).package(self.log.chunks())
        write_playlists(manifest, self.root)
        return Rendered(self.source, made, manifest, self.store, self.log, self.root)


def decode(master: Path) -> None:
    """Decode picture and sound of the first rendition that a master playlist names, as a player
    would: not the pictures for seeking too, which FFmpeg reads past their ends."""
    made = subprocess.run(
        [ffmpeg_path(), "-v", "warning", "-nostdin", "-i", str(master), "-map", "0:p:0",
         "-f", "null", "-"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert made.stderr == ""


@pytest.mark.parametrize("name", ["ntsc_open_gop", "portrait", "odd_size", "plain"])
def test_every_rung_plays_with_exactly_the_planned_frames_at_their_times(
    name: str, tmp_path: Path
) -> None:
    made = Job(name, tmp_path).finished()

    check_frames(made)
    _, ticks = frames_of(tmp_path / "video.mp4")
    assert (len(ticks), ticks[0]) == (made.manifest.renditions[0].frames, 0)
    decode(tmp_path / "master.m3u8")


def test_the_renditions_are_told_as_those_of_our_own_encoder(tmp_path: Path) -> None:
    made = Job("ntsc_open_gop", tmp_path).finished()

    (rendition,) = made.manifest.renditions
    assert (rendition.name, rendition.codecs[:9], rendition.vmaf) == ("180p", "avc1.6400", None)
    assert rendition.bandwidth >= rendition.average_bandwidth > 0
    assert made.manifest.mp4
    assert made.manifest.storyboard is not None
    master = (tmp_path / "master.m3u8").read_text()
    assert "FRAME-RATE=29.970" in master
    assert "EXT-X-I-FRAME-STREAM-INF" in master
    assert 'AUDIO="sound"' in master


def test_only_fragments_are_kept_and_what_was_adopted_is_deleted(tmp_path: Path) -> None:
    job = Job("plain", tmp_path)
    job.run()
    job.adopt()

    assert list(job.store.listed(keys.CONVERTED)) == []
    segment = job.store.get_bytes("v/180p/00000.m4s")
    assert segment[4:8] == b"moof"
    assert b"styp" not in segment[:2_000]
    assert b"edts" in job.store.get_bytes("v/180p/init.mp4")
    (told, *_) = job.log.chunks()[0]["180p"]
    assert told.bytes == len(segment)
    assert 0 < told.intra_bytes < told.bytes


@pytest.mark.parametrize("how", [{"delayed": True}, {"pieces": 2}])
def test_other_ways_of_writing_cmaf_come_to_the_same(how: dict[str, Any], tmp_path: Path) -> None:
    made = Job("plain", tmp_path, **how).finished()

    check_frames(made)


def test_a_worker_that_is_killed_anywhere_goes_on_where_it_was(tmp_path: Path) -> None:
    for left in range(20):
        job = Job("plain", tmp_path / str(left))
        job.run()
        job.store.left = left
        try:
            job.adopt()
        except KeyboardInterrupt:
            job.store.left = 10**9
        else:
            break
        job.adopt()
        assert job.adopt().video == job.plan.video
        assert len(job.log.chunks()) == 1
    else:
        pytest.fail("it never got through")


def test_a_frame_more_or_less_is_what_the_plan_says_then(tmp_path: Path) -> None:
    job = Job("plain", tmp_path, frames=290)
    assert job.plan.video is not None
    assert job.plan.video.timing.frames == 300

    made = job.finished()

    assert made.plan.video is not None
    assert made.plan.video.timing.frames == 290
    assert EncodePlan.model_validate(job.store.get_json(keys.PLAN)) == made.plan
    check_frames(made)


def test_a_picture_that_ends_too_early_is_not_taken(tmp_path: Path) -> None:
    job = Job("plain", tmp_path, frames=200)
    job.run()

    with pytest.raises(CutShortError) as refused:
        job.adopt()

    assert (round(refused.value.made_s, 1), refused.value.wanted_s) == (6.7, 10.0)
    assert job.log.chunks() == {}


def lost(job: Job) -> None:
    (job.root / job.files[1]).unlink()


def swapped(job: Job) -> None:
    first, second = (job.root / name for name in job.files[1:3])
    both = first.read_bytes(), second.read_bytes()
    first.write_bytes(both[1])
    second.write_bytes(both[0])


def broken(job: Job) -> None:
    file = job.root / job.files[1]
    file.write_bytes(file.read_bytes()[:-100])


def headless(job: Job) -> None:
    (job.root / job.files[0]).unlink()


@pytest.mark.parametrize("spoil", [lost, swapped, broken, headless])
def test_what_is_not_whole_is_not_taken(spoil: Any, tmp_path: Path) -> None:
    job = Job("plain", tmp_path)
    job.run()
    spoil(job)

    with pytest.raises((BrokenFragmentError, CutShortError)):
        job.adopt()

    assert job.log.chunks() == {}


def test_rungs_of_unequal_length_are_not_taken(tmp_path: Path) -> None:
    job = Job("hd", tmp_path)
    job.run()
    last = sorted(name for name in job.files if "_360p_0" in name)[-1]
    (tmp_path / last).unlink()

    with pytest.raises(BrokenFragmentError, match="equally long"):
        job.adopt()


def test_nothing_at_all_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(BrokenFragmentError, match="wrote"):
        Job("plain", tmp_path).adopt()


def test_a_fragment_whose_data_lies_elsewhere_is_not_taken(tmp_path: Path) -> None:
    job = Job("plain", tmp_path)
    job.run()
    file = tmp_path / job.files[1]
    data = bytearray(file.read_bytes())
    at = data.index(b"tfhd")
    data[at + 7] |= 0x1  # base-data-offset-present
    file.write_bytes(bytes(data))

    with pytest.raises(BrokenFragmentError):
        job.adopt()


def test_the_stand_in_writes_what_cmaf_says(tmp_path: Path) -> None:
    job = Job("plain", tmp_path)
    job.run()
    init, first = (tmp_path / name for name in job.files[:2])

    assert [Path(name).name for name in job.files[:2]] == [
        "video_180pinit.cmfv", "video_180p_000000001.cmfv",
    ]  # fmt: skip
    assert first.read_bytes()[4:8] == b"styp"
    _, fragments = split(init.read_bytes() + first.read_bytes())
    assert [each.samples for each in fragments] == [120]
