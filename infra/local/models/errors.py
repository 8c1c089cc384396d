"""What the model server refuses, in the shape OpenAI's clients expect of an error."""

from __future__ import annotations

from typing import Any


class RefusalError(Exception):
    """A request this server understands well enough to say why it cannot be served.

    `status` is the HTTP status, `code` a stable word for programs, `message` a sentence.
    """

    def __init__(
        self, message: str, *, code: str, status: int = 400, param: str | None = None
    ) -> None:
        """`param` names the request field at fault, if one is."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.param = param

    def body(self) -> dict[str, Any]:
        """The JSON body: `{"error": {message, type, param, code}}`."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {
            "error": {
                "message": self.message,
                "type": kind,
                "param": self.param,
                "code": self.code,
            }
        }
