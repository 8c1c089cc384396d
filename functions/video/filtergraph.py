"""FFmpeg filter graphs: which source frames a chunk shows, and how they become each rung.

`fps` gives every slot the last frame whose rounded time is not later, whatever came before: so a
chunk that starts to decode at any earlier keyframe selects the very frames a whole-file run does.
"""

from fractions import Fraction

from functions.video.media import AudioPlan, ChunkPlan, Rung, VideoPlan, VideoTrack

DEINTERLACE = "bwdif=mode=send_frame:deint=interlaced"
_HDR_INPUT = {"pq": "smpte2084", "hlg": "arib-std-b67"}


def selection(video: VideoPlan, chunk: ChunkPlan, *, patch: bool = False) -> str:
    """Return the filters that turn decoded frames into exactly frames [first, end).

    Output timestamps are frame numbers in units of one frame. With `patch`, holes at the chunk's
    start or end (a damaged source) are filled with the nearest frame instead of being missed.
    """
    timing = video.timing
    count = chunk.end - chunk.first
    lead = timing.lead
    start = chunk.first - lead
    steps = [f"setpts=PTS-{timing.first_tick}"]
    if video.track.interlaced:
        steps.append(DEINTERLACE)
    steps.append(f"fps={timing.rate.numerator}/{timing.rate.denominator}")
    padding = []
    if start < 0:
        # The picture starts later than the sound: its first frame is shown until then.
        padding.append(f"start={-start}:start_mode=clone")
        start, lead = 0, chunk.first
    elif patch:
        steps[-1] += f":start_time={float(Fraction(start) / timing.rate):.9f}"
    if patch or chunk.end == timing.frames:
        # The plan, not the last frame's stated duration, says where the end is.
        padding.append("stop=-1:stop_mode=clone")
    if padding:
        steps.append(f"tpad={':'.join(padding)}")
    steps.append(f"trim=start_pts={start}:end_pts={start + count}")
    steps.append(f"setpts=PTS+{lead}")
    return ",".join(steps)


def rendering(video: VideoPlan, rungs: tuple[Rung, ...]) -> list[str]:
    """Return the graph's further chains, from `[picked]` to one `[<rung name>]` each."""
    head = f"[picked]{tone_map(video.track, rungs[0])}"
    if len(rungs) == 1:
        return [f"{head}{fitted(rungs[0])}[{rungs[0].name}]"]
    copies = "".join(f"[to{rung.name}]" for rung in rungs)
    chains = [f"{head}split={len(rungs)}{copies}"]
    return chains + [f"[to{rung.name}]{fitted(rung)}[{rung.name}]" for rung in rungs]


def fitted(rung: Rung) -> str:
    """Return the filters that bring a picture to a rung's size and pixel format."""
    return f"scale={rung.width}:{rung.height}:flags=bicubic:out_range=tv,format=yuv420p,setsar=1"


def tone_map(track: VideoTrack, top: Rung) -> str:
    """Return filters (with a closing comma) from HDR to BT.709, once for all rungs."""
    if track.hdr is None:
        return ""
    transfer = _HDR_INPUT[track.hdr]
    # The top rung's size first: tone mapping works in 32-bit floats, per pixel.
    return (
        f"zscale=w={top.width}:h={top.height}:tin={transfer}:pin=bt2020:min=bt2020nc:"
        "t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,"
        "zscale=t=bt709:m=bt709:r=tv,format=yuv420p,"
    )


def still(video: VideoPlan, rung: Rung) -> str:
    """Return the filters that make one picture of a rung's size, in JPEG's full range."""
    scale = f"scale={rung.width}:{rung.height}:flags=bicubic:out_range=pc,format=yuvj420p,setsar=1"
    return f"{tone_map(video.track, rung)}{scale}"


def sound(audio: AudioPlan, *, rate: int) -> str:
    """Return the filters that put the sound on the output timeline: sample 0 is time 0.

    What lies before is cut, what is missing (at the start, or in a gap) becomes silence, so
    sound and picture stay together however uneven the source's timestamps are.
    """
    layout = "mono" if audio.channels == 1 else "stereo"
    shift = round(audio.origin * audio.track.sample_rate)
    return (
        f"asetpts=PTS-{shift},aresample={rate}:async=1:min_hard_comp=0.05:first_pts=0,"
        f"aformat=channel_layouts={layout}"
    )
