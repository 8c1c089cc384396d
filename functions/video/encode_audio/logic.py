"""λ encode_audio: the sound at -16 LUFS as HLS segments and m4a, and a copy for transcription."""

import mmap
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from functions.video import keys
from functions.video.cmaf import Fragment, codecs, split
from functions.video.command import encode_sound, listen, remux_sound
from functions.video.inputs import MediaInput
from functions.video.loudness import Loudness, read_loudness
from functions.video.media import (
    AUDIO_RATE,
    AudioPlan,
    AudioRendition,
    SegmentInfo,
    bandwidths,
)
from functions.video.process import Limits, MediaTool, failure
from functions.video.store import MediaStore
from functions.video.waveform import peaks

LIMITS = Limits(wall_seconds=840, cpu_seconds=900, file_bytes=3 << 30)
_UPLOADS = 8  # at a time


@dataclass(frozen=True, slots=True)
class AudioEncoder:
    """Encodes one recording's sound; `store` is the run's part of the media bucket."""

    tool: MediaTool
    source: MediaInput
    audio: AudioPlan
    store: MediaStore
    folder: Path

    def encode(self) -> AudioRendition:
        """Render, unless it was done before; raises ToolFailedError, UnavailableError."""
        if self.store.exists(keys.AUDIO):
            return AudioRendition.model_validate(self.store.get_json(keys.AUDIO))
        heard = self._listen()
        self._run("encode_audio", encode_sound(self.source, self.audio, change=heard.correction()))
        rendition = self._keep_segments(heard)
        self._run("remux", remux_sound())
        self.store.upload_file(self.folder / "audio.m4a", keys.M4A, "audio/mp4")
        if not heard.silent:
            self.store.upload_file(self.folder / "speech.flac", keys.SPEECH, "audio/flac")
        self._keep_waveform()
        # Last: what this document names is all there.
        self.store.put_json(keys.AUDIO, rendition.model_dump(mode="json"))
        return rendition

    def _run(self, step: str, arguments: Sequence[str]) -> str:
        finished = self.tool.run(arguments, folder=self.folder, limits=LIMITS)
        if not finished.ok:
            raise failure(step, finished)
        return finished.log

    def _listen(self) -> Loudness:
        finished = self.tool.run(listen(self.source, self.audio), folder=self.folder, limits=LIMITS)
        heard = read_loudness(finished.log)
        if heard is None or not finished.ok:
            raise failure("loudness", finished)
        return heard

    def _keep_waveform(self) -> None:
        path = self.folder / "wave.s8"
        with path.open("rb") as file:
            self.store.put_json(keys.WAVEFORM, peaks(file, path.stat().st_size))

    def _keep_segments(self, heard: Loudness) -> AudioRendition:
        with (self.folder / "sound.mp4").open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        init, fragments = split(data)
        groups = group(fragments, self.audio.segment)

        def keep(numbered: tuple[int, Sequence[Fragment]]) -> SegmentInfo:
            index, parts = numbered
            body = data[parts[0].offset : parts[-1].offset + parts[-1].size]
            self.store.put_bytes(keys.segment(keys.AUDIO_FOLDER, index), body, "audio/mp4")
            return SegmentInfo(
                index=index, bytes=len(body), duration_ticks=sum(part.ticks for part in parts)
            )

        with ThreadPoolExecutor(_UPLOADS) as pool:
            segments = tuple(pool.map(keep, enumerate(groups)))
        self.store.put_bytes(keys.init(keys.AUDIO_FOLDER), init, "audio/mp4")
        peak, average = bandwidths(segments, AUDIO_RATE)
        return AudioRendition(
            codecs=codecs(init),
            channels=self.audio.channels,
            sample_rate=AUDIO_RATE,
            timescale=AUDIO_RATE,
            bandwidth=peak,
            average_bandwidth=average,
            segments=segments,
            silent=heard.silent,
            waveform=True,
            source_loudness=heard.integrated,
            source_peak=heard.peak,
            gain_db=heard.gain,
        )


def group(fragments: Iterable[Fragment], segment: Fraction) -> list[list[Fragment]]:
    """Join fragments to segments that end where the video's do, to half a fragment.

    `segment` is the video's segment length in seconds; fragments lie close together.
    """
    groups: list[list[Fragment]] = []
    current = -1
    for fragment in fragments:
        middle = Fraction(2 * fragment.start + fragment.ticks, 2 * AUDIO_RATE)
        number = int(middle / segment)
        if number != current or not groups:
            groups.append([])
            current = number
        groups[-1].append(fragment)
    return groups
