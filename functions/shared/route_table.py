"""Routes that are made when they are first asked for.

A route costs FastAPI about a millisecond (its parameters and models are analysed), and a function
has up to a hundred of them: together more than all of boto3. So a router writes down what routes it
is to have, and the application makes those that a path may mean, once, before it looks for one.
Routes keep the order they were written down in, whenever they are made.
"""

import threading
import warnings
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.routing import BaseRoute

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
        self.routes: list[BaseRoute] = []
        self._made: list[tuple[int, BaseRoute]] = []
        self._waiting: dict[Drawer, list[tuple[int, Declared]]] = defaultdict(list)
        self._lock = threading.Lock()
        declared = (each for router in routers for each in _declared(router))
        for position, each in enumerate(declared):
            self._waiting[each.drawer].append((position, each))

    def open(self, path: str) -> None:
        """Make the routes that a path may mean, unless they are there."""
        segments = path.split("/")
        if len(segments) > 2:
            self._make((len(segments), segments[2]))
            self._make((None, segments[2]))

    def open_all(self) -> None:
        """Make all routes: for the OpenAPI document."""
        for drawer in list(self._waiting):
            self._make(drawer)

    def _make(self, drawer: Drawer) -> None:
        if drawer not in self._waiting:
            return
        with self._lock:
            for position, each in self._waiting.get(drawer, ()):
                insort(self._made, (position, each.make()), key=itemgetter(0))
            # a new list: another thread may be looking through the old one
            self.routes = [route for _, route in self._made]
            self._waiting.pop(drawer, None)


def _declared(router: APIRouter) -> Sequence[Declared]:
    if not isinstance(router, LazyRouter):
        raise TypeError("routers come from functions.shared.routes.router")
    return router.declared


def _drawer_of(path: str) -> Drawer:
    segments = path.split("/")
    if len(segments) < 3 or "{" in segments[1] + segments[2]:
        raise ValueError(f"{path} does not begin with a version and a resource's name")
    return (None if ":path}" in path else len(segments)), segments[2]
