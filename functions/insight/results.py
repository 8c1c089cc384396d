"""One artefact of one run: begun, finished, skipped or failed, and reused where it is there.

A repeated call finds its own run's result. A later run with the same input (recording or
transcript, prompt, models) takes over the earlier document instead of paying for it again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from functions.insight.model import Reason, Usage
from functions.insight.ports import Artefact, DocumentStore, Result, ResultLog, State
from functions.shared.clock import iso
from functions.shared.errors import NotFoundError

MAX_DOCUMENT_BYTES = 128 * 1024 * 1024


def digest(*parts: str | bytes) -> str:
    """A hash that stands for all parts and where each ends."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one run's artefact is worked on; `now` is the time of this invocation."""

    artefact: Artefact
    video: str
    run: int
    key: str
    documents: DocumentStore
    log: ResultLog
    now: datetime
    source: int = 1  # number of the video's file

    def reusable(self, input_hash: str) -> Result | None:
        """The result of this run, or of the video's latest run, for the same input."""
        own = self.log.of_run(self.video, self.artefact, self.run)
        if self._usable(own, input_hash):
            return own
        return self.taken_over(self.video, input_hash, input_hash)

    def taken_over(self, video: str, their_hash: str, input_hash: str) -> Result | None:
        """A video's latest result, if it is of this input, as this run's own: its document is
        copied under this run's key and costs nothing again."""
        latest = self.log.latest(video, self.artefact)
        if latest is None or latest.key is None or not self._usable(latest, their_hash):
            return None
        raw = self.documents.read(latest.key, limit=MAX_DOCUMENT_BYTES)
        if raw is None:
            return None
        document = json.loads(raw)
        return self.finish(
            {**document, "usage": Usage(calls=0).model_dump()}, input_hash, latest.summary, Usage()
        )

    def document(self) -> Any:
        """Return the document under this run's key; raises NotFoundError when there is none."""
        raw = self.documents.read(self.key, limit=MAX_DOCUMENT_BYTES)
        if raw is None:
            raise NotFoundError(f"There is no {self.artefact} of this run.")
        return json.loads(raw)

    def leave_replaced_files(self, *, first: bool) -> None:
        """Forget, at a step's first attempt, what was made of files that this one has replaced:
        it is no evidence for it."""
        if first and self.source > 1:
            self.log.forget_before(self.video, self.source)

    def begin(self) -> None:
        """Say that work is under way, now, so that a reader is told to come back. A step that is
        asked again says so again: when it says nothing for long, it has died."""
        self._record("processing")

    def finish(
        self,
        document: Mapping[str, Any],
        input_hash: str,
        summary: Mapping[str, Any],
        usage: Usage,
    ) -> Result:
        """Store the document, then record it: a crash between the two leaves no false promise."""
        head = {
            "object": self.artefact,
            "video_id": self.video,
            "run": self.run,
            "created_at": iso(self.now),
        }
        raw = json.dumps({**document, **head}, ensure_ascii=False, separators=(",", ":")).encode()
        self.documents.write(self.key, raw)
        return self._record(
            "ready",
            key=self.key,
            input_hash=input_hash,
            size=len(raw),
            etag=hashlib.sha256(raw).hexdigest()[:32],
            summary=summary,
            usage=usage,
        )

    def skip(self, reason: Reason, usage: Usage | None = None) -> dict[str, Any]:
        """Record and return the outcome that there is nothing to do."""
        return self._none("skipped", reason, usage or Usage())

    def fail(self, reason: Reason, usage: Usage | None = None) -> dict[str, Any]:
        """Record and return the outcome that the artefact could not be made."""
        return self._none("failed", reason, usage or Usage())

    def _none(
        self, state: Literal["skipped", "failed"], reason: Reason, usage: Usage
    ) -> dict[str, Any]:
        self._record(state, reason=reason, usage=usage)
        return {"outcome": state, "reason": reason.model_dump(), "usage": usage.model_dump()}

    def _usable(self, result: Result | None, input_hash: str) -> bool:
        return (
            result is not None
            and result.state == "ready"
            and result.input_hash == input_hash
            and result.key is not None
            and self.documents.head(result.key) is not None
        )

    def _record(self, state: State, **fields: Any) -> Result:
        result = Result(
            artefact=self.artefact,
            video=self.video,
            run=self.run,
            state=state,
            source=self.source,
            updated_at=iso(self.now),
            **fields,
        )
        self.log.record(result)
        return result
