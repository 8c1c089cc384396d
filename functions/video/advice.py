"""What somebody can do about a reason: typed, so that a program can offer it as a button."""

from collections.abc import Mapping
from typing import Literal

Advice = Literal[
    "upload_again",  # the same file: what arrived is not what was sent, or has been lost
    "use_another_file",  # this one will not do, however often it comes
    "check_the_address",  # of a file that was to be fetched
    "change_engine",  # of the video, and run again from `inspect`
    "run_again",  # it may well work another time
    "ask_the_operator",  # of this installation: a limit, a budget or a setting of theirs
]

# Reasons that are no failure (a recording without sound has no transcript) have no advice.
_NONE = frozenset({"no_audio", "no_speech", "no_still", "no_transcript", "no_video", "reused"})

_ADVICE: Mapping[Advice, str] = {
    "upload_again": "empty retention_over size_mismatch source_missing truncated upload_expired",
    "use_another_file": "dimensions_too_large no_streams not_media playlist_in_disguise too_costly "
    "too_long too_many_streams unreadable unsupported_codec unsupported_container "
    "audio_too_large model_refused model_too_large speech_refused speech_too_large "
    "transcription_failed",
    "check_the_address": "source_changed source_empty source_forbidden source_not_found "
    "source_not_public source_too_large source_too_slow source_unavailable source_without_ranges",
    "change_engine": "conversion_failed",
    "run_again": "internal timeout conversion_cancelled run_cancelled audio_missing "
    "transcript_missing model_malformed "
    "model_reply_unusable model_throttled model_timeout model_unavailable speech_malformed "
    "speech_throttled speech_timeout speech_unavailable",
    "ask_the_operator": "quota_exceeded model_misconfigured model_over_budget "
    "speech_misconfigured speech_over_budget",
}
_OF: Mapping[str, Advice] = {
    code: advice for advice, codes in _ADVICE.items() for code in codes.split()
}
CODES = _OF.keys() | _NONE


def advice_on(code: str) -> Advice | None:
    """Return what to do about a reason's code; None where there is nothing to be done, or for a
    code of a provider's own."""
    return _OF.get(code)
