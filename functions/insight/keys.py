"""Where the insight context keeps things in the media bucket: every key starts with its tenant."""


def run_prefix(workspace: str, video: str, run: int) -> str:
    """The folder of one run of one video."""
    return f"{workspace}/{video}/{run}/"


def transcript_key(workspace: str, video: str, run: int) -> str:
    """The transcript of one run."""
    return run_prefix(workspace, video, run) + "transcript.json"


def captions_key(workspace: str, video: str, run: int) -> str:
    """The captions (WebVTT) of one run's transcript."""
    return run_prefix(workspace, video, run) + "captions.vtt"


def analysis_key(workspace: str, video: str, run: int) -> str:
    """The analysis of one run."""
    return run_prefix(workspace, video, run) + "analysis.json"


def recogniser_key(workspace: str, video: str, run: int) -> str:
    """What the speech service itself writes, before it becomes a transcript."""
    return run_prefix(workspace, video, run) + "recogniser.json"


def belongs(key: str, workspace: str, video: str) -> bool:
    """Whether a key that came from outside lies among this video's own files."""
    return key.startswith(f"{workspace}/{video}/") and ".." not in key.split("/")
