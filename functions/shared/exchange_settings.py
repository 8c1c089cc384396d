"""What every HTTP function reads from its environment besides its own tables."""

from functions.shared.settings import Settings


class WebSettings(Settings):
    """The platform table holds idempotency replies; the secret signs cursors; pages of these
    origins (with a space between) may call the API."""

    platform_table: str
    signing_secret: str
    cors_origins: str = ""
