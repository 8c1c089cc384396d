"""HLS playlists (RFC 8216) as text, from the plan while it grows, from the manifest at the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from functions.video import keys
from functions.video.media import (
    AUDIO_RATE,
    AudioRendition,
    EncodePlan,
    Manifest,
    Rendition,
    SegmentInfo,
    bandwidths,
    target_seconds,
)
from functions.video.tracks import Shown

UrlFor = Callable[[str], str]
SOUND = "audio"  # the name of the audio rendition, beside the rungs' names
CAPTIONS = "captions"  # the group of the caption tracks
INTRA = "-iframes"  # after a rung's name: its pictures that need no other, for seeking at speed
_AAC = "mp4a.40.2"
_VERSION = 7  # EXT-X-MAP outside of I-frame playlists, too


@dataclass(frozen=True, slots=True)
class Track:
    """One media playlist: a rung or the sound, with the segments finished so far."""

    name: str
    folder: str
    timescale: int
    target_seconds: int
    segments: Sequence[SegmentInfo]
    complete: bool


def master(content: Manifest | EncodePlan, url_for: UrlFor, captions: Sequence[Shown] = ()) -> str:
    """Return the master playlist; `url_for` maps a track's name ("720p", "audio") to its URL.
    `captions` are the caption tracks, the default one first.

    From a plan, bandwidths are the encoder's ceilings; from a manifest, what was measured.
    """
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    sound = _sound(content)
    variants = _variants(content)
    if sound is not None and variants:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Original",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="{sound.channels}",URI="{url_for(SOUND)}"'
        )
    group = ""
    if captions and variants:
        group = f',SUBTITLES="{CAPTIONS}"'
        lines += [_subtitles(each, url_for) for each in captions]
    for variant in variants:
        lines += [_stream(variant, sound) + group, url_for(variant.name)]
    if isinstance(content, Manifest):
        lines += [_intra_stream(each, url_for) for each in content.renditions if _has_intra(each)]
    if sound is not None and not variants:
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={sound.bandwidth},"
            f'AVERAGE-BANDWIDTH={sound.average},CODECS="{sound.codecs}"'
        )
        lines.append(url_for(SOUND))
    return "\n".join(lines) + "\n"


def _subtitles(track: Shown, url_for: UrlFor) -> str:
    """Return one track of the group (RFC 8216, 4.3.4.1). None is forced: that is for the few words
    in another language that everybody needs."""
    default = "YES" if track.default else "NO"
    told = _told(track)
    return (
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{CAPTIONS}",NAME="{track.label}",'
        f'LANGUAGE="{track.language}",DEFAULT={default},AUTOSELECT=YES,FORCED=NO,'
        + (f'CHARACTERISTICS="{",".join(told)}",' if told else "")
        + f'URI="{url_for(keys.captions_name(track.language))}"'
    )


def _told(track: Shown) -> Sequence[str]:
    """Return what a track is, for those who hear nothing: what is spoken, and, where people have
    written it for them, what sounds."""
    if track.kind == "subtitles":
        return ()
    spoken = "public.accessibility.transcribes-spoken-dialog"
    sounds = "public.accessibility.describes-music-and-sound"
    return (spoken, sounds) if track.source == "uploaded" else (spoken,)


@dataclass(frozen=True, slots=True)
class _Variant:
    name: str
    bandwidth: int
    average: int
    codecs: str
    width: int
    height: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class _Sound:
    bandwidth: int
    average: int
    codecs: str
    channels: int


def _variants(content: Manifest | EncodePlan) -> list[_Variant]:
    if isinstance(content, Manifest):
        return [
            _Variant(r.name, r.bandwidth, r.average_bandwidth, r.codecs, r.width, r.height,
                     r.frame_rate)
            for r in content.renditions
        ]  # fmt: skip
    if content.video is None:
        return []
    rate = content.video.timing.rate
    return [
        _Variant(r.name, r.max_kbps * 1000, r.max_kbps * 1000, r.codecs, r.width, r.height, rate)
        for r in content.video.rungs
    ]


def _sound(content: Manifest | EncodePlan) -> _Sound | None:
    audio = content.audio
    if audio is None:
        return None
    if isinstance(audio, AudioRendition):
        return _Sound(audio.bandwidth, audio.average_bandwidth, audio.codecs, audio.channels)
    return _Sound(audio.kbps * 1100, audio.kbps * 1000, _AAC, audio.channels)


def _stream(variant: _Variant, sound: _Sound | None) -> str:
    extra, codecs, group = (0, 0), variant.codecs, ""
    if sound is not None:
        extra = (sound.bandwidth, sound.average)
        codecs = f"{variant.codecs},{sound.codecs}"
        group = ',AUDIO="sound"'
    return (
        f"#EXT-X-STREAM-INF:BANDWIDTH={variant.bandwidth + extra[0]},"
        f"AVERAGE-BANDWIDTH={variant.average + extra[1]},"
        f'CODECS="{codecs}",RESOLUTION={variant.width}x{variant.height},'
        f"FRAME-RATE={float(variant.rate):.3f}{group}"
    )


def _has_intra(rendition: Rendition) -> bool:
    # what was encoded before segments said where their first picture ends has none
    return all(segment.intra_bytes for segment in rendition.segments)


def _intra_stream(rendition: Rendition, url_for: UrlFor) -> str:
    peak, average = bandwidths(rendition.segments, rendition.timescale, intra=True)
    return (
        f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},"
        f'CODECS="{rendition.codecs}",RESOLUTION={rendition.width}x{rendition.height},'
        f'URI="{url_for(rendition.name + INTRA)}"'
    )


def intra_playlist(track: Track, url_for: UrlFor) -> str:
    """Return the I-frame playlist (RFC 8216, 4.3.3.6) of a finished rung: of each segment the
    bytes of its header and first picture, shown until the next one's."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{track.target_seconds}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-I-FRAMES-ONLY",
        f'#EXT-X-MAP:URI="{url_for(keys.init(track.folder))}"',
    ]
    for segment in track.segments:
        lines.append(f"#EXTINF:{segment.duration_ticks / track.timescale:.6f},")
        lines.append(f"#EXT-X-BYTERANGE:{segment.intra_bytes}@0")
        lines.append(url_for(keys.segment(track.folder, segment.index)))
    lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def intra_track(manifest: Manifest, name: str) -> Track | None:
    """Return the rung behind an I-frame playlist's name ("720p-iframes"), None for others."""
    rung = name.removesuffix(INTRA)
    found = next((each for each in manifest.renditions if each.name == rung), None)
    if rung == name or found is None or not _has_intra(found):
        return None
    return finished_track(manifest, rung)


def captions_playlist(duration_ms: int, address: str) -> str:
    """Return the playlist of captions that are one WebVTT file, as long as the video."""
    return (
        f"#EXTM3U\n#EXT-X-VERSION:{_VERSION}\n"
        f"#EXT-X-TARGETDURATION:{max(1, -(-duration_ms // 1000))}\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{duration_ms / 1000:.3f},\n{address}\n#EXT-X-ENDLIST\n"
    )


def media_playlist(track: Track, url_for: UrlFor) -> str:
    """Return a media playlist; `url_for` maps a key below the run's prefix to its URL.

    An incomplete track is an EVENT playlist: it only ever grows at its end, and so becomes the
    complete one by further lines and ENDLIST, which a player that is already playing expects.
    """
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{track.target_seconds}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if track.complete else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{url_for(keys.init(track.folder))}"',
    ]
    for segment in track.segments:
        lines.append(f"#EXTINF:{segment.duration_ticks / track.timescale:.6f},")
        lines.append(url_for(keys.segment(track.folder, segment.index)))
    if track.complete:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def finished_track(manifest: Manifest, name: str) -> Track | None:
    """Return a packaged video's track by name, None when it has no such track."""
    if name == SOUND:
        audio = manifest.audio
        return None if audio is None else _sound_track(audio)
    found = next((r for r in manifest.renditions if r.name == name), None)
    if found is None:
        return None
    return Track(
        name=name,
        folder=keys.video_folder(name),
        timescale=found.timescale,
        target_seconds=target_seconds(found.segments, found.timescale),
        segments=found.segments,
        complete=True,
    )


def growing_track(
    plan: EncodePlan,
    chunks: Mapping[int, Mapping[str, Sequence[SegmentInfo]]],
    name: str,
) -> Track | None:
    """Return a rung's track while it is encoded: the chunks from the first on without a gap."""
    video = plan.video
    if video is None or all(rung.name != name for rung in video.rungs):
        return None
    segments: list[SegmentInfo] = []
    for index in range(len(video.chunks)):
        if index not in chunks:
            break
        segments += chunks[index].get(name, ())
    timing = video.timing
    return Track(
        name=name,
        folder=keys.video_folder(name),
        timescale=timing.timescale,
        target_seconds=max(1, round(float(timing.segment_frames / timing.rate))),
        segments=segments,
        complete=len(segments) == timing.segments,
    )


def growing_sound(plan: EncodePlan, audio: AudioRendition | None) -> Track | None:
    """Return the sound's track before the manifest: empty until encode_audio has ended."""
    if plan.audio is None:
        return None
    if audio is not None:
        return _sound_track(audio)
    return Track(
        name=SOUND,
        folder=keys.AUDIO_FOLDER,
        timescale=AUDIO_RATE,
        target_seconds=max(1, round(float(plan.audio.segment))),
        segments=(),
        complete=False,
    )


def _sound_track(audio: AudioRendition) -> Track:
    return Track(
        name=SOUND,
        folder=keys.AUDIO_FOLDER,
        timescale=audio.timescale,
        target_seconds=target_seconds(audio.segments, audio.timescale),
        segments=audio.segments,
        complete=True,
    )
