"""Routes are made when a path may mean them, in the order they were written down in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import APIRouter
from starlette.routing import Route, Router

from functions.shared.route_table import RouteTable
from functions.shared.routes import router


async def nothing() -> None:
    """Answer with nothing."""


def table(*paths: str) -> RouteTable:
    routes = router(tags=["test"])
    for path in paths:
        routes.add_api_route(path, nothing, methods=["GET"])
    return RouteTable([routes])


def made(routes: RouteTable) -> list[str]:
    return [each.path for each in routes.made if isinstance(each, Route)]


def paths(found: Router) -> list[str]:
    return [each.path for each in found.routes if isinstance(each, Route)]


def test_nothing_is_made_before_it_is_asked_for() -> None:
    assert made(table("/v1/contacts", "/v1/contacts/{id}")) == []


def test_a_path_makes_what_it_may_mean_and_no_more() -> None:
    routes = table("/v1/deals/{id}", "/v1/contacts", "/v1/contacts/lookup", "/v1/contacts/{id}")
    routes.at("/v1/contacts/con_1")
    assert made(routes) == ["/v1/contacts/lookup", "/v1/contacts/{id}"]


def test_routes_keep_their_order_whichever_is_asked_for_first() -> None:
    paths = ["/v1/a/first", "/v1/b", "/v1/a/{id}", "/v1/b/{id}", "/v1/a"]
    routes = table(*paths)
    for path in ("/v1/b/x", "/v1/a", "/v1/a/y", "/v1/b"):
        routes.at(path)
    assert made(routes) == paths


def test_a_path_of_any_length_is_made_for_all_lengths() -> None:
    routes = table("/v1/playback/{token}/{rest:path}")
    routes.at("/v1/playback/t/a/b/c/d.m4s")
    assert made(routes) == ["/v1/playback/{token}/{rest:path}"]


@pytest.mark.parametrize("path", ["", "/", "/v1", "//", "/v1/unknown", "/v1/unknown/" + "x/" * 99])
def test_what_is_nowhere_makes_nothing(path: str) -> None:
    routes = table("/v1/contacts")
    routes.at(path)
    assert made(routes) == []


def test_a_path_is_looked_for_among_those_it_may_mean_alone() -> None:
    routes = table("/v1/a", "/v1/a/{id}", "/v1/a/{rest:path}", "/v1/b", "/v1/b/{rest:path}")
    routes.all()
    assert paths(routes.at("/v1/a/x")) == ["/v1/a/{id}", "/v1/a/{rest:path}"]
    assert paths(routes.at("/v1/b/x/y")) == ["/v1/b/{rest:path}"]
    assert paths(routes.at("/v1/c")) == []


@pytest.mark.parametrize("length", [1, 2, 500])
def test_paths_that_callers_think_up_are_not_kept(length: int) -> None:
    routes = table("/v1/a/{rest:path}")
    known = routes.at("/v1/a/x/y/z")
    assert routes.at("/v1/a" + "/x" * length) is known
    assert routes.at(f"/v1/{length}") is routes.at(f"/v1/{length}/x")


def test_all_are_made_for_the_document() -> None:
    routes = table("/v1/a", "/v1/b/{id}")
    routes.at("/v1/b/x")
    routes.all()
    assert made(routes) == ["/v1/a", "/v1/b/{id}"]


def test_many_threads_make_a_route_once() -> None:
    routes = table(*(f"/v1/a/{n}" for n in range(40)))
    with ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: len(routes.at("/v1/a/x").routes), range(64)))
    assert set(seen) == {40}, "whoever has opened a path finds all its routes"


def test_a_path_that_begins_with_a_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        table("/v1/{anything}")


def test_a_router_that_makes_its_routes_at_once_is_refused() -> None:
    with pytest.raises(TypeError):
        RouteTable([APIRouter()])
