"""Routes that are made when they are first asked for.

A route costs FastAPI about a millisecond (its parameters and models are analysed), and a function
has up to a hundred of them: together more than all of boto3. So a router writes down what routes it
is to have, and the application makes those that a path may mean, once, before it looks for one.
Routes keep the order they were written down in, whenever they are made.
"""

import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.routing import BaseRoute, Router

# Where a path belongs: how many segments it has (None: any number), and the second of them, the
# resource's name.
Drawer = tuple[int | None, str]


class Declared(NamedTuple):
    """A route to be."""

    drawer: Drawer
    make: Callable[[], BaseRoute]


class LazyRouter(APIRouter):
    """A router that makes none of its routes before they are wanted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.declared: list[Declared] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Write a route down. Raises ValueError for a path that begins with a parameter."""
        self.declared.append(
            Declared(_drawer_of(path), partial(self._make, path, endpoint, options))
        )

    def _make(self, path: str, endpoint: Callable[..., Any], options: dict[str, Any]) -> BaseRoute:
        super().add_api_route(path, endpoint, **options)
        route = self.routes[-1]
        if isinstance(route, APIRoute) and route.body_field is not None:
            # Its validator is built now, while this is quiet: FastAPI gives a body's field an
            # alias, of which pydantic warns, and hushes it only around its own building.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
                route.body_field.validate(None, loc=("body",))
        return route


class RouteTable:
    """What an application's routers have written down, and the routes made of it so far."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._declared: dict[Drawer, list[tuple[int, Declared]]] = defaultdict(list)
        self._made: dict[int, BaseRoute] = {}
        self._routers: dict[Drawer, Router] = {}
        self._nothing = Router(redirect_slashes=False)
        self._lock = threading.Lock()
        declared = (each for router in routers for each in _declared(router))
        for position, each in enumerate(declared):
            self._declared[each.drawer].append((position, each))

    @property
    def made(self) -> list[BaseRoute]:
        """The routes that are there."""
        return [self._made[position] for position in sorted(self._made)]

    def at(self, path: str) -> Router:
        """Return the router of the routes that a path may mean, and of no others: a function that
        has served all its paths looks through no more of them than one that has just begun."""
        segments = path.split("/")
        if len(segments) < 3:
            return self._nothing
        drawer: Drawer = (len(segments), segments[2])
        if drawer not in self._declared:
            drawer = (None, segments[2])
            if drawer not in self._declared:
                return self._nothing
        return self._routers.get(drawer) or self._opened(drawer)

    def all(self) -> list[BaseRoute]:
        """Make all routes and return them: for the OpenAPI document."""
        for drawer in list(self._declared):
            self._opened(drawer)
        return self.made

    def _opened(self, drawer: Drawer) -> Router:
        wide: Drawer = (None, drawer[1])
        found = (each for of in {drawer, wide} for each in self._declared.get(of, ()))
        declared = sorted(found, key=itemgetter(0))
        with self._lock:
            for position, each in declared:
                if position not in self._made:
                    self._made[position] = each.make()
            routes = [self._made[position] for position, _ in declared]
            self._routers[drawer] = Router(routes, redirect_slashes=False)
        return self._routers[drawer]


def _declared(router: APIRouter) -> Sequence[Declared]:
    if not isinstance(router, LazyRouter):
        raise TypeError("routers come from functions.shared.routes.router")
    return router.declared


def _drawer_of(path: str) -> Drawer:
    segments = path.split("/")
    if len(segments) < 3 or "{" in segments[1] + segments[2]:
        raise ValueError(f"{path} does not begin with a version and a resource's name")
    return (None if ":path}" in path else len(segments)), segments[2]
