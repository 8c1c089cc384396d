"""Where a video's objects are: pure functions from ids to S3 keys.

uploads bucket: `{workspace}/{video}/source`, and `{workspace}/{video}/{number}/source` of the files
that take its place: no key begins with another. media bucket: `{workspace}/{video}/{run}/...`.
"""

from functions.shared.ids import is_id

FIRST = 1  # the number of a video's first file


def source(workspace: str, video: str, number: int = FIRST) -> str:
    """Return the key of one of a video's files as it was sent, in the uploads bucket."""
    return (
        f"{workspace}/{video}/source" if number == FIRST else f"{workspace}/{video}/{number}/source"
    )


def source_of(key: str) -> tuple[str, str, int] | None:
    """Return (workspace, video, number of the file) of a source's key, None when it is not one."""
    match key.split("/"):
        case [workspace, video, "source"] if workspace and is_id(video, "vid"):
            return workspace, video, FIRST
        case [workspace, video, number, "source"] if workspace and is_id(video, "vid"):
            later = int(number) if number.isascii() and number.isdigit() else FIRST
            if later > FIRST and source(workspace, video, later) == key:
                return workspace, video, later
    return None


def video_prefix(workspace: str, video: str) -> str:
    """Return the prefix of everything of one video, in either bucket."""
    return f"{workspace}/{video}/"


def run_prefix(workspace: str, video: str, run: int) -> str:
    """Return the prefix of everything one run makes, in the media bucket."""
    return f"{workspace}/{video}/{run}/"


INSPECTION = "inspection.json"
PLAN = "plan.json"
MANIFEST = "manifest.json"
AUDIO = "audio.json"
POSTER = "poster.jpg"
MP4 = "video.mp4"
M4A = "audio.m4a"
STORYBOARD = "storyboard.jpg"
WAVEFORM = "waveform.json"
SPEECH = "speech.flac"
TRANSCRIPT = "transcript.json"
CAPTIONS = "captions.vtt"
ANALYSIS = "analysis.json"
AUDIO_FOLDER = "a"
CONVERTED = "mediaconvert/"  # what MediaConvert writes, until it is taken in
CONVERTED_NAME = "video"  # of its files, before the rung's name and the segment's number


def video_folder(rung: str) -> str:
    """Return the folder of one rung's segments, below the run's prefix."""
    return f"v/{rung}"


def quality(chunk: int) -> str:
    """Return the name of what was measured of one sampled chunk."""
    return f"quality/{chunk:05d}.json"


def captions_name(language: str) -> str:
    """Return the name under which a link has the captions of a language, without its ending."""
    return f"captions-{language}"


def captions_file(name: str) -> str:
    """Return where a caption track's own file is, below the video's prefix."""
    return f"captions/{name}"


def init(folder: str) -> str:
    """Return the name of a rendition's initialisation segment."""
    return f"{folder}/init.mp4"


def segment(folder: str, index: int) -> str:
    """Return the name of a rendition's media segment."""
    return f"{folder}/{index:05d}.m4s"


def converted(key: str) -> tuple[str, int | None] | None:
    """Return the rung and the segment's number (None: its header) of a file that MediaConvert
    writes, `video_720pinit.cmfv` and `video_720p_000000001.cmfv`; None of any other."""
    name, dot, kind = key.removeprefix(CONVERTED).rpartition(".")
    if not dot or kind not in ("cmfv", "mp4") or not name.startswith(f"{CONVERTED_NAME}_"):
        return None
    rung, underscore, number = name.removeprefix(f"{CONVERTED_NAME}_").partition("_")
    if underscore and number.isascii() and number.isdigit():
        return rung, int(number)
    return (rung.removesuffix("init"), None) if rung.endswith("init") and not number else None
