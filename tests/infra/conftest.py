"""The synthesised templates of stage `local`, which the embedded cloud runs."""

import pytest

from tests.infra.templates import Template, template


@pytest.fixture(scope="session")
def data() -> Template:
    return template("local", "Data")


@pytest.fixture(scope="session")
def service() -> Template:
    return template("local", "Service")


@pytest.fixture(scope="session")
def edge() -> Template:
    return template("local", "Edge")
