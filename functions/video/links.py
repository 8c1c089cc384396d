"""What becomes of a video's links when the records that they name merge, part again, or go."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from functions.video.model import Link, Video


class MergeNews(BaseModel):
    """What is read of a merge's event: who became part of whom."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    winner_id: str
    loser_ids: tuple[str, ...]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset((self.winner_id, *self.loser_ids))


def linked_to_winner(video: Video, news: MergeNews) -> Video:
    """Return a video with its links to losers as links to the winner, each record once and in
    its place; the very same where there are none."""
    if not any(each.id in news.loser_ids for each in video.links):
        return video
    links = [
        Link(type=each.type, id=news.winner_id) if each.id in news.loser_ids else each
        for each in video.links
    ]
    return video.changed(links=tuple(dict.fromkeys(links)))


def linked_back(video: Video, before: Sequence[Link], news: MergeNews) -> Video:
    """Return a video with the links to the records of a merge that it had before it, in the place
    of its link to the winner. Other links that it has got or lost since stay so; where the link to
    the winner was taken off meanwhile, none of them comes back."""
    theirs = [each for each in before if each.id in news.ids]
    links: list[Link] = []
    for each in video.links:
        links += theirs if each.id == news.winner_id else [each]
    rest = {each for each in links if each.id not in news.ids}
    if {each for each in before if each.id not in news.ids} == rest and len(links) == len(before):
        links = list(before)  # nobody changed them: their order too
    if tuple(links) == video.links:
        return video
    return video.changed(links=tuple(links))


def unlinked(video: Video, record_id: str) -> Video:
    """Return a video without its link to a record; the very same where it has none."""
    links = tuple(each for each in video.links if each.id != record_id)
    return video if links == video.links else video.changed(links=links)
