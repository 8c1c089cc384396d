from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.fuzzing import SETTINGS, check, described
from tests.contract.world import World, open_world

schema = described().include(path_regex="/v1/videos/?(.id./(parts|complete|upload|cancel))?$")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


@schema.parametrize()
@SETTINGS
def test_an_operation_does_what_its_document_says(world: World, case: Any) -> None:
    check(world, case)
