"""Judges what a report says about an upload's streams: which to render, and whether at all."""

from collections.abc import Iterator, Sequence

from functions.video.inputs import MAX_PIXELS, MAX_SIDE, MAX_STREAMS
from functions.video.media import AudioTrack, MediaWarning, VideoTrack
from functions.video.report import InputReport, PacketList, StreamReport
from functions.video.timing import FASTEST, SLOWEST

_LOW_RATE = 10  # frames/s, below which motion is seen as single pictures
_REORDER = 16  # frames: how far decoding order may differ from presentation order


DAMAGED = MediaWarning(
    code="damaged", detail="Parts of the file are damaged; the picture may be, too."
)


class RefusedError(Exception):
    """The upload is of no use: a stable code and a sentence for its owner."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def choose(report: InputReport) -> tuple[StreamReport | None, StreamReport | None]:
    """Return the video and the audio stream to render: the default one, else the first."""
    chosen: list[StreamReport | None] = []
    for kind in ("video", "audio"):
        streams = [s for s in report.streams if s.kind == kind and not s.picture]
        chosen.append(next((s for s in streams if s.default), streams[0] if streams else None))
    return chosen[0], chosen[1]


def check_streams(report: InputReport, video: StreamReport | None) -> None:
    """Raise RefusedError for too many streams, none to render, or too large a picture."""
    if len(report.streams) > MAX_STREAMS:
        raise RefusedError("too_many_streams", f"The file has more than {MAX_STREAMS} streams.")
    if all(stream is None for stream in choose(report)):
        raise RefusedError("no_streams", "The file holds neither picture nor sound.")
    if video is None:
        return
    width, height = displayed(video)
    big = max(width, height, video.width, video.height) > MAX_SIDE
    if big or video.width * video.height > MAX_PIXELS:
        raise RefusedError(
            "dimensions_too_large",
            f"The picture is {video.width} x {video.height}; at most {MAX_SIDE} pixels a side and "
            f"{MAX_PIXELS} in all are supported.",
        )


def displayed(video: StreamReport) -> tuple[int, int]:
    """Return width and height in square pixels, after rotation."""
    width = max(1, round(video.width * video.sample_aspect))
    turned = video.rotation in range(45, 135) or video.rotation in range(225, 315)
    return (video.height, width) if turned else (width, video.height)


def window(found: PacketList, *, whole: bool = False) -> list[int]:
    """Return the presentation times of a window, ascending, without the holes at its ends."""
    key = next((packet.tick for packet in found.packets if packet.key), None)
    ticks = sorted({packet.tick for packet in found.packets if key is None or packet.tick >= key})
    return ticks if whole or len(ticks) <= 2 * _REORDER else ticks[:-_REORDER]


def keyframe_gap(found: PacketList) -> int:
    """Return the longest distance between keyframes in ticks, the rest after the last included."""
    keys = sorted(packet.tick for packet in found.packets if packet.key)
    if not keys:
        return 0
    last = max(packet.tick for packet in found.packets)
    return max((b - a for a, b in zip(keys, [*keys[1:], last], strict=True)), default=0)


def audio_track(audio: StreamReport | None, sound: PacketList | None) -> AudioTrack | None:
    """Return the audio stream as far as it decodes: `sound` is its first decoded frame."""
    if audio is None or sound is None or not sound.packets or sound.time_base is None:
        return None
    return AudioTrack(
        index=audio.index,
        codec=audio.codec,
        channels=max(1, audio.channels),
        layout=audio.layout,
        sample_rate=round(1 / sound.time_base),  # the decoder's, which HE-AAC doubles
        start=sound.packets[0].tick * sound.time_base,
    )


def warnings(
    video: VideoTrack | None,
    audio: AudioTrack | None,
    audio_report: StreamReport | None,
    streams: Sequence[StreamReport],
) -> list[MediaWarning]:
    """Return what is worth telling about the source."""
    shape = next((s.sample_aspect for s in streams if video and s.index == video.index), None)
    found = [*_picture_warnings(video), *_sound_warnings(audio, audio_report)]
    if shape is not None and shape != 1:
        found.append(("pixels_not_square", "The picture is stretched to its true shape."))
    found += [
        (f"several_{kind}_streams", f"Only one {kind} stream is used.")
        for kind in ("video", "audio")
        if sum(stream.kind == kind and not stream.picture for stream in streams) > 1
    ]
    return [MediaWarning(code=code, detail=detail) for code, detail in found]


def _picture_warnings(video: VideoTrack | None) -> Iterator[tuple[str, str]]:
    if video is None:
        yield "no_video", "There is sound only; no picture is made."
        return
    rate = video.cadence.rate
    if not video.cadence.constant:
        yield "variable_frame_rate", "Frames come unevenly; they are evened out."
    if rate < _LOW_RATE:
        yield "low_frame_rate", f"{float(rate):.2f} frames/s are few; motion is not smooth."
    if rate > FASTEST or rate < SLOWEST:
        yield "frame_rate_changed", f"{float(rate):.2f} frames/s are adapted."
    if video.rotation:
        yield "rotated", f"Turned by {video.rotation} degrees, as recorded."
    if video.hdr:
        yield "hdr_converted", "High dynamic range is converted to standard."
    if video.interlaced:
        yield "deinterlaced", "Half pictures are joined to whole ones."


def _sound_warnings(
    audio: AudioTrack | None, audio_report: StreamReport | None
) -> Iterator[tuple[str, str]]:
    if audio is None and audio_report is None:
        yield "no_audio", "There is no sound; nothing can be transcribed."
    elif audio is None:
        yield "audio_unreadable", "The sound cannot be decoded and is left out."
    elif audio.channels > 2:
        yield "downmixed", f"{audio.channels} channels are mixed to two."
