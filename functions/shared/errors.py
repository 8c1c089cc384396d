"""The one tree of refusals; adapters raise them `from` the SDK's errors, `web` renders them.

ReelateError
├── MalformedError 400            ├── TooLargeError 413
├── UnauthenticatedError 401      ├── UnsupportedMediaTypeError 415
├── ForbiddenError 403            ├── InvalidError 422
├── NotFoundError 404             ├── PreconditionRequiredError 428
├── MethodNotAllowedError 405     ├── RateLimitedError 429
├── ConflictError 409             └── UnavailableError 503
└── PreconditionFailedError 412
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One fault in a request body: a JSON pointer (RFC 6901), a stable code and a sentence."""

    pointer: str
    code: str
    message: str


class ReelateError(Exception):
    """A refusal that a caller may see: `detail` is for people, `code` for programs."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldProblem] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.slug.replace("-", "_")
        self.errors = tuple(errors)
        self.retry_after = retry_after  # seconds


class MalformedError(ReelateError):
    """The request cannot be read at all: broken JSON, a bad cursor, a bad header."""

    status, slug, title = 400, "malformed", "Malformed request"


class UnauthenticatedError(ReelateError):
    """No usable credential came with the request."""

    status, slug, title = 401, "unauthenticated", "Authentication required"


class ForbiddenError(ReelateError):
    """The credential is good but lacks the scope."""

    status, slug, title = 403, "forbidden", "Not allowed"


class NotFoundError(ReelateError):
    """The record does not exist, or belongs to another workspace: the reply is the same."""

    status, slug, title = 404, "not-found", "Not found"


class MethodNotAllowedError(ReelateError):
    """The path exists, but not with this method."""

    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class ConflictError(ReelateError):
    """The record's present state, or another record, stands against the request."""

    status, slug, title = 409, "conflict", "Conflict"


class PossibleDuplicateError(ConflictError):
    """What is to be made may be there already; `duplicates` are the records that it may be."""

    def __init__(
        self,
        detail: str,
        *,
        duplicates: Sequence[Mapping[str, Any]],
        errors: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(detail, code="possible_duplicate", errors=errors)
        self.duplicates = tuple(duplicates)


class PreconditionFailedError(ReelateError):
    """`If-Match` named a version that is no longer the current one."""

    status, slug, title = 412, "precondition-failed", "Precondition failed"


class TooLargeError(ReelateError):
    """The body, or a part of it, is larger than the API takes."""

    status, slug, title = 413, "too-large", "Too large"


class UnsupportedMediaTypeError(ReelateError):
    """The body is not JSON."""

    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class InvalidError(ReelateError):
    """The request reads well but means nothing valid: unknown field, wrong value."""

    status, slug, title = 422, "invalid", "Invalid request"


class PreconditionRequiredError(ReelateError):
    """The operation wants `If-Match`."""

    status, slug, title = 428, "precondition-required", "Precondition required"


class RateLimitedError(ReelateError):
    """Too many requests, or a quota is used up; `policies` are the names of what was exceeded."""

    status, slug, title = 429, "quota-exceeded", "Too many requests"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        retry_after: int | None = None,
        policies: Sequence[str] = (),
    ) -> None:
        super().__init__(detail, code=code, retry_after=retry_after)
        self.policies = tuple(policies)


class UnavailableError(ReelateError):
    """A dependency did not answer in time; the same request may be sent again."""

    status, slug, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str, *, code: str | None = None, retry_after: int = 1) -> None:
        super().__init__(detail, code=code, retry_after=retry_after)


PROBLEMS: tuple[type[ReelateError], ...] = (
    MalformedError,
    UnauthenticatedError,
    ForbiddenError,
    NotFoundError,
    MethodNotAllowedError,
    ConflictError,
    PreconditionFailedError,
    TooLargeError,
    UnsupportedMediaTypeError,
    InvalidError,
    PreconditionRequiredError,
    RateLimitedError,
    UnavailableError,
)


def problem(error: ReelateError, path: str, request_id: str) -> dict[str, Any]:
    """Return a refusal as RFC 9457 problem details."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": path,
        "code": error.code,
        "request_id": request_id,
    }
    if error.errors:
        body["errors"] = [
            {"pointer": each.pointer, "code": each.code, "message": each.message}
            for each in error.errors
        ]
    if isinstance(error, PossibleDuplicateError):
        body["duplicates"] = list(error.duplicates)
    if isinstance(error, RateLimitedError) and error.policies:
        body["violated-policies"] = list(error.policies)
    return body
