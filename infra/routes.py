"""What the gateway answers: the paths of the committed OpenAPI document and the pages about it,
and how much of each it lets through."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from infra.packaging import ROOT

CONTRACT = ROOT / "functions" / "openapi.json"
PROXY = "{proxy+}"


class Throttle(NamedTuple):
    """What all callers of one method may do together; more is a 429 of the gateway."""

    rate: int  # requests a second
    burst: int  # requests at once


# Of every method that has no limit of its own. A workspace's own limits are the functions'.
ANY_METHOD = Throttle(1000, 2000)
# By method and gateway resource. What is open to all spends nobody's limits but these; what starts
# work or makes a credential is asked for by people, not by loops.
THROTTLES: Mapping[tuple[str, str], Throttle] = {
    ("GET", "/docs"): Throttle(50, 100),
    ("GET", "/docs/{proxy+}"): Throttle(100, 200),
    ("GET", "/problems/{proxy+}"): Throttle(50, 100),
    ("GET", "/v1/openapi.json"): Throttle(50, 100),
    ("GET", "/v1/health"): Throttle(100, 200),
    ("GET", "/v1/playback/{proxy+}"): Throttle(500, 1000),
    ("POST", "/v1/api-keys"): Throttle(20, 40),
    # opening shares, and telling what is watched
    ("POST", "/v1/playback/{proxy+}"): Throttle(500, 1000),
    ("POST", "/v1/videos"): Throttle(50, 100),
}


@cache
def documented() -> frozenset[str]:
    """Return every path of the OpenAPI document, the names of its parameters left out."""
    return frozenset(map(nameless, json.loads(CONTRACT.read_text())["paths"]))


def nameless(path: str) -> str:
    """Return a path with `{}` for each parameter."""
    return re.sub(r"\{\w+\}", "{}", path)


def is_documented(path: str) -> bool:
    """Say whether a resource's own path is one of the document's."""
    return nameless(path) in documented()


def leads_on(path: str) -> bool:
    """Say whether the document names anything below a resource."""
    return any(each.startswith(nameless(path) + "/") for each in documented())


def known(path: str) -> str:
    """Return a path of which the document names itself or something below; raises ValueError."""
    if not (is_documented(path) or leads_on(path)):
        raise ValueError(f"{path} is not in functions/openapi.json; run `make openapi`")
    return path
