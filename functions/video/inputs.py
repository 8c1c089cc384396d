"""How FFmpeg is given an input: the options that fence it in, and a URL it cannot mistake."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

# Containers of recordings. No playlists (hls, dash, concat, sdp), no images, no scripts: that
# list, not a guess at the content, is what keeps an upload from opening other files or hosts.
FORMATS = "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,w64,flac,aac"
CODECS = (
    "h264,hevc,av1,libdav1d,vp8,vp9,libvpx,libvpx-vp9,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,"
    "mpeg1video,mpeg2video,mpegvideo,h263,h263i,flv,theora,prores,dnxhd,mjpeg,vc1,wmv1,wmv2,"
    "wmv3,ffv1,rawvideo,dvvideo,utvideo,huffyuv,ffvhuff,qtrle,cinepak,svq1,svq3,cfhd,vvc,"
    "aac,aac_latm,mp1,mp2,mp3,mp1float,mp2float,mp3float,ac3,eac3,dca,opus,libopus,vorbis,"
    "libvorbis,flac,alac,wmav1,wmav2,wmapro,wmavoice,amrnb,amrwb,adpcm_ms,adpcm_ima_wav,"
    "adpcm_ima_qt,gsm,gsm_ms,speex,nellymoser,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,"
    "pcm_f64le,pcm_f64be,pcm_u8,pcm_s8,pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd"
)
MAX_STREAMS = 32
MAX_SIDE = 8192
MAX_PIXELS = 8192 * 4320
_AHEAD = 4 << 20  # bytes: read on rather than ask again, a request costs as much as some MB
_REQUEST = 16 << 20  # bytes: no single request asks for "the rest of 5 TB"


@dataclass(frozen=True, slots=True)
class MediaInput:
    """A presigned http(s) URL or an absolute local path, with the CA bundle https needs."""

    url: str
    ca_file: Path | None = None

    @classmethod
    def of_file(cls, path: Path) -> "MediaInput":
        """Return the input for a local file."""
        return cls("file:" + str(path.resolve()))

    def arguments(
        self,
        *,
        seek: Fraction | None = None,
        before: Sequence[str] = (),
    ) -> list[str]:
        """Return the options and `-i`; `seek` is an absolute source time in seconds.

        Timestamps are the source's own (`-copyts`), and a seek ends at the keyframe before its
        target and keeps what follows it: the filters choose frames, by time, nothing else does.
        """
        target = [] if seek is None else ["-noaccurate_seek", "-seek_timestamp", "1",
                                          "-ss", f"{float(seek):.6f}"]  # fmt: skip
        return [
            "-copyts",
            *target,
            "-protocol_whitelist", self._protocols,
            "-format_whitelist", FORMATS,
            "-codec_whitelist", CODECS,
            "-max_streams", str(2 * MAX_STREAMS),
            "-max_pixels", str(MAX_PIXELS),
            *self._network,
            *before,
            "-i", self.url,
        ]  # fmt: skip

    @property
    def _scheme(self) -> str:
        return urlsplit(self.url).scheme

    @property
    def _protocols(self) -> str:
        return {"https": "https,tls,tcp", "http": "http,tcp", "file": "file"}[self._scheme]

    @property
    def _network(self) -> list[str]:
        if self._scheme == "file":
            return []
        trust = ["-ca_file", str(self.ca_file)] if self.ca_file and self._scheme == "https" else []
        return [
            *trust,
            "-seekable", "1",
            "-multiple_requests", "1",
            "-request_size", str(_REQUEST),
            "-short_seek_size", str(_AHEAD),
            "-max_redirects", "0",
            "-rw_timeout", "20000000",
            "-reconnect", "1",
            "-reconnect_on_network_error", "1",
            "-reconnect_on_http_error", "5xx",
            "-reconnect_max_retries", "3",
            "-reconnect_delay_max", "2",
        ]  # fmt: skip
