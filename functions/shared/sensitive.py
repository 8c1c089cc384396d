"""What of a record may not leave with events nor stand in the audit log.

Whoever writes a record knows which of its custom fields are sensitive, and marks them on the item
itself (`_sensitive`, their names): who reads the stream asks nobody.
"""

from collections.abc import Mapping
from typing import Any

Image = Mapping[str, Any]


def without_sensitive(one: Image, other: Image) -> tuple[Image, Image]:
    """Return two images of a record without the custom values that are marked in either of them:
    what has become sensitive does not leave as the value before."""
    hidden = {*one.get("_sensitive", ()), *other.get("_sensitive", ())}
    return (_without(one, hidden), _without(other, hidden)) if hidden else (one, other)


def _without(image: Image, hidden: set[str]) -> Image:
    if "custom" not in image:
        return image
    shown = {name: value for name, value in image["custom"].items() if name not in hidden}
    return {**image, "custom": shown}
