"""The synthesised templates of stage `local`, which the embedded cloud runs."""

import pytest

from tests.infra.templates import Template, behind_the_api, template


@pytest.fixture(scope="session")
def data() -> Template:
    return template("local", "Data")


@pytest.fixture(scope="session")
def service() -> Template:
    return behind_the_api("local")


@pytest.fixture(scope="session")
def edge() -> Template:
    return template("local", "Edge")
