"""House rules about names, sizes and habits, over every file of the repository."""

import ast
import importlib
import inspect
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from infra import packaging
from tests.architecture.rules import PRODUCTS
from tests.architecture.source import ROOT, Tree, load

LONGEST = 350  # lines; people aim at 300
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
TOP = {
    ".ci", ".github", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "cdk.json",
    "functions", "infra", "layers", "pyproject.toml", "tests", "uv.lock",
}  # fmt: skip
TEXT = {".json", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}


@cache
def files() -> tuple[Path, ...]:
    """Return the files that belong to the project, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return tuple(
        Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()
    )


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]


@pytest.fixture(scope="module")
def tree() -> Tree:
    return load()


def test_the_top_of_the_repository_holds_only_what_the_design_names() -> None:
    assert {path.parts[0] for path in files()} - TOP == set()


def test_no_module_or_folder_has_a_vague_name() -> None:
    vague = {
        path
        for path in python_files()
        for part in path.with_suffix("").parts
        if part not in PRODUCTS and VAGUE & set(part.split("_"))
    }
    assert vague == set()


def test_no_python_file_is_longer_than_a_reader_bears() -> None:
    long = {path: length for path in python_files() if (length := _length(path)) > LONGEST}
    assert long == {}


def test_a_folder_with_a_handler_is_a_package_below_its_context() -> None:
    for context, folder in packaging.handlers():
        home = ROOT / "functions" / context / folder
        assert (home / "__init__.py").is_file(), home
        assert (home.parent / "settings.py").is_file(), f"{context} has no settings.py"


def test_every_shipped_module_opens_with_a_sentence(tree: Tree) -> None:
    silent = [m.name for m in tree if m.text.strip() and not ast.get_docstring(m.tree)]
    assert silent == []


def test_exceptions_end_in_error(tree: Tree) -> None:
    misnamed = [
        f"{module.name}.{node.name}"
        for module in tree
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
        and not node.name.endswith("Error")
    ]
    assert misnamed == []


@pytest.mark.parametrize("context", [c for c, folder in packaging.handlers() if folder == "api"])
def test_routes_are_async(context: str) -> None:
    """A plain function would run in a thread of a pool that Lambda has no use for."""
    app = importlib.import_module(f"functions.{context}.api.handler").app

    plain = [route.path for route in app.routes if not inspect.iscoroutinefunction(route.endpoint)]

    assert app.routes
    assert plain == []


def test_tests_wait_for_conditions_and_never_merely_sleep() -> None:
    """A pause between two looks at a condition is none; any other sleep is a guess."""
    sleepy = []
    for path in python_files():
        if path.parts[0] == "tests" and path.name.startswith(("test_", "conftest")):
            tree = ast.parse((ROOT / path).read_text())
            waiting = {
                inner
                for loop in ast.walk(tree)
                if isinstance(loop, ast.While | ast.For)
                for inner in ast.walk(loop)
            }
            sleepy += [
                f"{path}:{node.lineno}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("sleep", "time.sleep", "asyncio.sleep")
                and node not in waiting
            ]
    assert sleepy == []


# (what it is, what it looks like); written so that this file does not hold what it looks for
HABITS = {
    "an unfinished thought": r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b",
    "an ignored type without its code": r"#\s*type:\s*igno" r"re(?!\[)",
    "a silenced rule without its name": r"#\s*noq" r"a(?!:)",
    "a path of somebody's machine": r"(?<![\w.$}\-/])/(ho" r"me|ro" r"ot|Us" r"ers|wo" r"rk)/[a-z]",
    "a package registry's host": r"(pypi\.(?!o" r"rg)|artif" r"actory|nex" r"us[.-]|verd" r"accio)",
}


@pytest.mark.parametrize("habit", HABITS)
def test_the_repository_is_free_of(habit: str) -> None:
    pattern = re.compile(HABITS[habit])
    found = [
        f"{path}:{number} {line.strip()[:100]}"
        for path in files()
        if path.suffix in TEXT and path.name not in ("LICENSE", "uv.lock")
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_lock_names_the_public_index_alone() -> None:
    hosts = set(re.findall(r'"https?://([^/"]+)', (ROOT / "uv.lock").read_text()))

    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_no_function_swallows_every_exception(tree: Tree) -> None:
    swallowed = [
        f"{module.name}:{node.lineno}"
        for module in tree
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
    ]
    assert swallowed == []


def test_no_table_is_scanned_or_filtered_behind_the_read(tree: Tree) -> None:
    """Both cost what is read, not what is found, and more with every record."""
    growing = [
        f"{module.name}:{node.lineno} {ast.unparse(node)[:60]}"
        for module in tree.of("functions")
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Attribute) and node.attr == "scan")
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.casefold() in ("filterexpression", "scan", "scanfilter", "queryfilter")
        )
    ]
    assert growing == []


def test_every_event_that_the_code_stamps_is_in_the_catalogue(tree: Tree) -> None:
    """outbox/publish cannot publish what the catalogue lacks: the stream would stand still."""
    from functions.shared.events import CATALOGUE

    stamped = {
        (module.name, node.args[0].value)
        for module in tree.of("functions")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] == "stamp"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {event for _, event in stamped} - set(CATALOGUE) == set()


def _length(path: Path) -> int:
    return len((ROOT / path).read_text().splitlines())
