"""The caption tracks of a video: one for each language, its own or the automatic one.

The automatic track is that of the video's transcript. As soon as somebody changes it, or sends a
track of its language, that one is shown in its place, and no later run touches it; `revert` brings
the automatic one back. Tracks that people have made stay when the video's file is replaced, marked
as outdated until their cues are written anew: the new file may hold the same talk. Tracks are what
viewers read. What was said, and what every statement about it is held against, is the transcript,
which no track changes.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from functions.shared.errors import ConflictError, NotFoundError
from functions.video import keys
from functions.video.caption_track import CaptionKind, CaptionSource, CaptionTrack
from functions.video.model import Video

MAX_TRACKS = 20
# BCP 47: language, script, region, variants.
_TAG = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
)


def canonical(language: str) -> str:
    """Return a language's tag as it is usually written, `zh-Hant-TW`; raises ValueError."""
    if len(language) > 35 or _TAG.fullmatch(language) is None:
        raise ValueError("must be a language as BCP 47 writes it, such as en or pt-BR")
    first, *others = language.split("-")
    return "-".join([first.lower(), *map(_subtag, others)])


def _subtag(text: str) -> str:
    if len(text) == 4 and text.isalpha():
        return text.title()
    return text.upper() if len(text) == 2 else text.lower()


def _label(text: str) -> str:
    # it stands in quotes in playlists, which know no escapes
    if '"' in text or any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text):
        raise ValueError("must not contain quotation marks or control characters")
    if not text.strip():
        raise ValueError("must not be blank")
    return text.strip()


Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(canonical)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_label)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A track as players see it; `key` is that of its file, below the video's prefix."""

    language: str
    label: str
    kind: CaptionKind
    default: bool
    source: CaptionSource
    cues: int
    key: str
    etag: str
    updated_at: str | None = None
    outdated: bool = False  # its cues were written for a file that has been replaced since


def tracks(video: Video) -> list[Shown]:
    """Return a video's tracks, the default one first, then by language."""
    shown = [_shown(each, video.source_number) for each in video.captions if not each.removed]
    found = _automatic(video)
    if found is not None and all(each.language != found.language for each in video.captions):
        taken = {each.label.casefold() for each in shown}
        plainly = found.label if found.label.casefold() not in taken else f"{found.label}, spoken"
        shown.append(replace(found, label=plainly))
    return sorted(shown, key=lambda each: (not each.default, each.language))


def track_of(video: Video, language: str) -> Shown:
    """Return the track of a language; raises NotFoundError."""
    for each in tracks(video):
        if each.language == language:
            return each
    raise NotFoundError("The video has no captions in this language.", code="no_captions")


def own(video: Video, language: str) -> CaptionTrack | None:
    """Return what somebody has made of a language's track."""
    return next((each for each in video.captions if each.language == language), None)


def put(video: Video, track: CaptionTrack) -> Video:
    """Return the video with a track in its language's place; if it is the default one, no other
    is. Raises ConflictError when there are too many, or its label is another's."""
    others = [each for each in video.captions if each.language != track.language]
    if len(others) >= MAX_TRACKS:
        raise ConflictError(
            f"A video has captions in at most {MAX_TRACKS} languages.", code="too_many_tracks"
        )
    taken = {each.label.casefold() for each in others if not each.removed}
    if track.label.casefold() in taken:
        raise ConflictError("Another track of the video has this label.", code="label_taken")
    if track.default:
        plainly = {"default": False, "version": track.version}
        others = [each.model_copy(update=plainly) if each.default else each for each in others]
    return _with(video, [*others, track])


def remove(video: Video, language: str, at: str) -> Video:
    """Return the video without a language's track; of an automatic one it is kept that it is not
    wanted. Raises NotFoundError."""
    track_of(video, language)
    kept = [each for each in video.captions if each.language != language]
    found = _automatic(video)
    if found is not None and found.language == language:
        version = video.version + 1
        kept.append(
            CaptionTrack(language=language, label="", version=version, updated_at=at, removed=True)
        )
    return _with(video, kept)


def revert(video: Video, language: str) -> Video:
    """Return the video with the automatic track of a language in place again; itself when it is.
    Raises NotFoundError when there is no track, ConflictError when there is no automatic one."""
    found = _automatic(video)
    if found is None or found.language != language:
        track_of(video, language)
        raise ConflictError(
            "There is no automatic track of this language.", code="no_automatic_track"
        )
    if own(video, language) is None:
        return video
    return _with(video, [each for each in video.captions if each.language != language])


def _with(video: Video, captions: list[CaptionTrack]) -> Video:
    return video.changed(captions=tuple(sorted(captions, key=lambda each: each.language)))


def _automatic(video: Video) -> Shown | None:
    """Return the track of the transcript, None when there is none: nobody speaks, it is not
    transcribed yet, or was before transcripts had captions."""
    made = video.artefacts.transcript
    summary = made.summary or {}
    if made.state != "ready" or made.run is None or not summary.get("captions"):
        return None
    try:  # as the recogniser wrote it, into a line that others read
        language = canonical(str(summary.get("language") or "und"))
    except ValueError:
        language = "und"
    return Shown(
        language=language,
        label=f"Captions ({language})",
        kind="captions",
        default=False,
        source="automatic",
        cues=int(summary["captions"]),
        key=f"{made.run}/{keys.CAPTIONS}",
        etag=f'"0.{made.run}"',
    )


def _shown(track: CaptionTrack, source_number: int) -> Shown:
    return Shown(
        language=track.language,
        label=track.label,
        kind=track.kind,
        default=track.default,
        source=track.source,
        cues=track.cues,
        key=keys.captions_file(track.name),
        etag=f'"{track.version}"',
        updated_at=track.updated_at,
        outdated=track.source_number != source_number,
    )
