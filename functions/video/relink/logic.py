"""What an event of the CRM means for the links of videos."""

from collections.abc import Mapping
from typing import Any, Protocol

from functions.video.links import MergeNews


class Links(Protocol):
    """The links of a workspace's videos. Raises UnavailableError when it is to be asked again."""

    def move(self, news: MergeNews) -> None: ...
    def move_back(self, news: MergeNews) -> None: ...
    def drop(self, record_id: str) -> None: ...


def follow(event: Mapping[str, Any], links: Links) -> None:
    """Do what an event (the bus's `detail`) asks for."""
    match event["type"].split("."):
        case ["merge", "started"]:
            links.move(MergeNews.model_validate(event["data"]))
        case ["merge", "undo_started"]:
            links.move_back(MergeNews.model_validate(event["data"]))
        case [_, "purged" | "expired"]:
            links.drop(event["subject"]["id"])


def source_of(event: Mapping[str, Any]) -> str:
    """Return how the changes that follow from an event come about, as events say: `merge`, or as
    the record's end did."""
    return "merge" if event["subject"]["type"] == "merge" else str(event["source"])
