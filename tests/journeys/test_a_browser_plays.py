"""hls.js, of the npm registry, plays a video in a headless Chromium, and tells what was watched."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from infra.npm_package import NpmPackage
from infra.packaging import ROOT
from tests.journeys.browser import in_a_browser, served, visit
from tests.journeys.tenant import Tenant, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.cloud, pytest.mark.media, in_a_browser]

HOME = Path(__file__).parent / "player"
BEACON = ROOT / "functions" / "docs" / "serve" / "views.mjs"
RATE, SECONDS = 25, 20
CAPTIONS = (("de", "Deutsch", "Es bewegt sich."), ("en", "English", "It moves."))


@pytest.fixture(scope="module")
def video(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A picture that never rests, with sound, in all rungs."""
    file = tmp_path_factory.mktemp("clip") / "moving.mp4"
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error",
         "-f", "lavfi", "-i", f"testsrc2=duration={SECONDS}:size=1280x720:rate={RATE}",
         "-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}",
         "-pix_fmt", "yuv420p", "-preset", "ultrafast", str(file)],
        check=True,
    )  # fmt: skip
    made = tenant.upload(file, "Moving", [])
    until(lambda: tenant.video(made)["state"], lambda state: state == "ready")
    for language, label, words in CAPTIONS:
        cues = [{"start_ms": 1_000, "end_ms": 4_000, "text": words}]
        sent = {"language": language, "label": label, "kind": "subtitles", "cues": cues}
        tenant.api.post(f"/v1/videos/{made}/captions", sent)
    return made


@pytest.fixture
def folder(tenant: Tenant, video: str, tmp_path: Path) -> Path:
    """What the page is made of: the player, our beacon, what is done with them, and a link."""
    made = tmp_path / "page"
    (made / "package" / "dist").mkdir(parents=True)
    NpmPackage.read(HOME / "package.toml").unpack(made / "package", made / "licenses")
    shutil.copy(made / "package" / "dist" / "hls.min.mjs", made)
    for file in (BEACON, HOME / "scenario.mjs", HOME / "page.html"):
        shutil.copy(file, made)
    link = tenant.api.post(f"/v1/videos/{video}/playback", {})
    (made / "link.json").write_text(json.dumps({name: link[name] for name in ("url", "views_url")}))
    return made


def test_it_is_played_to_the_end_through_all_rungs_and_wherever_one_jumps(
    tenant: Tenant, video: str, folder: Path, tmp_path: Path
) -> None:
    with served(folder) as (origin, told):
        seen: dict[str, Any] = visit(f"{origin}/page.html", told, tmp_path / "profile")

    assert "error" not in seen, seen["error"]
    assert seen["errors"] == []
    assert sorted(seen["levels"]) == [360, 480, 720]
    assert sorted(set(seen["heights"])) == [360, 480, 720]
    assert seen["duration"] == pytest.approx(SECONDS, abs=0.05)
    assert seen["ended"] == pytest.approx(SECONDS, abs=0.05)
    assert seen["frames"]["corrupted"] == 0
    assert seen["frames"]["total"] > 0.8 * RATE * SECONDS, "dropped are counted, skipped are not"
    assert {(each["lang"], each["name"]) for each in seen["subtitles"]} == {
        (language, label) for language, label, _ in CAPTIONS
    }
    assert set(seen["captions"]) == {words for _, _, words in CAPTIONS}
    for jump in seen["jumps"]:
        assert 0 <= jump["target"] - jump["shown"] < 1.5 / RATE, jump
    views = until(
        lambda: tenant.api.get(f"/v1/videos/{video}/views"),
        lambda told: told["watched_ms"] > 0.9 * SECONDS * 1000,
    )
    assert views["watched_ms"] <= (SECONDS + 0.1) * 1000
    assert (views["sessions"], views["quartiles"]["completed"]) == (1, 1)
