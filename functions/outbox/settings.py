"""What each function of this context reads from its environment."""

from functions.shared.settings import Settings


class PublishSettings(Settings):
    event_bus: str
