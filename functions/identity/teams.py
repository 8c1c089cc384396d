"""Teams: who shares sight of records with whom."""

from typing import ClassVar

from functions.shared.record import Record


class Team(Record):
    """A group of members. Members name their teams; a record may belong to one."""

    PREFIX: ClassVar[str] = "tea"
    OBJECT: ClassVar[str] = "team"

    name: str
    description: str = ""
