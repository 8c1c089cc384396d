"""What an endpoint may and may not do."""

import asyncio

import pytest
from fastapi import Request, Response

from functions.shared.exchange import Ask
from functions.shared.openapi import operation
from functions.shared.web import build_app, lambda_handler, router
from tests.integration.gateway import Api, problem

pytestmark = pytest.mark.usefixtures("cloud")


def test_one_that_waits_for_something_fails_and_the_next_request_does_not() -> None:
    routes = router(tags=["x"])

    @routes.get("/v1/waiting", openapi_extra=operation())
    async def waiting(_ask: Ask) -> Response:
        await asyncio.Event().wait()
        return Response("{}", media_type="application/json")

    @routes.get("/v1/ready", openapi_extra=operation())
    async def ready(_ask: Ask) -> Response:
        return Response("{}", media_type="application/json")

    api = Api(lambda_handler(build_app("Test", routes)))

    assert problem(api.get("/v1/waiting"))["status"] == 500
    assert api.get("/v1/ready").status == 200


def test_one_that_wants_the_bare_request_beside_its_exchange_is_refused() -> None:
    routes = router(tags=["x"])

    async def both(_ask: Ask, _request: Request) -> Response:
        return Response("{}", media_type="application/json")

    routes.add_api_route("/v1/both", both, methods=["GET"], openapi_extra=operation())
    with pytest.raises(TypeError, match="either its Exchange or the Request"):
        build_app("Test", routes).openapi()
