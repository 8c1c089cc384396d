"""OAuth2 clients: programs that sign in with an id and a secret of their own."""

from typing import ClassVar

from functions.shared.record import Record


class MachineClient(Record):
    """A program's account. Its secret is Cognito's, shown once and kept by nobody here."""

    PREFIX: ClassVar[str] = "cli"
    OBJECT: ClassVar[str] = "client"

    name: str
    role: str
    scopes: list[str] | None = None  # None: all that the role allows
    client_id: str  # what it signs in with

    def view(self, secret: str | None = None) -> str:
        """Return the client as JSON, with its secret only right after it was made."""
        shown = self.model_dump_json()
        if secret is None:
            return shown
        return shown[:-1] + f',"client_secret":"{secret}"}}'
