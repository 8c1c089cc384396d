"""What the documents say is so: paths, make targets, functions, runbook entries."""

import re

import pytest

from infra import packaging
from tests.architecture.source import ROOT

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
DOCUMENTS = sorted(
    path
    for path in [ROOT / "README.md", *(ROOT / "functions").rglob("*.md")]
    if "build" not in path.parts
)
TARGETS = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(document: object) -> None:
    assert isinstance(document, type(ROOT))
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(("context", "folder"), packaging.handlers())
def test_every_function_is_told_of(context: str, folder: str) -> None:
    """In the README, or in the README of its context."""
    own = ROOT / "functions" / context / "README.md"
    told = README + (own.read_text() if own.is_file() else "")

    assert f"{context}/{folder}" in told or re.search(rf"`{folder}/?`", told)


def test_the_readme_names_no_function_that_is_not_there() -> None:
    contexts = {context for context, _ in packaging.handlers()}
    named = {
        (context, folder)
        for context, folder in re.findall(r"\b([a-z]+)/([a-z_]+)\b(?![./])", README)
        if context in contexts
    }

    assert named - set(packaging.handlers()) == set()


def test_make_targets_that_the_readme_names_exist() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[ `\n;])", README))

    assert named - TARGETS == set()
    assert {"demo", "test", "up", "down", "lint"} <= TARGETS
