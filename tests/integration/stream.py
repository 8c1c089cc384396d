"""A table's stream, read off the table: what has changed since the last time."""

from typing import Any

from functions.shared import aws


class Stream:
    """A table's stream: what has changed since it was read last, as the Lambda gets it."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._seen: dict[tuple[str, str], dict[str, Any]] = {}

    def records(self) -> list[dict[str, Any]]:
        items = {
            (each["pk"]["S"], each["sk"]["S"]): each
            for each in aws.client("dynamodb").scan(TableName=self._table)["Items"]
        }
        found = []
        for key, new in items.items():
            old = self._seen.get(key)
            if new != old:
                images = {"NewImage": new} | ({"OldImage": old} if old else {})
                found.append({"eventSource": "aws:dynamodb", "dynamodb": images})
        self._seen = items
        return found
