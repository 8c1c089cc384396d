"""FFmpeg's argument lists for rendering, one function per kind of run."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from functions.video.filtergraph import rendering, selection, sound, still
from functions.video.inputs import MediaInput
from functions.video.media import (
    AUDIO_RATE,
    SPEECH_RATE,
    AudioPlan,
    ChunkPlan,
    Content,
    Rung,
    VideoPlan,
)
from functions.video.storyboard import Sheet
from functions.video.waveform import RATE as WAVE_RATE

# Nothing of the source travels on but picture and sound: no tags (GPS), chapters, subtitles.
BARE = ["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-fflags", "+bitexact"]
# x264 with B-pyramid shows a picture at most two frames later than it decodes it.
REORDER_FRAMES = 2
_FRAGMENTS = "+empty_moov+default_base_moof+frag_discont+skip_trailer+cmaf"


# x264's adaptive quantisation takes from busy blocks and gives to flat ones: letters on a plain
# ground are the busy ones, so screens go without it (at equal bytes +0.2 VMAF and +0.5 dB on the
# sample call; ladder.py has their CRF) and with a weaker deblocking filter, as in x264's
# `stillimage`; a face before a still background needs half of it (11 % fewer bytes, equal VMAF).
_TUNED: Mapping[Content, str] = {
    "general": "",
    "talking_head": ":aq-strength=0.5",
    "screen_share": ":aq-mode=0:deblock=-2,-2",
}


def encode_chunk(
    source: MediaInput,
    video: VideoPlan,
    chunk: ChunkPlan,
    *,
    seek: Fraction | None,
    threads: int,
    patch: bool = False,
) -> list[str]:
    """Return the run that decodes once and writes `<rung>.mp4` for every rung.

    Each file is fragmented at the segments' keyframes; its times go on from the chunk before.
    """
    picked = f"[0:{video.track.index}]{selection(video, chunk, patch=patch)}[picked]"
    graph = ";".join([picked, *rendering(video, video.rungs)])
    outputs = [
        argument
        for rung in video.rungs
        for argument in _video_output(video, chunk, rung, threads=threads)
    ]
    return [
        "-v", "warning",
        "-filter_complex_threads", str(threads),
        *source.arguments(seek=seek, before=["-threads", str(threads)]),
        "-filter_complex", graph,
        *outputs,
    ]  # fmt: skip


def _video_output(video: VideoPlan, chunk: ChunkPlan, rung: Rung, *, threads: int) -> list[str]:
    timing = video.timing
    group = str(timing.segment_frames)
    return [
        "-map", f"[{rung.name}]",
        "-fps_mode", "passthrough",
        "-enc_time_base", f"{timing.rate.denominator}:{timing.rate.numerator}",
        *x264(rung, video.content, threads=threads),
        "-g", group, "-keyint_min", group, "-sc_threshold", "0",
        *BARE, "-flags:v", "+bitexact",
        "-avoid_negative_ts", "disabled",
        "-f", "mp4", "-use_editlist", "0",
        "-video_track_timescale", str(timing.timescale),
        # The first picture's time is the segment's decoding time, whatever the chunk's length:
        # so all chunks' headers are equal. cmaf.py then makes the offsets positive.
        "-movflags", f"{_FRAGMENTS}+frag_keyframe+negative_cts_offsets",
        "-fragment_index", str(chunk.first_segment + 1),
        f"{rung.name}.mp4",
    ]  # fmt: skip


def x264(rung: Rung, content: Content = "general", *, threads: int) -> list[str]:
    """Return the encoder's settings for a rung: constant quality under a ceiling."""
    return [
        *constant_quality(rung.crf, content, threads=threads),
        "-level:v", f"{rung.level // 10}.{rung.level % 10}",
        "-maxrate", f"{rung.max_kbps}k", "-bufsize", f"{rung.buffer_kbits}k",
    ]  # fmt: skip


def constant_quality(crf: int, content: Content, *, threads: int) -> list[str]:
    """Return the encoder's settings without any ceiling."""
    return [
        "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high",
        "-crf", str(crf),
        "-threads:v", str(threads),
        "-x264-params", f"open-gop=0:bframes=3:b-pyramid=2{_TUNED[content]}",
    ]  # fmt: skip


def listen(source: MediaInput, audio: AudioPlan) -> list[str]:
    """Return the first run over the sound: measures loudness, writes `speech.flac` (mono) and
    `wave.s8`, which the waveform is read off."""
    graph = (
        f"[0:{audio.track.index}]{sound(audio, rate=AUDIO_RATE)},asplit[a][b];"
        "[a]ebur128=peak=sample:framelog=quiet[heard];"
        f"[b]aresample={SPEECH_RATE},aformat=channel_layouts=mono:sample_fmts=s16,"
        f"asplit[speech][c];[c]aresample={WAVE_RATE},aformat=sample_fmts=u8[wave]"
    )
    return [
        "-v", "info",
        *source.arguments(before=["-threads", "1", "-vn"]),
        "-filter_complex", graph,
        "-map", "[heard]", "-f", "null", "-",
        "-map", "[speech]", "-c:a", "flac", *BARE, "-f", "flac", "speech.flac",
        "-map", "[wave]", "-c:a", "pcm_s8", "-f", "s8", "wave.s8",
    ]  # fmt: skip


def encode_sound(source: MediaInput, audio: AudioPlan, *, change: str) -> list[str]:
    """Return the second run: AAC in fragments of a quarter second, `sound.mp4`.

    `change` is the loudness correction, a filter. The encoder's first packet, which holds the
    1,024 samples of its delay, is dropped, so packet 0 is time 0 in every player, edit list
    or not.
    """
    graph = f"[0:{audio.track.index}]{sound(audio, rate=AUDIO_RATE)},{change}[out]"
    return [
        "-v", "warning",
        *source.arguments(before=["-threads", "1", "-vn"]),
        "-filter_complex", graph,
        "-map", "[out]",
        # "fast" is FFmpeg's own advice for 64 kbit/s and up, at half the work of "twoloop".
        "-c:a", "aac", "-aac_coder", "fast", "-b:a", f"{audio.kbps}k",
        "-bsf:a", r"noise=amount=0:drop=lt(pts\,0)",
        *BARE, "-flags:a", "+bitexact",
        "-avoid_negative_ts", "disabled",
        "-f", "mp4", "-use_editlist", "0",
        "-movflags", _FRAGMENTS, "-frag_duration", "250000",
        "sound.mp4",
    ]  # fmt: skip


def remux_sound() -> list[str]:
    """Return the run that turns `sound.mp4` into a plain `audio.m4a`, index first."""
    return [
        "-v", "warning", "-protocol_whitelist", "file", "-format_whitelist", "mov",
        "-i", "file:sound.mp4", "-map", "0:a:0", "-c", "copy", *BARE,
        "-f", "ipod", "-movflags", "+faststart", "audio.m4a",
    ]  # fmt: skip


CANDIDATE_SIZE = (128, 72)


def candidates(source: MediaInput, video: VideoPlan, moments: Sequence[Fraction]) -> list[str]:
    """Return the run that writes `still<i>.jpg` and `still<i>.gray` for each moment that exists.

    `moments` are absolute source times in seconds; only the keyframe at or before each is
    decoded. A gray file is 128 x 72 bytes.
    """
    width, height = CANDIDATE_SIZE
    top = video.rungs[0]
    arguments = ["-v", "warning", "-filter_complex_threads", "1"]
    graph, outputs = [], []
    for number, moment in enumerate(moments):
        seek = None if number == 0 else moment
        arguments += source.arguments(seek=seek, before=["-threads", "1", "-skip_frame", "nokey"])
        chain = still(video, top)
        graph.append(
            f"[{number}:{video.track.index}]trim=end_frame=1,{chain},split=2[full{number}][s{number}];"
            f"[s{number}]scale={width}:{height}:flags=area,format=gray[gray{number}]"
        )
        outputs += ["-map", f"[full{number}]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4",
                    *BARE, "-f", "mjpeg", f"still{number}.jpg"]  # fmt: skip
        outputs += ["-map", f"[gray{number}]", "-frames:v", "1", "-c:v", "rawvideo",
                    "-f", "rawvideo", f"still{number}.gray"]  # fmt: skip
    return [*arguments, "-filter_complex", ";".join(graph), *outputs]


def lay_out(sheet: Sheet) -> list[str]:
    """Return the run that makes `storyboard.jpg` of pictures on standard input (plain H.264)."""
    scale = f"scale={sheet.width}:{sheet.height}:flags=area:out_range=pc,format=yuvj420p,setsar=1"
    return [
        "-v", "warning", "-filter_complex_threads", "1",
        "-protocol_whitelist", "pipe", "-format_whitelist", "h264", "-threads", "1",
        "-f", "h264", "-framerate", "1", "-i", "pipe:0",
        "-filter_complex", f"[0:v:0]{scale},tile={sheet.columns}x{sheet.rows}[sheet]",
        "-map", "[sheet]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "5", *BARE,
        "-f", "mjpeg", "storyboard.jpg",
    ]  # fmt: skip


def join(*, sound: bool) -> list[str]:
    """Return the run that makes `video.mp4` from a rung's segments on standard input (one
    fragmented file) and `audio.m4a`: plain copies, index first."""
    audio = ["-protocol_whitelist", "file", "-format_whitelist", "mov", "-i", "file:audio.m4a"]
    return [
        "-v", "warning",
        "-protocol_whitelist", "pipe", "-format_whitelist", "mov", "-f", "mov", "-i", "pipe:0",
        *(audio if sound else []),
        "-map", "0:v:0", *(["-map", "1:a:0"] if sound else []), "-c", "copy", *BARE,
        "-f", "mp4", "-movflags", "+faststart", "video.mp4",
    ]  # fmt: skip
