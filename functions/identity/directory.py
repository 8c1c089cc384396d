"""The accounts behind members and clients, as identity's use cases need them."""

from typing import Protocol


class Directory(Protocol):
    """A user pool. Every method raises UnavailableError when it cannot be reached."""

    def ensure_account(self, email: str, name: str) -> str:
        """Make an account for an address, unless there is one; return its `sub`. A new one is
        sent a temporary password. Raises InvalidError for an address that cannot be written to."""

    def verified_email(self, subject: str) -> str | None:
        """Return an account's address if it is verified, None otherwise."""

    def create_client(self, name: str) -> tuple[str, str]:
        """Make an app client for client credentials; return its id and secret."""

    def delete_client(self, client_id: str) -> None:
        """Delete an app client; one that is not there is as good."""
