"""λ docs/serve: the committed description and a page that loads nothing from elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.docs.serve.handler import handler
from functions.shared.errors import PROBLEMS, ReelateError, problem
from infra import layers
from infra.packaging import ROOT
from tests.contract.openapi import PATH
from tests.integration.gateway import Reply, call, event

PAGE = ROOT / "functions" / "docs" / "serve"


@pytest.fixture(scope="module", autouse=True)
def layer() -> Iterator[Path]:
    """The layer, as the embedded cloud unpacks it."""
    folder = layers.build("docs", "local")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("_LAMBDA_LAYERS_DIRS", f"/nowhere:{folder}")
        yield folder


def get(path: str, method: str = "GET", **headers: str) -> Reply:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(handler, event(method, path, None, sent, member=None))


def test_the_description_is_the_committed_file_to_the_byte() -> None:
    reply = get("/v1/openapi.json")

    assert reply.status == 200
    assert reply.body.encode() == PATH.read_bytes()
    assert reply.headers["content-type"] == "application/json"
    assert re.fullmatch(r"public, max-age=\d+", reply.headers["cache-control"])


@pytest.mark.parametrize("named", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_gets_no_bytes(named: str) -> None:
    etag = get("/v1/openapi.json").etag

    reply = get("/v1/openapi.json", If_None_Match=named.format(etag))

    assert (reply.status, reply.body, reply.etag) == (304, "", etag)


def test_who_has_another_version_gets_the_bytes() -> None:
    assert get("/v1/openapi.json", If_None_Match='"0123"').status == 200


def test_head_answers_as_get_without_the_bytes() -> None:
    asked, whole = get("/docs/", "HEAD"), get("/docs/")
    for reply in (asked, whole):
        del reply.headers["x-request-id"]

    assert (asked.status, asked.body, asked.headers) == (200, "", whole.headers)


def test_the_page_and_all_it_loads_come_from_here() -> None:
    page = get("/docs/")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert {"swagger-ui.css", "swagger-ui-bundle.js", "page.js"} <= set(loaded)
    for name in loaded:
        path = "/v1/openapi.json" if name.startswith("../") else f"/docs/{name}"
        reply = get(path)
        assert reply.status == 200, path
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert len(json.dumps(reply.body)) < 6 * 1024 * 1024  # what Lambda hands on


def test_the_page_holds_no_script_or_style_of_its_own_and_its_policy_allows_none() -> None:
    page = get("/docs/")
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.body)
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


def test_nothing_of_ours_names_another_host() -> None:
    for path in PAGE.glob("*.*"):
        named = re.findall(r"https?://([^/\"\s]+)", path.read_text())
        assert set(named) <= {"www.w3.org"}, path.name  # SVG's name space


@pytest.mark.parametrize(("path", "where"), [("/docs", "docs/"), ("/docs/index.html", "./")])
def test_other_ways_to_the_page_lead_to_it(path: str, where: str) -> None:
    """Relative: a deployment's stage stands before the path, and the function cannot see it."""
    reply = get(path)

    assert (reply.status, reply.headers["location"]) == (308, where)


@pytest.mark.parametrize(
    "path",
    ["/docs/nothing.js", "/docs/../../etc/passwd", "/docs//etc/passwd", "/docs/handler.py",
     "/docs/%2e%2e/settings.py", "/docs/swagger-ui.css/"],
)  # fmt: skip
def test_what_the_site_does_not_name_is_not_there(path: str) -> None:
    reply = get(path, X_Request_Id="asked-for-this")

    assert (reply.status, reply.json["code"]) == (404, "not_found")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-request-id"] == reply.json["request_id"] == "asked-for-this"


def test_without_its_layer_the_function_says_so() -> None:
    from functions.shared.settings import layer_folder

    with pytest.raises(FileNotFoundError, match="no layer holds the folder pictures"):
        layer_folder("pictures")


@pytest.mark.parametrize("kind", [*PROBLEMS, ReelateError], ids=lambda kind: kind.slug)
def test_the_type_of_every_problem_leads_to_a_page(kind: type[ReelateError]) -> None:
    refused = problem(kind("Said so."), "/v1/me", "req-1")

    page = get(refused["type"])

    assert page.status == 200
    assert f"{kind.status} {kind.title}" in page.body
    assert get("/problems/none").status == 404


@pytest.mark.parametrize("method", ["POST", "TRACE", "DELETE", "get"])
def test_another_method_is_refused_with_those_there_are(method: str) -> None:
    for path in ("/v1/openapi.json", "/docs/", "/docs"):
        refused = get(path, method)

        assert (refused.status, refused.json["code"]) == (405, "method_not_allowed")
        assert refused.headers["allow"] == "GET, HEAD"
