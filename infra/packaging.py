"""Makes a function's zip: its handler.py, the first-party modules it reaches, and the files that
these name by `shipped("<path>")`; nothing else. Modules are there compiled too: Lambda cannot keep
what it compiles, and would do it again at each cold start, which doubles that. Bytecode is of the
Python that synthesises; Lambda takes it when that is its own version.

Dynamic imports and computed paths are invisible here, so the code has none of either.
"""

import ast
import hashlib
import importlib.util
import py_compile
import shutil
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "functions"
_BYTECODE = ROOT / "build" / "bytecode"


def handlers() -> list[tuple[str, str]]:
    """Return every (context, folder) under functions/ that holds a handler.py."""
    found = (ROOT / "functions").glob("*/*/handler.py")
    return sorted((path.parent.parent.name, path.parent.name) for path in found)


def is_api(folder: str) -> bool:
    """Say whether a function answers HTTP: `api`, or one of a context's several, `bulk_api`."""
    return folder == "api" or folder.endswith("_api")


def reachable(module: str, root: Path = ROOT) -> set[Path]:
    """Return the files of `module` and of every first-party module it imports, at any depth,
    with the packages around them. Raises FileNotFoundError for an import that leads nowhere."""
    seen: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file(waiting.pop(), root)
        if path is None or path in seen:
            continue
        seen.add(path)
        waiting.extend(_imports(path))
    packages = {
        parent / "__init__.py"
        for path in seen
        for parent in path.parents
        if (root / "functions") in (parent, *parent.parents)
    }
    return seen | packages


def data_files(modules: set[Path], root: Path = ROOT) -> set[Path]:
    """Return the files that modules name by `shipped(…)`. Raises FileNotFoundError for one that
    is not there, ValueError for a path that is no literal."""
    found = {root / name for module in modules for name in _shipped(module)}
    for path in found:
        if not path.is_file():
            raise FileNotFoundError(f"no file {path.relative_to(root)}")
    return found


@cache
def contents(context: str, folder: str) -> list[Path]:
    """Return the source files of a function's zip."""
    modules = reachable(f"functions.{context}.{folder}.handler")
    return sorted(modules | data_files(modules))


def key(context: str, folder: str) -> str:
    """Return the hash that names a function's asset: of its sources, not of their bytecode."""
    digest = hashlib.sha256()
    for source in contents(context, folder):
        digest.update(source.relative_to(ROOT).as_posix().encode() + b"\0" + _digest(source))
    return digest.hexdigest()


@cache
def _digest(source: Path) -> bytes:
    return hashlib.sha256(source.read_bytes()).digest()


def stage(context: str, folder: str, into: Path = BUILD) -> Path:
    """Copy a function's files, and its modules' bytecode, to <into>/<context>/<folder> and return
    that folder."""
    target = into / context / folder
    if target.exists():
        shutil.rmtree(target)
    for source in contents(context, folder):
        copy = target / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        if source.suffix == ".py":
            bytecode = Path(importlib.util.cache_from_source(str(copy)))
            bytecode.parent.mkdir(exist_ok=True)
            shutil.copyfile(_compiled(source), bytecode)
    return target


@cache
def _compiled(source: Path) -> Path:
    """Compile a module, once for all functions that have it; return its bytecode's file."""
    name = source.relative_to(ROOT)
    kept = Path(importlib.util.cache_from_source(str(_BYTECODE / name)))
    compiled = kept.with_suffix(f".{_digest(source).hex()}.pyc")
    if not compiled.exists():
        py_compile.compile(
            str(source), str(compiled), dfile=name.as_posix(), doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )  # fmt: skip
    return compiled


def _file(module: str, root: Path) -> Path | None:
    """Return a first-party module's file; None for a name inside a module (`from x import y`)."""
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    if path.parent.with_suffix(".py").is_file() or (path.parent / "__init__.py").is_file():
        return None
    raise FileNotFoundError(f"no module {module}")


@cache
def _imports(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(name for name in names if name.split(".")[0] == "functions")


@cache
def _shipped(path: Path) -> tuple[str, ...]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "shipped":
            (named,) = node.args
            if not (isinstance(named, ast.Constant) and isinstance(named.value, str)):
                raise ValueError(f"{path.name}:{node.lineno} shipped() takes a literal path")
            names.append(named.value)
    return tuple(names)
