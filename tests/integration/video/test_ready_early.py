"""Watched while the rest is still encoded: what is listed plays to its last frame, and grows."""

import subprocess
import tempfile
from pathlib import Path

import pytest
import requests

from functions.video.encode.handler import handler as encode
from functions.video.encode_audio.handler import handler as encode_audio
from functions.video.inspect.handler import handler as inspect
from functions.video.package.handler import handler as package
from functions.video.plan.handler import handler as plan
from tests.integration.video.conftest import Cloud
from tests.integration.video.player import beside, follow, link
from tests.integration.video.test_media_steps import Studio
from tests.media.pipeline import ffmpeg_path

pytestmark = pytest.mark.media
NAME = "flashes"  # 24 s at 29.97 frames a second
RATE, FRAMES = 30_000 / 1001, 720


@pytest.fixture
def working(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("_LAMBDA_LAYERS_DIRS", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return Studio(cloud, tmp_path)


def played(playlist: str, folder: Path) -> int:
    """Fetch all that a playlist lists, and return how many frames FFmpeg decodes of it without a
    word."""
    folder.mkdir()
    lines = []
    for number, line in enumerate(playlist.splitlines()):
        address = line.partition('URI="')[2].rstrip('"') or (line if "://" in line else "")
        if address:
            reply = requests.get(address, timeout=5)
            assert reply.status_code == 200
            (folder / f"{number}.mp4").write_bytes(reply.content)
        lines.append(line.replace(address, f"{number}.mp4") if address else line)
    # Else FFmpeg would wait for more.
    ended = [*lines, "#EXT-X-ENDLIST"] if "#EXT-X-ENDLIST" not in lines else lines
    (folder / "x.m3u8").write_text("\n".join(ended) + "\n")
    done = subprocess.run(
        [ffmpeg_path(), "-v", "warning", "-nostdin", "-i", str(folder / "x.m3u8"), "-map", "0:v",
         "-fps_mode", "passthrough", "-f", "framecrc", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return sum(not line.startswith("#") for line in done.stdout.splitlines())


def test_what_is_listed_plays_while_the_rest_is_missing_and_progress_only_grows(
    working: Studio, tmp_path: Path
) -> None:
    working.upload(NAME)
    cloud, percents, lists = working.cloud, [0], [""]

    def look() -> int:
        video = cloud.get(working.video)
        percents.append(video["run"]["percent"])
        assert percents[-1] >= percents[-2]
        url = link(cloud, working.video)
        assert follow(cloud, url).status == 200
        text = follow(cloud, beside(url, "180p.m3u8")).body
        names = "".join(line.partition("?")[0] + "\n" for line in text.splitlines()
                        if line.startswith(("#EXTINF", "https://")))  # fmt: skip
        assert names.startswith(lists[-1]), "a line that was there is another"
        lists.append(names)
        frames = names.count("#EXTINF") and played(text, tmp_path / str(len(lists)))
        listed = sum(float(line[8:-1]) for line in names.splitlines() if line[0] == "#")
        assert frames == round(listed * RATE)
        assert (video["state"] == "ready") == ("#EXT-X-PLAYLIST-TYPE:VOD" in text and done)
        return int(frames)

    done = False
    working.step(inspect)
    batches = working.step(plan)["batches"]
    assert len(batches) >= 3
    seen = [look()]
    for number in (0, len(batches) - 1, *range(1, len(batches) - 1)):  # the last one overtakes
        assert working.step(encode, **batches[number])["outcome"] == "ok"
        seen.append(look())
    working.step(encode_audio)
    seen.append(look())
    working.step(package)
    done = True
    seen.append(look())

    assert seen[0] == 0
    assert 0 < seen[1] == seen[2] < FRAMES  # a chunk behind a gap is not shown
    assert seen == sorted(seen)
    assert seen[-1] == FRAMES
    assert len(set(percents)) > 4
