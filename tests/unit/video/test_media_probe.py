"""The probe: what it says of a picture, and what the ladder makes of it."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.video.command import x264
from functions.video.complexity import content_of, needed_kbps, shares
from functions.video.ladder import ladder
from functions.video.media import Probe, ProbedSize, ProbedWindow, Source
from functions.video.plan.logic import plan
from functions.video.probing import moments
from tests.media.odd_inputs import path
from tests.media.pipeline import inspect_file, render
from tests.media.scenes import scene

media = pytest.mark.media
HD = (1280, 720, Fraction(30))


def probed(*windows: tuple[int, int], small: int = 2, **shares: float) -> Probe:
    """A probe of 720p: bytes of the first picture and of the 29 after it; 360p takes 1/`small`."""
    return Probe(
        rate=Fraction(30),
        windows=tuple(
            ProbedWindow(
                at_ms=1_000 * number,
                frames=30,
                sizes=tuple(
                    ProbedSize(
                        width=width, height=height, first_bytes=first // by, other_bytes=rest // by
                    )
                    for width, height, by in ((1280, 720, 1), (640, 360, small))
                ),
                **shares,
            )
            for number, (first, rest) in enumerate(windows)
        ),
    )


@media
@pytest.mark.parametrize("kind", ["screen_share", "talking_head", "general"])
def test_a_scene_is_told_by_a_sample_and_rendered_frame_by_frame(kind: str, tmp_path: Path) -> None:
    made = render(scene(kind, tmp_path / "scene.mp4"), tmp_path / "out", chunk_segments=1)

    assert made.plan.video is not None
    assert made.plan.video.content == kind
    assert made.manifest.renditions[0].frames == 120


@media
def test_slides_of_a_call_are_a_screen_share() -> None:
    call = inspect_file(Path(__file__).parents[2] / "media" / "sample_call.mp4")

    assert content_of(call.probe) == "screen_share"
    made = plan(call).video
    assert made is not None
    assert [rung.name for rung in made.rungs] == ["720p", "360p"]


@media
def test_the_owner_knows_better_than_the_probe() -> None:
    source = inspect_file(path("plain"))

    told, found = plan(source, content="talking_head").video, plan(source).video

    assert told is not None
    assert found is not None
    assert (told.content, found.content) == ("talking_head", "screen_share")
    assert {rung.crf for rung in told.rungs} != {rung.crf for rung in found.rungs}
    assert x264(told.rungs[0], told.content, threads=1) != x264(
        found.rungs[0], found.content, threads=1
    )


@media
@pytest.mark.parametrize("name", ["one_frame", "tiny", "interlaced", "hdr", "portrait", "slow",
                                  "stills", "damaged", "browser", "transport"])  # fmt: skip
def test_odd_recordings_are_probed_as_they_are_shown(name: str) -> None:
    source = inspect_file(path(name))

    assert source.video is not None
    assert source.probe is not None
    size = source.probe.windows[0].sizes[0]
    assert (size.width > size.height) == (source.video.width > source.video.height)
    assert inspect_file(path(name)).probe == source.probe  # and again the same


@media
def test_sound_alone_is_not_probed() -> None:
    assert inspect_file(path("audio_only")).probe is None


@media
def test_an_inspection_made_before_there_was_a_probe_is_planned_as_ever() -> None:
    source = inspect_file(path("hd"))
    old = Source.model_validate(source.model_dump(mode="json", exclude={"probe"}))

    made = plan(old).video

    assert made is not None
    assert made.rungs == ladder(*HD)


def test_what_needs_few_bits_gets_lower_ceilings_and_no_rung_in_between() -> None:
    easy = probed((20_000, 5_000))  # 144 kbit/s at 720p

    usual, fitted = ladder(*HD), ladder(*HD, probe=easy)

    assert [rung.name for rung in fitted] == ["720p", "360p"]
    assert [rung.max_kbps for rung in fitted] == [1_400, 400]
    assert [rung.max_kbps for rung in usual] == [2_800, 1_401, 800]


def test_what_needs_many_bits_gets_higher_ceilings_in_every_rung() -> None:
    hard = probed((20_000, 5_000), (80_000, 400_000), small=3)  # the hardest window counts

    fitted = ladder(*HD, probe=hard)

    assert [rung.name for rung in fitted] == ["720p", "480p", "360p"]
    assert [rung.max_kbps for rung in fitted] == [4_200, 2_101, 1_200]


def test_a_rung_hardly_cheaper_than_the_one_above_is_left_out() -> None:
    flat = probed((60_000, 60_000), small=2)  # a quarter of the pixels for half of the bits

    assert needed_kbps(flat, 854, 480) * 1.5 > needed_kbps(flat, 1280, 720) > 365
    assert [rung.name for rung in ladder(*HD, probe=flat)] == ["720p", "360p"]


@given(
    first=st.integers(0, 1_000_000),
    rest=st.integers(0, 9_000_000),
    small=st.integers(1, 20),
    width=st.integers(1, 4_096),
    height=st.integers(1, 4_096),
)
def test_no_probe_makes_a_ladder_that_is_out_of_bounds(
    first: int, rest: int, small: int, width: int, height: int
) -> None:
    usual = {rung.name: rung for rung in ladder(width, height, Fraction(30))}
    made = ladder(width, height, Fraction(30), probe=probed((first, rest), small=small))

    names = list(usual)
    assert [rung.name for rung in made] == [n for n in names if n in {r.name for r in made}]
    assert (made[0].name, made[-1].name) == (names[0], names[-1])
    for rung in made:
        assert usual[rung.name].max_kbps // 2 <= rung.max_kbps
        assert rung.max_kbps <= max(150, usual[rung.name].max_kbps * 3 // 2)
        assert rung.level >= usual[rung.name].level


@pytest.mark.parametrize(
    ("probe", "content"),
    [
        (None, "general"),
        (probed((20_000, 90_000), text=18.0, flat=70.0), "screen_share"),
        (probed((20_000, 90_000), text=25.0, flat=0.0), "general"),  # a face filmed very small
        (probed((20_000, 9_000), text=9.0, flat=70.0), "talking_head"),
        (probed((20_000, 9_000), (20_000, 90_000)), "general"),  # not all the time
    ],
)
def test_content_by_the_numbers(probe: Probe | None, content: str) -> None:
    assert content_of(probe) == content


def test_letters_are_blocks_of_one_ground_with_strong_contrast() -> None:
    letters = b"".join(bytes([250] * 12 + [40] * 4) for _ in range(16))
    slope = b"".join(bytes(range(0, 256, 16)) for _ in range(16))
    plain = bytes([200]) * 256

    assert shares(letters, 16) == (100.0, 0.0)
    assert shares(slope, 16) == (0.0, 0.0)
    assert shares(plain, 16) == (0.0, 100.0)
    assert shares(b"", 16) == (0.0, 0.0)


def test_windows_are_spread_over_the_recording_and_four_at_most() -> None:
    assert moments(4_000) == [2_000]
    assert moments(60_000) == [10_000, 30_000, 50_000]
    assert moments(8 * 3_600_000) == [h * 3_600_000 for h in (1, 3, 5, 7)]
