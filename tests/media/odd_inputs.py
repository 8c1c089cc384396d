"""Small odd recordings and hostile files, made by FFmpeg when a test first asks for one.

`path("vfr")` returns the file; it is kept in a cache folder named after this module's own text,
so a changed recipe makes new files.
"""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg

CACHE = Path(tempfile.gettempdir()) / (
    "reelate-odd-inputs-" + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
)
_X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
_TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
_AAC = ["-c:a", "aac", "-b:a", "64k"]


def path(name: str) -> Path:
    """Return the file of this name, made on first use; safe from several processes at once."""
    suffix, make = _RECIPES[name]
    wanted = CACHE / f"{name}{suffix}"
    if not wanted.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            made = Path(folder) / wanted.name
            make(made)
            made.replace(wanted)
    return wanted


def ffmpeg(*arguments: str) -> None:
    """Run FFmpeg, quietly; raises CalledProcessError with its words."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def picture(size: str = "320x180", rate: str = "30", seconds: float = 10) -> list[str]:
    """Return the input of a moving test picture whose every frame is different."""
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]


def _recording(*options: str, size: str = "320x180", rate: str = "30", seconds: float = 10):
    def make(made: Path) -> None:
        ffmpeg(*picture(size, rate, seconds), *_TONE, "-shortest", *_X264, *_AAC, *options,
               str(made))  # fmt: skip

    return make


def _silent_picture(*options: str, size: str = "320x180", rate: str = "30", seconds: float = 10):
    def make(made: Path) -> None:
        ffmpeg(*picture(size, rate, seconds), *_X264, *options, str(made))

    return make


def _portrait(made: Path) -> None:
    flat = made.with_name("flat.mp4")
    _recording(size="640x360", seconds=5)(flat)
    ffmpeg("-display_rotation", "-90", "-i", str(flat), "-c", "copy", str(made))


def _edit_list(made: Path) -> None:
    # Cut by copying: the file begins at the keyframe before 3.3 s, an edit list hides the rest.
    whole = made.with_name("whole.mp4")
    _recording("-g", "60", "-bf", "2", "-preset", "veryfast")(whole)
    ffmpeg("-ss", "3.3", "-i", str(whole), "-c", "copy", str(made))


def _late_picture(made: Path) -> None:
    # The sound starts 1.3 s before the picture.
    first = made.with_name("first.mp4")
    _silent_picture(seconds=6)(first)
    ffmpeg("-itsoffset", "1.3", "-i", str(first), *_TONE, "-map", "0:v", "-map", "1:a", "-t", "7",
           "-c:v", "copy", *_AAC, str(made))  # fmt: skip


def _late_sound(made: Path) -> None:
    first = made.with_name("first.mp4")
    _silent_picture(seconds=6)(first)
    ffmpeg("-i", str(first), "-itsoffset", "0.7", *_TONE, "-map", "0:v", "-map", "1:a", "-t", "6",
           "-c:v", "copy", *_AAC, str(made))  # fmt: skip


def _vfr(made: Path) -> None:
    # Bursts at 30 frames/s, holes of half a second, and a jitter of some milliseconds.
    ffmpeg(*picture(rate="30"), *_TONE, "-shortest", "-vf",
           "select='not(between(mod(n,41),7,22))',settb=1/90000,"
           "setpts='PTS+mod(N*7,5)*0.0023/TB'", "-fps_mode", "passthrough",
           "-enc_time_base", "1:90000", "-video_track_timescale", "90000", "-bf", "2",
           *_X264, *_AAC, str(made))  # fmt: skip


def _stills(made: Path) -> None:
    # Like a shared screen: a picture now and then, up to 5 s apart.
    ffmpeg(*picture(rate="10", seconds=20), "-vf",
           "select='eq(n,0)+eq(n,3)+eq(n,4)+eq(n,50)+eq(n,52)+gt(n,101)*not(mod(n,23))'",
           "-fps_mode", "passthrough", *_X264, str(made))  # fmt: skip


def _browser(made: Path) -> None:
    # As MediaRecorder writes it: no duration, no index, millisecond times.
    ffmpeg(*picture(rate="30", seconds=9), *_TONE, "-shortest", "-c:v", "libvpx", "-deadline",
           "realtime", "-cpu-used", "8", "-g", "100", "-c:a", "libopus", "-f", "webm",
           "-live", "1", str(made))  # fmt: skip


def _hdr(made: Path) -> None:
    ffmpeg(*picture(size="640x360", seconds=4), "-vf",
           "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:"
           "colorspace=bt2020nc", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
           "log-level=0:hdr10=1", "-tag:v", "hvc1", str(made))  # fmt: skip


def _odd(width: int, height: int) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        ffmpeg(*picture(f"{width + 3}x{height + 3}", seconds=3), "-vf",
               f"format=yuv444p,crop={width}:{height}", "-c:v", "ffv1", str(made))  # fmt: skip

    return make


def _interlaced(made: Path) -> None:
    ffmpeg(*picture(size="360x288", rate="50", seconds=6), "-vf", "interlace,setsar=16/15", "-r",
           "25", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-g", "12", "-bf", "2", *_AAC,
           "-f", "mpegts", str(made))  # fmt: skip


def _sound(filters: str) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        ffmpeg("-f", "lavfi", "-i", filters, "-t", "9", *_AAC, str(made))

    return make


def _silence(made: Path) -> None:
    ffmpeg(*picture(seconds=5), "-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-shortest",
           *_X264, *_AAC, str(made))  # fmt: skip


def _flashes(made: Path) -> None:
    """A white frame and a beep begin together at 2, 5, 8 ... s, on black and silence."""
    beat = "eq(mod(floor(t*10+0.001),30),20)"
    ffmpeg("-f", "lavfi", "-i", "color=black:size=320x180:rate=30000/1001:duration=24", "-f",
           "lavfi", "-i", f"aevalsrc='0.5*sin(2*PI*1000*t)*{beat}':s=44100:d=24", "-vf",
           f"geq=lum='if({beat.replace('t*10', 'T*10')},235,16)':cb=128:cr=128",
           "-g", "90", "-bf", "2", *_X264, *_AAC, str(made))  # fmt: skip


def _six_channels(made: Path) -> None:
    ffmpeg(*picture(seconds=3), "-f", "lavfi", "-i", "sine=440:d=3,aformat=channel_layouts=5.1",
           *_X264, "-c:a", "ac3", "-f", "mpegts", str(made))  # fmt: skip


def _cover(made: Path) -> None:
    art = made.with_name("art.jpg")
    _jpeg(art)
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=3", "-i", str(art), "-map", "0", "-map", "1", "-c:a",
           "libmp3lame", "-c:v", "copy", "-disposition:v", "attached_pic", str(made))  # fmt: skip


def _many_streams(made: Path) -> None:
    maps = [text for _ in range(40) for text in ("-map", "0:a")]
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=0.3", *maps, "-c:a", "pcm_s16le", str(made))


def _absurdly_long(made: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "color=black:size=64x64:rate=1:duration=3", "-vf",
           "setpts=N*500000/TB", "-fps_mode", "passthrough", *_X264, "-f", "matroska",
           str(made))  # fmt: skip


def _eight_hours(made: Path) -> None:
    # As long as a recording may be, a picture a second.
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=64x36:rate=1:duration={8 * 3600}", *_X264, "-g",
           "60", str(made))  # fmt: skip


def _huge_picture(made: Path) -> None:
    small = made.with_name("small.avi")
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x64:duration=1",
        "-c:v",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        str(small),
    )
    data = bytearray(small.read_bytes())
    header = data.index(b"strf", data.index(b"vids")) + 8
    data[header + 4 : header + 12] = (65_535).to_bytes(4, "little") * 2
    made.write_bytes(data)


def _truncated(made: Path) -> None:
    # The index comes first, so the file opens; its last third is missing.
    whole = made.with_name("whole.mp4")
    _recording("-movflags", "+faststart")(whole)
    made.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])


def _no_index(made: Path) -> None:
    whole = made.with_name("whole.mp4")
    _recording()(whole)
    made.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def _damaged(made: Path) -> None:
    # 4 KB of every 40 are noise: decoders complain, and go on.
    whole = made.with_name("whole.ts")
    _recording("-g", "30", "-f", "mpegts")(whole)
    data = bytearray(whole.read_bytes())
    for at in range(60_000, len(data) - 4096, 40_000):
        data[at : at + 4096] = hashlib.sha256(str(at).encode()).digest() * 128
    made.write_bytes(data)


def _jpeg(made: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1", str(made))


def _noise(made: Path) -> None:
    made.write_bytes(
        b"".join(hashlib.sha256(bytes([i % 251, i // 251])).digest() for i in range(3000))
    )


def _text(text: str) -> Callable[[Path], None]:
    def make(made: Path) -> None:
        made.write_bytes(text.encode())

    return make


_SEGMENT = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:7\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
_RECIPES: dict[str, tuple[str, Callable[[Path], None]]] = {
    # recordings
    "plain": (".mp4", _recording("-g", "100", "-bf", "3", "-preset", "veryfast")),
    "ntsc_open_gop": (".mp4", _recording("-bf", "3", "-g", "70", "-preset", "veryfast",
                                         "-x264-params", "open-gop=1", rate="30000/1001")),
    "film_mkv": (".mkv", _recording("-bf", "2", "-preset", "veryfast", rate="24000/1001")),
    "transport": (".ts", _recording("-bf", "2", "-g", "75", "-preset", "veryfast", "-f", "mpegts",
                                    rate="25", seconds=13)),
    "avi": (".avi", lambda made: ffmpeg(*picture(rate="25"), "-c:v", "mpeg4", "-bf", "2", "-g",
                                        "60", str(made))),
    "fast": (".mp4", _silent_picture(rate="120", seconds=3)),
    "slow": (".mp4", _silent_picture(rate="1/3", seconds=18)),
    "vfr": (".mp4", _vfr),
    "stills": (".mp4", _stills),
    "browser": (".webm", _browser),
    "portrait": (".mp4", _portrait),
    "odd_size": (".mkv", _odd(427, 241)),
    "tiny": (".mkv", _odd(33, 17)),
    "hd": (".mp4", _recording("-g", "100", "-preset", "veryfast", size="1280x720", seconds=9)),
    "hdr": (".mp4", _hdr),
    "interlaced": (".ts", _interlaced),
    "one_frame": (".mp4", lambda made: ffmpeg(*picture(), "-frames:v", "1", *_X264, str(made))),
    "ten_bit": (".mkv", _silent_picture("-pix_fmt", "yuv420p10le", "-bf", "2", seconds=6)),
    "mono": (".mp4", _recording("-ac", "1", seconds=6)),
    "two_tracks": (".mkv", lambda made: ffmpeg(*picture(seconds=3), *_TONE, "-shortest", "-map",
                                               "0:v", "-map", "0:v", "-map", "1:a", "-map", "1:a",
                                               *_X264, *_AAC, str(made))),
    "edit_list": (".mp4", _edit_list),
    "late_picture": (".mkv", _late_picture),
    "late_sound": (".mkv", _late_sound),
    "no_audio": (".mp4", _silent_picture(seconds=3)),
    "silence": (".mp4", _silence),
    "six_channels": (".ts", _six_channels),
    "flashes": (".mp4", _flashes),
    "audio_only": (".m4a", _sound("sine=frequency=300:sample_rate=44100,volume=0.1")),
    "audio_loud": (".wav", lambda made: ffmpeg("-f", "lavfi", "-i",
                                               "anoisesrc=d=6:c=pink:a=0.9:r=48000:seed=1",
                                               str(made))),
    "audio_clipped": (".wav", lambda made: ffmpeg("-f", "lavfi", "-i",
                                                  "sine=frequency=300:d=4,volume=40dB",
                                                  str(made))),
    "cover_art": (".mp3", _cover),
    "damaged": (".ts", _damaged),
    # of no use
    "empty": (".mp4", _text("")),
    "noise": (".mp4", _noise),
    "html": (".mp4", _text("<!doctype html><html><body>Sign in to download</body></html>")),
    "jpeg": (".jpg", _jpeg),
    "no_index": (".mp4", _no_index),
    "truncated": (".mp4", _truncated),
    "many_streams": (".mkv", _many_streams),
    "huge_picture": (".avi", _huge_picture),
    "absurdly_long": (".mkv", _absurdly_long),
    "eight_hours": (".mp4", _eight_hours),
    "playlist_http": (".mp4", _text(_SEGMENT.format("http://169.254.169.254/latest/x.ts"))),
    "playlist_file": (".mp4", _text(_SEGMENT.format("file:///etc/passwd"))),
    "concat": (".mp4", _text("ffconcat version 1.0\nfile /etc/passwd\n")),
    "dash": (".mp4", _text('<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>')),
    "sdp": (".mp4", _text("v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n")),
}  # fmt: skip
