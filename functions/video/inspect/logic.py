"""λ inspect: finds out what an upload is, or in which typed way it is no use.

FFmpeg reads the source by ranges, a bounded part of it: its headers, one decoded picture, the
first sound, and the packet times of a window at the start, the middle and the end.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from functions.shared.errors import UnavailableError
from functions.video import probing
from functions.video.inputs import MAX_SIDE, MAX_STREAMS, MediaInput
from functions.video.inspect.streams import (
    DAMAGED,
    RefusedError,
    audio_track,
    check_streams,
    choose,
    displayed,
    keyframe_gap,
    warnings,
    window,
)
from functions.video.media import AudioTrack, Probe, Source, VideoTrack
from functions.video.process import Finished, Limits, MediaTool
from functions.video.report import (
    InputReport,
    PacketList,
    StreamReport,
    read_input,
    read_packets,
)
from functions.video.timing import cadence

HEAD_BYTES = 4096  # what `Inspector.head` should hold
LONGEST = Fraction(8 * 3600)  # seconds
WINDOW = 480  # packets per window, 16 s at 30 frames/s
TAIL = Fraction(10)  # seconds read at the end
SMALL = 24 << 20  # bytes below which the whole file is read once rather than in windows
SHORTEST_CUT = Fraction(2)  # seconds that may be missing at the end before it counts as cut off
_LIMITS = Limits(wall_seconds=40, cpu_seconds=25, file_bytes=64 << 20)
_SCAN = Limits(wall_seconds=240, cpu_seconds=120, file_bytes=512 << 20)
_UNREACHABLE = re.compile(
    r"HTTP error 5|Server returned 5XX|Connection (?:refused|timed out|reset)|Network is unreach"
    r"|Failed to resolve|Name or service|Input/output error|Broken pipe|Error in the pull function"
    r"|HTTP error 4|Server returned 4",
    re.IGNORECASE,
)
_UNDECODED = re.compile(r"not on whitelist|decoder not found|no decoder", re.IGNORECASE)
_TOO_LARGE = re.compile(r"Picture size \d+x\d+ (?:is invalid|exceeds)")
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"v=0", b"[playlist]", b"#!", b"RTSP")
# What decoders say of broken bytes (a container that begins between two keyframes says less).
_CORRUPT = re.compile(r"error while decoding|corrupt|concealing|Invalid data found", re.I)
_CUT = re.compile(r"partial file|truncated|Truncating|End of file|Invalid NAL|corrupt", re.I)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Inspects one source; `head` is the first few KB of its bytes, `size` its length."""

    tool: MediaTool
    source: MediaInput
    folder: Path
    size: int
    head: bytes

    def inspect(self) -> Source:
        """Return what the source is; raises RefusedError, UnavailableError."""
        self._sniff()
        report = self._open()
        video, audio = choose(report)
        check_streams(report, video)
        head = self._head(video, audio)
        if video is not None and not head.picture.packets:
            raise RefusedError(
                "unreadable", "The file opens, but not one picture of it can be decoded."
            )
        if video is None and (head.sound is None or not head.sound.packets):
            raise RefusedError(
                "unreadable", "The file opens, but nothing of its sound can be decoded."
            )
        duration, tail = self._length(report, video, audio, head)
        if duration > LONGEST:
            raise RefusedError("too_long", f"The recording is longer than {LONGEST / 3600} hours.")
        sound = audio_track(audio, head.sound)
        if video is None:
            return self._source(report, duration, None, sound, audio, report.streams)
        track = self._video_track(report, video, head, tail)
        made = self._source(report, duration, track, sound, audio, report.streams)
        probe, damaged = self._probe(track, duration)
        also = (DAMAGED,) if damaged else ()
        return made.model_copy(update={"probe": probe, "warnings": (*made.warnings, *also)})

    def _probe(self, track: VideoTrack, duration: Fraction) -> tuple[Probe | None, bool]:
        """Return how hard the picture is to encode, and whether the decoder complained. No probe
        when the sample cannot be decoded, which is no reason to refuse what can be elsewhere.
        Raises UnavailableError."""
        moments = probing.moments(round(duration * 1000))
        arguments = probing.sample(self.source, track, moments)
        log = self.tool.run(arguments, folder=self.folder, limits=probing.LIMITS).messages
        if _UNREACHABLE.search(log):
            raise UnavailableError("the source cannot be read from storage right now")
        return probing.read(self.folder, track, moments), bool(_CORRUPT.search(log))

    def _sniff(self) -> None:
        if self.size == 0:
            raise RefusedError("empty", "The file has no content (0 bytes).")
        start = self.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
        if start.startswith(tuple(mark.lower() for mark in _PLAYLISTS)):
            raise RefusedError(
                "playlist_in_disguise",
                "The file is a playlist or a text that points elsewhere, not a recording.",
            )

    def _run(self, arguments: Sequence[str], limits: Limits = _LIMITS) -> Finished:
        finished = self.tool.run(arguments, folder=self.folder, limits=limits)
        if finished.timed_out or finished.code in (-9, -24):
            raise RefusedError(
                "too_costly", "Reading the file's headers takes more time than a recording's does."
            )
        return finished

    def _open(self) -> InputReport:
        finished = self._run(["-v", "info", *self.source.arguments()])
        report = read_input(finished.log)
        log = finished.messages
        if _TOO_LARGE.search(log):
            raise RefusedError(
                "dimensions_too_large",
                f"The picture is too large; at most {MAX_SIDE} pixels a side are supported.",
            )
        if report is not None and report.streams:
            return report
        if "max_streams" in log:
            raise RefusedError("too_many_streams", f"The file has more than {MAX_STREAMS} streams.")
        if _UNREACHABLE.search(log):
            raise UnavailableError("the source cannot be read from storage right now")
        if "Format not on whitelist" in log:
            raise RefusedError(
                "unsupported_container",
                "The file is not in a container for recordings that is supported (mp4, mov, "
                "mkv, webm, avi, ts, flv, asf, ogg, mp3, wav, flac, aac).",
            )
        if self.head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
            raise RefusedError(
                "truncated", "The file is incomplete: its index is missing. Upload it again."
            )
        if report is not None:
            raise RefusedError("no_streams", "The file holds neither picture nor sound.")
        raise RefusedError("not_media", "The file is not a video or an audio recording.")

    def _head(self, video: StreamReport | None, audio: StreamReport | None) -> "_Head":
        arguments = ["-v", "info", *self.source.arguments(before=["-threads", "1"])]
        count = "100000" if self.size <= SMALL else str(WINDOW)
        if video is not None:
            stream = f"0:{video.index}"
            arguments += ["-map", stream, "-c", "copy", "-frames:v", count, *_packets("head.txt")]
            # Passed through in the stream's own ticks, so that it can be compared with packets.
            arguments += ["-map", stream, "-frames:v", "1", "-fps_mode", "passthrough"]
            arguments += ["-enc_time_base", "demux", *_packets("picture.txt")]
        if audio is not None:
            stream = f"0:{audio.index}"
            arguments += ["-map", stream, "-frames:a", "1", *_packets("sound.txt")]
            if self.size <= SMALL:
                arguments += ["-map", stream, "-c", "copy", *_packets("sounds.txt")]
        log = self._run(arguments).messages
        found = _Head(
            packets=self._read("head.txt"),
            picture=self._read("picture.txt"),
            sound=self._read("sound.txt") if audio is not None else None,
            sounds=self._read("sounds.txt"),
            log=log,
        )
        # FFmpeg says the same of subtitles and covers, which nobody decodes.
        heard = found.sound is None or found.sound.packets
        seen = video is None or found.picture.packets
        if not (seen and heard) and _UNDECODED.search(log):
            raise RefusedError(
                "unsupported_codec",
                f"The recording is coded in a way that is not supported "
                f"({', '.join(s.codec for s in (video, audio) if s)}).",
            )
        if _UNREACHABLE.search(log):
            raise UnavailableError("the source cannot be read from storage right now")
        return found

    def _length(
        self,
        report: InputReport,
        video: StreamReport | None,
        audio: StreamReport | None,
        head: "_Head",
    ) -> tuple[Fraction, PacketList]:
        """Return the duration in seconds and the last packets of the video."""
        stated = report.duration
        if stated is not None and stated > LONGEST:
            return stated, PacketList()
        tails, log = self._tails(report, video, audio, head)
        ends = [found.end for found in tails if found.end is not None]
        if _UNREACHABLE.search(log) and not ends:
            raise UnavailableError("the source cannot be read from storage right now")
        start = self._first(head) if report.start is None else report.start
        missing = stated is not None and (not ends or start + stated - max(ends) > SHORTEST_CUT)
        if missing and (not ends or report.container[:3] != "mov" or _CUT.search(log)):
            raise RefusedError(
                "truncated", "The file is incomplete: its end is missing. Upload it again."
            )
        if not ends:
            raise RefusedError("unreadable", "Nothing in the file can be read.")
        return max(ends) - min(start, max(ends)), tails[0] if video is not None else PacketList()

    def _tails(
        self,
        report: InputReport,
        video: StreamReport | None,
        audio: StreamReport | None,
        head: "_Head",
    ) -> tuple[list[PacketList], str]:
        """Return the last packets of the video and of the audio, and FFmpeg's log."""
        if self.size <= SMALL:
            lists = ((video, head.packets), (audio, head.sounds))
            return [found for stream, found in lists if stream is not None], head.log
        stated = report.duration
        seek = None
        if stated is not None and stated > TAIL:
            seek = (report.start or Fraction(0)) + stated - TAIL
        arguments = ["-v", "info", *self.source.arguments(seek=seek)]
        streams = [stream for stream in (video, audio) if stream is not None]
        for stream in streams:
            arguments += ["-map", f"0:{stream.index}", "-c", "copy"]
            arguments += _packets(f"tail{stream.index}.txt")
        finished = self._run(arguments, _SCAN if seek is None else _LIMITS)
        return [self._read(f"tail{stream.index}.txt") for stream in streams], finished.messages

    def _first(self, head: "_Head") -> Fraction:
        firsts = [
            found.packets[0].tick * found.time_base
            for found in (head.packets, head.sound)
            if found is not None and found.packets and found.time_base is not None
        ]
        return min(firsts, default=Fraction(0))

    def _video_track(
        self, report: InputReport, video: StreamReport, head: "_Head", tail: PacketList
    ) -> VideoTrack:
        base = head.packets.time_base
        if base is None or not head.packets.packets:
            raise RefusedError("unreadable", "The file opens, but holds no picture.")
        first = self._first_picture(head, base)
        last = max(tail.packets or head.packets.packets, key=lambda packet: packet.tick)
        # Where there are decoding times only, pictures come later by the decoder's delay.
        late = first - head.packets.packets[0].tick if head.packets.by_decoding else 0
        windows = [window(head.packets, whole=self.size <= SMALL)]
        lists = [head.packets, tail]
        if self.size > SMALL and report.duration is not None:
            middle = self._middle((report.start or Fraction(0)) + report.duration / 2, video)
            windows.append(window(middle))
            lists.append(middle)
        if tail.packets and self.size > SMALL:
            windows.append(window(tail, whole=True))
        pace = cadence(windows, base)
        width, height = displayed(video)
        gap = max(keyframe_gap(found) for found in lists)
        return VideoTrack(
            index=video.index,
            codec=video.codec,
            profile=video.profile,
            pixel_format=video.pixel_format,
            width=width,
            height=height,
            rotation=video.rotation,
            interlaced=video.interlaced,
            hdr=video.hdr,
            transfer=video.transfer,
            time_base=base,
            first_tick=first,
            last_tick=max(first, last.tick + late),
            last_duration=max(1, last.duration),
            cadence=pace,
            keyframe_gap_ms=round(gap * base * 1000),
        )

    def _first_picture(self, head: "_Head", base: Fraction) -> int:
        # The decoder, not the container, has the last word on where the picture starts: an edit
        # list or a broken first group may make it later than the first packet.
        if head.picture.packets and head.picture.time_base is not None:
            return round(head.picture.packets[0].tick * head.picture.time_base / base)
        return min(packet.tick for packet in head.packets.packets)

    def _middle(self, seconds: Fraction, video: StreamReport) -> PacketList:
        arguments = ["-v", "info", *self.source.arguments(seek=seconds)]
        arguments += ["-map", f"0:{video.index}", "-c", "copy", "-frames:v", str(WINDOW)]
        self._run([*arguments, *_packets("middle.txt")])
        return self._read("middle.txt")

    def _read(self, name: str) -> PacketList:
        path = self.folder / name
        if not path.exists():
            return PacketList()
        with path.open(encoding="ascii", errors="replace") as lines:
            found = read_packets(lines)
        path.unlink()
        return found

    def _source(
        self,
        report: InputReport,
        duration: Fraction,
        video: VideoTrack | None,
        audio: AudioTrack | None,
        audio_report: StreamReport | None,
        streams: Sequence[StreamReport],
    ) -> Source:
        return Source(
            container=report.container.split(",")[0],
            bytes=self.size,
            duration_ms=max(1, round(duration * 1000)),
            video=video,
            audio=audio,
            warnings=tuple(warnings(video, audio, audio_report, streams)),
        )


@dataclass(frozen=True, slots=True)
class _Head:
    packets: PacketList
    picture: PacketList
    sound: PacketList | None
    sounds: PacketList  # every packet of the sound, when the file is small
    log: str


def _packets(name: str) -> list[str]:
    return ["-f", "framecrc", name]
