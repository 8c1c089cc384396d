"""A typed Python client, generated from the committed document by a tool that we did not write:
it compiles, type-checks, and works against the real functions."""

import compileall
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.contract.openapi import PATH
from tests.contract.world import World, gateway, open_world

PACKAGE = "reelate_client"
# Playlists and captions are text to a program that does not play them.
CONFIG = """
content_type_overrides:
  application/x-subrip: text/plain
  application/vnd.apple.mpegurl: text/plain
post_hooks: []
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's package, generated without a warning: nothing of the API is left out."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yaml").write_text(CONFIG)
    _run(
        "openapi-python-client", "generate", "--path", str(PATH), "--meta", "none",
        "--output-path", str(folder / PACKAGE), "--config", str(folder / "config.yaml"),
        "--fail-on-warning",
    )  # fmt: skip
    return folder / PACKAGE


@pytest.fixture(scope="module")
def client(generated: Path) -> Iterator[ModuleType]:
    """The imported package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(generated.parent))
        yield importlib.import_module(PACKAGE)
        for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
            patch.delitem(sys.modules, name)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


@pytest.fixture
def api(client: ModuleType, world: World) -> Any:
    """The generated client in front of the real functions, with the admin's key."""
    return client.AuthenticatedClient(
        base_url="http://api.test",
        token=world.key,
        httpx_args={"transport": httpx.WSGITransport(app=gateway)},
    )


def test_every_module_compiles(generated: Path) -> None:
    assert compileall.compile_dir(str(generated), quiet=1, workers=1)


def test_the_types_hold_together(generated: Path, tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"  # not the project's, which is about its own code
    config.write_text("[mypy]\n")
    said = _run("mypy", "--config-file", str(config), "--cache-dir", str(tmp_path), str(generated))

    assert said.startswith("Success")


def test_there_is_a_function_for_every_operation(client: ModuleType) -> None:
    api = importlib.import_module(f"{PACKAGE}.api")
    found = {
        module.name.rsplit(".", 1)[1]
        for module in pkgutil.walk_packages(api.__path__, api.__name__ + ".")
        if not module.ispkg
    }
    ids = _operation_ids()

    assert ids
    assert found == ids


def test_a_contact_is_made_found_changed_and_paged_through(client: ModuleType, api: Any) -> None:
    contacts, models = _part("api.contacts"), _part("models")
    made = []
    for name in ("Ada", "Grace", "Edsger"):
        reply = contacts("create_contact").sync_detailed(
            client=api, body=models.ContactFields(name=name, email=f"{name}@client.example")
        )
        assert reply.status_code == 201
        assert isinstance(reply.parsed, models.Contact)
        assert reply.headers["location"] == f"/v1/contacts/{reply.parsed.id}"
        made.append(reply.parsed)

    etag = reply.headers["etag"]
    changed = contacts("update_contact").sync_detailed(
        made[-1].id, client=api, body=models.ContactPatch(title="Author"), if_match=etag
    )
    stale = contacts("update_contact").sync_detailed(
        made[-1].id, client=api, body=models.ContactPatch(title="Editor"), if_match=etag
    )
    seen, cursor = [], client.types.UNSET
    while cursor is not None:
        page = contacts("list_contacts").sync(client=api, limit=2, cursor=cursor)
        assert isinstance(page, models.ContactPage)
        seen += page.data
        cursor = page.next_cursor

    assert (changed.parsed.title, changed.parsed.version) == ("Author", 2)
    assert isinstance(stale.parsed, models.Problem)
    assert (stale.status_code, stale.parsed.code) == (412, "precondition_failed")
    assert [each.id for each in seen] == [each.id for each in reversed(made)]


def test_a_refusal_is_a_typed_problem(client: ModuleType, api: Any) -> None:
    contacts, models = _part("api.contacts"), _part("models")

    absent = contacts("get_contact").sync("con_" + "0" * 26, client=api)
    invalid = contacts("create_contact").sync(client=api, body=models.ContactFields(name=" "))

    assert isinstance(absent, models.Problem)
    assert (absent.status, absent.code) == (404, "not_found")
    assert isinstance(invalid, models.Problem)
    assert [each.pointer for each in invalid.errors] == ["/name"]


def test_health_needs_no_credential(client: ModuleType) -> None:
    open_api = client.Client(
        base_url="http://api.test", httpx_args={"transport": httpx.WSGITransport(app=gateway)}
    )

    assert _part("api.identity")("get_health").sync(client=open_api).status == "ok"


def _part(name: str) -> Any:
    """Return a module of the client; a package of functions as a call by the function's name."""
    module = importlib.import_module(f"{PACKAGE}.{name}")
    if name == "models":
        return module
    return lambda function: importlib.import_module(f"{PACKAGE}.{name}.{function}")


def _operation_ids() -> set[str]:
    from tests.contract.test_openapi import OPERATIONS

    return {each["operationId"] for each in OPERATIONS.values()}


def _run(program: str, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout
