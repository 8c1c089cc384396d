"""A handler runs whatever was done with asyncio before it, and in any thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tests.integration.gateway import Api


async def _nothing() -> None:
    """Run and end."""


def test_a_request_is_answered_after_asyncio_has_taken_the_loop_away(api: Api) -> None:
    asyncio.run(_nothing())
    assert api.get("/v1/deals").status == 200


def test_a_request_is_answered_in_a_thread_that_has_no_loop(api: Api) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(api.get, "/v1/deals").result().status == 200
