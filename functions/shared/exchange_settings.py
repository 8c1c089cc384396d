"""What every HTTP function reads from its environment besides its own tables."""

from functions.shared.settings import Settings


class WebSettings(Settings):
    """The platform table holds idempotency replies; the secret signs cursors."""

    platform_table: str
    signing_secret: str
