"""What each function of this context reads from its environment."""

from functions.shared.settings import Settings


class ServeSettings(Settings):
    """Nothing but the stage: all it serves lies in its zip and its layer."""
