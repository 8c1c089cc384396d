"""A page for every type of problem: what `type` in a refusal leads to."""

import html
import inspect

from functions.shared.errors import PROBLEMS, ReelateError

PATH = "/problems/"


def pages() -> dict[str, str]:
    """Return the pages' HTML by path; the words are those of the errors themselves."""
    kinds: tuple[type[ReelateError], ...] = (*PROBLEMS, ReelateError)
    return {f"{PATH}{each.slug}": _page(each) for each in kinds}


def _page(kind: type[ReelateError]) -> str:
    meaning = "Something went wrong on our side; quote the `request_id`."
    if kind is not ReelateError:
        meaning = inspect.getdoc(kind) or ""
    title = html.escape(f"{kind.status} {kind.title}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{html.escape(meaning)}</p>"
        "<p>A refusal of this type is <code>application/problem+json</code> (RFC 9457): branch on "
        "its <code>code</code>, show its <code>detail</code>, quote its <code>request_id</code>. "
        'All of them: <a href="../docs/">the API\'s documentation</a>.</p></html>'
    )
