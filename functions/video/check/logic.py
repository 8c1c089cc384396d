"""Which of some videos may a caller act on? The video context's synchronous door for others."""

from functions.shared import check
from functions.video.model import Video

_KINDS = {Video.OBJECT: check.Kind(Video.PREFIX, "videos")}


def answer(question: check.Question, look: check.Look) -> check.Answer:
    """Answer a question about videos."""
    return check.answer(question, _KINDS, look)
