"""`GET /v1/search`: any-word prefix search over the records that the caller may read."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol, Union

from fastapi import APIRouter, Query, Response
from pydantic import create_model

from functions.crm.search import MODELS, SEARCHED, USUAL
from functions.crm.words import MAX_QUERY, MAX_WORDS, query_words
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import DEFAULT_LIMIT, Ask, Cursor, Exchange, Limit
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.validation import escaped
from functions.shared.web import router

_TYPES = [each for each in SEARCHED if each in MODELS]
SearchPage = create_model(
    "SearchPage",
    __doc__="A page of what was found, of several types: see `object`.",
    data=(list[Union[tuple(MODELS[each] for each in _TYPES)]], ...),  # type: ignore[arg-type, misc]  # noqa: UP007
    next_cursor=(str | None, ...),
)


class Search(Protocol):
    """Search for one caller."""

    def page(
        self,
        asked: Sequence[str],
        types: Sequence[str],
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
    ) -> Page[dict[str, Any]]: ...


Words = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MAX_QUERY,
        description=f"Words, at most {MAX_WORDS}; each must begin a word of the record: of its "
        "name or subject, e-mail address, domain, phone number, external id, SKU. Case and accents "
        "do not matter.",
        examples=["ada harb"],
    ),
]
Types = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        description=f"Types with commas between: {', '.join(_TYPES)}. Left out: all but "
        "activities.",
        examples=["contact,company"],
    ),
]


def routes(search: Callable[[Exchange], Search]) -> APIRouter:
    """Return the route `GET /v1/search`."""
    api = router(tags=["search"])

    @api.get(
        "/v1/search", response_model=SearchPage, name="search", summary="Search records",
        description="Records in which every word of `q` begins a word. Of the most selective word, "
        "whole matches come before longer words, and of one word the newest record first. Only "
        "what you may read is found: types whose read scope you lack are left out. A page may be "
        "short while `next_cursor` is not null; there is no limit to how deep it leads. Search "
        "follows a change within seconds.",
        responses=problems(400, 422), openapi_extra=operation(),
    )  # fmt: skip
    async def find(
        ask: Ask,
        q: Words,
        types: Types = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        words, wanted = _words(q), _wanted(types)
        return ask.page(
            f"search?{json.dumps([words, wanted])}",
            cursor,
            lambda start: search(ask).page(words, wanted, limit=limit, start=start),
            view=lambda record: json.dumps(record, ensure_ascii=False),
        )

    return api


def _words(text: str) -> list[str]:
    words = query_words(text)
    if not words:
        raise _refused("q", "no_words", "There is no letter and no digit in this.")
    if len(words) > MAX_WORDS:
        raise _refused("q", "too_many_words", f"A query has at most {MAX_WORDS} words.")
    return words


def _wanted(types: str | None) -> list[str]:
    if types is None:
        return [each for each in _TYPES if each in USUAL]
    wanted = list(dict.fromkeys(each.strip() for each in types.split(",")))
    for each in wanted:
        if each not in _TYPES:
            known = ", ".join(_TYPES)
            raise _refused("types", "unknown_type", f"'{escaped(each)}' is none of: {known}.")
    return wanted


def _refused(name: str, code: str, sentence: str) -> InvalidError:
    return InvalidError(
        "This cannot be searched for; see `errors`.",
        errors=[FieldProblem(f"/query/{name}", code, sentence)],
    )
