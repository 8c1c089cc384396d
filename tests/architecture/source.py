"""The code as the rules see it: modules by name, and what each of them imports."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("functions", "infra")


@dataclass(frozen=True)
class Import:
    """One imported module: `functions.crm.model`, `os`, `botocore.session`."""

    target: str
    line: int


class Module:
    """A module's name and syntax tree."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.tree = ast.parse(text)

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")

    @property
    def stem(self) -> str:
        return self.parts[-1]

    @cached_property
    def named(self) -> list[tuple[str, str, int]]:
        """Return (module, name taken from it or "", line) of every import."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(alias.name, "", node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                found += [(base, alias.name, node.lineno) for alias in node.names]
        return found

    @property
    def context(self) -> str | None:
        """Return the context's folder under functions/, `shared` included."""
        return self.parts[1] if self.parts[0] == "functions" and len(self.parts) > 1 else None


class Tree:
    """All shipped modules, by name."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = dict(modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules.values())

    def planted(self, name: str, text: str) -> "Tree":
        """Return this tree with one module added or replaced."""
        return Tree({**self.modules, name: Module(name, text)})

    def of(self, package: str) -> Iterator[Module]:
        return (module for module in self if module.parts[0] == package)

    def imports(self, module: Module) -> Iterator[Import]:
        """Yield what a module imports; `from a import b` is a.b where that is a module."""
        for base, name, line in module.named:
            inner = f"{base}.{name}"
            yield Import(inner if inner in self.modules else base, line)


def load(root: Path = ROOT) -> Tree:
    """Read every module of functions/ and infra/."""
    modules = {}
    for package in SHIPPED:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            modules[name] = Module(name, path.read_text())
    return Tree(modules)
