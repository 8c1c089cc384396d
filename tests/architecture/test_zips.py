"""Every function starts from its own zip and the layers alone, and loads no more than it must."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import source_from_cache
from pathlib import Path

import pytest

from infra import layers, packaging
from infra.packaging import ROOT

HANDLERS = packaging.handlers()
API = {(context, folder) for context, folder in HANDLERS if packaging.is_api(folder)}

# A fresh interpreter: no site-packages, no environment, only the paths it is given.
_START = """
import importlib, json, sys
sys.path[:0] = sys.argv[2:]
before = set(sys.modules)
handler = importlib.import_module(sys.argv[1]).handler
assert callable(handler)
shown = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()
         if name not in before and module is not None}
print(json.dumps(shown))
"""
# Slow to load and not needed to start: the SDK comes with the first request, and what only the
# web needs stays out of event functions.
LAZY = ("boto3", "botocore.session", "botocore.client", "botocore.hooks", "s3transfer")
WEB = ("fastapi", "starlette", "mangum", "anyio")
UNWANTED = ("pydantic.v1", "numpy", "requests", "aws_xray_sdk", "unittest", "pydoc", "sqlite3")


Modules = dict[str, str | None]  # name → file


@pytest.fixture(scope="session")
def zips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All functions' files, as they are zipped."""
    into = tmp_path_factory.mktemp("zips")
    for context, folder in HANDLERS:
        packaging.stage(context, folder, into)
    return into


@pytest.fixture(scope="session")
def started(zips: Path) -> Callable[[str, str], Modules]:
    """Start a function in isolation (once) and return the modules it has loaded."""

    @cache
    def start(context: str, folder: str) -> Modules:
        shelf = ["runtime", "web"] if packaging.is_api(folder) else ["runtime"]
        paths = [zips / context / folder, *(layers.build(x, "local") / "python" for x in shelf)]
        name = f"functions.{context}.{folder}.handler"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", _START, name, *map(str, paths)],
            capture_output=True, text=True, check=False, env={}, cwd="/", timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        loaded: Modules = json.loads(done.stdout.splitlines()[-1])
        return loaded

    return start


@pytest.mark.parametrize(("context", "folder"), HANDLERS)
def test_a_handler_resolves_from_its_zip_and_the_layers_alone(
    context: str, folder: str, zips: Path, started: Callable[[str, str], Modules]
) -> None:
    home = str(zips / context / folder)

    ours = {
        name: path
        for name, path in started(context, folder).items()
        if name.split(".")[0] == "functions"
    }

    assert f"functions.{context}.{folder}.handler" in ours
    assert all(path is not None and path.startswith(home) for path in ours.values())


@pytest.mark.parametrize(("context", "folder"), HANDLERS)
def test_starting_a_function_loads_no_sdk(
    context: str, folder: str, started: Callable[[str, str], Modules]
) -> None:
    assert _among(started(context, folder), LAZY + UNWANTED) == set()


@pytest.mark.parametrize(("context", "folder"), sorted(set(HANDLERS) - API))
def test_only_api_functions_load_the_web_framework(
    context: str, folder: str, started: Callable[[str, str], Modules]
) -> None:
    assert _among(started(context, folder), WEB) == set()


@pytest.mark.parametrize(("context", "folder"), HANDLERS)
def test_a_zip_holds_first_party_code_of_its_own_context_alone(
    context: str, folder: str, zips: Path
) -> None:
    home = zips / context / folder
    files = {path.relative_to(home) for path in home.rglob("*") if path.is_file()}
    held = {path for path in files if path.suffix != ".pyc"}

    named = packaging.data_files(packaging.reachable(f"functions.{context}.{folder}.handler"))
    data = {path.relative_to(ROOT) for path in named}
    assert {path for path in held if path.suffix != ".py"} == data
    strangers = {
        path
        for path in held
        if path.parts[0] != "functions"
        or (len(path.parts) > 2 and path.parts[1] not in (context, "shared"))
    }
    assert strangers == set()
    assert [path for path in held if path.name == "handler.py"] == [
        Path("functions", context, folder, "handler.py")
    ]


@pytest.mark.parametrize(("context", "folder"), HANDLERS)
def test_every_module_of_a_zip_is_there_compiled(context: str, folder: str, zips: Path) -> None:
    home = zips / context / folder
    modules = set(home.rglob("*.py"))

    assert {Path(source_from_cache(str(path))) for path in home.rglob("*.pyc")} == modules


def test_the_packager_refuses_an_import_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "lonely.py").write_text("from functions.gone import thing\n")

    with pytest.raises(FileNotFoundError, match=r"functions\.gone"):
        packaging.reachable("functions.lonely", tmp_path)


def test_the_packager_refuses_a_file_that_is_not_there_or_that_it_cannot_see(
    tmp_path: Path,
) -> None:
    module = tmp_path / "page.py"
    module.write_text('PAGE = shipped("functions/page.html")\n')

    with pytest.raises(FileNotFoundError, match=r"functions/page\.html"):
        packaging.data_files({module}, tmp_path)

    hidden = tmp_path / "hidden.py"
    hidden.write_text("PAGE = shipped(name)\n")
    with pytest.raises(ValueError, match="takes a literal path"):
        packaging.data_files({hidden}, tmp_path)


def _among(loaded: Modules, names: tuple[str, ...]) -> set[str]:
    return {module for module in loaded for name in names if f"{module}.".startswith(f"{name}.")}
