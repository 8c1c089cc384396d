"""The front door: a regional REST API with one authorizer and problem+json for its own refusals."""

import json
from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import RETENTION, HouseFunction
from infra.nag import acknowledge
from infra.names import Names
from infra.routes import ANY_METHOD, PROXY, THROTTLES, is_documented, known, leads_on
from infra.stage import Stage

# API Gateway's own cache of an authorizer's answer: a revoked key works at most this long.
AUTHORIZER_CACHE = Duration.seconds(60)

_REFUSALS = (
    # (gateway response type, HTTP status, problem slug, title, detail)
    ("UNAUTHORIZED", "401", "unauthenticated", "Authentication required",
     "Send 'Authorization: Bearer <key>'."),
    # The authorizer denies only what it cannot authenticate; scopes are the functions' business.
    ("ACCESS_DENIED", "401", "unauthenticated", "Authentication required",
     "The credential is unknown, revoked or expired."),
    ("AUTHORIZER_FAILURE", "503", "unavailable", "Temporarily unavailable",
     "The credential could not be checked; please try again."),
    ("MISSING_AUTHENTICATION_TOKEN", "404", "not-found", "Not found",
     "There is nothing at this path."),
    ("RESOURCE_NOT_FOUND", "404", "not-found", "Not found", "There is nothing at this path."),
    ("REQUEST_TOO_LARGE", "413", "too-large", "Too large", "The request is too large."),
    ("THROTTLED", "429", "quota-exceeded", "Too many requests", "Slow down and try again."),
    ("QUOTA_EXCEEDED", "429", "quota-exceeded", "Too many requests", "The quota is used up."),
    ("WAF_FILTERED", "403", "forbidden", "Not allowed", "The request was refused."),
    ("DEFAULT_4XX", None, "malformed", "Malformed request", "The request was refused."),
    ("INTEGRATION_TIMEOUT", "503", "unavailable", "Temporarily unavailable", "It took too long."),
    ("DEFAULT_5XX", None, "internal", "Internal error", "Something went wrong on our side."),
)  # fmt: skip


# As functions/shared/web.py says of its own replies. Any page may read a refusal of the gateway:
# it holds nothing of anybody's, and a browser's own credentials are never allowed.
_HEADERS = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox",  # a value in quotes cannot hold the quotes of 'none'
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, X-Request-Id",
}
# What more a refusal says: how to come in (RFC 9110, 11.6.1; RFC 6750, 3), when to come back.
_COME_BACK = {"Retry-After": "1"}
_MORE_HEADERS = {
    "UNAUTHORIZED": {"WWW-Authenticate": "Bearer"},
    "ACCESS_DENIED": {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    "AUTHORIZER_FAILURE": _COME_BACK,
    "THROTTLED": _COME_BACK,
    "QUOTA_EXCEEDED": _COME_BACK,
    "INTEGRATION_TIMEOUT": _COME_BACK,
}


class Gateway(Construct):
    """The REST API of a stage."""

    def __init__(
        self, scope: Construct, names: Names, stage: Stage, authorize: HouseFunction
    ) -> None:
        super().__init__(scope, "Gateway")
        access_log = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/apigateway/{names.of('api')}",
            retention=RETENTION[stage.log_retention_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=names.of("api"),
            description="Reelate API",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            # Lists and the documentation travel compressed to whoever accepts it.
            min_compression_size=Size.kibibytes(1),
            deploy_options=apigateway.StageOptions(
                stage_name="api",
                tracing_enabled=True,
                metrics_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(_ACCESS_LINE),
                throttling_rate_limit=ANY_METHOD.rate,
                throttling_burst_limit=ANY_METHOD.burst,
                method_options={
                    # A method's settings replace the stage's, all of them.
                    f"{path}/{method}": apigateway.MethodDeploymentOptions(
                        metrics_enabled=True,
                        throttling_rate_limit=throttle.rate,
                        throttling_burst_limit=throttle.burst,
                    )
                    for (method, path), throttle in THROTTLES.items()
                },
            ),
        )
        self._authorizer = apigateway.RequestAuthorizer(
            self,
            "Authorizer",
            handler=authorize.function,
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=AUTHORIZER_CACHE,
        )
        self._refusals()
        self._explain()

    def route(
        self, api: HouseFunction, *paths: str, open_to_all: Sequence[str] | None = None
    ) -> None:
        """Send `/v1/<path>` and everything below it, as far as the OpenAPI document names them, to
        a function; with `open_to_all` these methods alone, and without the authorizer.

        The more specific path is routed first. Raises ValueError for a path that the document
        does not know, or that AWS could not tell from one that is routed already.
        """
        methods = list(open_to_all or ["ANY"])
        for path in paths:
            self._cover(self._resource(known(f"/v1/{path}")), api, methods)

    def page(self, function: HouseFunction, *paths: str) -> None:
        """Send GET and HEAD of whole paths to a function, without the authorizer."""
        for path in paths:
            self._answer(self._resource(path), function, ["GET", "HEAD"])

    def _resource(self, path: str) -> apigateway.IResource:
        """Return the resource of a path, made with its parents where it is not there yet."""
        resource: apigateway.IResource = self.api.root
        for part in path.strip("/").split("/"):
            variable = _variable(resource)
            if part.startswith("{") and variable is not None and part not in variable.path:
                raise ValueError(f"{path}: {variable.path} is there already; AWS takes one of them")
            resource = resource.get_resource(part) or resource.add_resource(part)
        return resource

    def _cover(
        self, resource: apigateway.IResource, api: HouseFunction, methods: list[str]
    ) -> None:
        if is_documented(resource.path):
            self._answer(resource, api, methods)
        variable = _variable(resource)
        if variable is not None:
            self._cover(variable, api, methods)
        elif leads_on(resource.path):
            self._answer(resource.add_resource(PROXY), api, methods)

    def _answer(
        self, resource: apigateway.IResource, function: HouseFunction, methods: list[str]
    ) -> None:
        opened = "ANY" not in methods
        integration = apigateway.LambdaIntegration(
            function.target, allow_test_invoke=False, scope_permission_to_method=False
        )
        if "HEAD" not in methods:  # the pages are for their own origin alone
            self._preflight(resource, integration)
        # `ANY` cannot be throttled by the method: what has a limit is a method of its own
        own = [method for method, path in THROTTLES if path == resource.path]
        for name in sorted({*methods, *own}):
            method = resource.add_method(
                name,
                integration,
                authorizer=None if opened else self._authorizer,
                authorization_type=apigateway.AuthorizationType.NONE if opened else None,
            )
            for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4") if opened else ():
                acknowledge(
                    method,
                    id=rule,
                    reason="Open by design: health, the API's description, or a signed link.",
                )

    def _preflight(
        self, resource: apigateway.IResource, integration: apigateway.LambdaIntegration
    ) -> None:
        """Let OPTIONS through without a credential: browsers send none with it. A function answers
        it, because a mock's mapping template could not be tried on the embedded cloud."""
        method = resource.add_method(
            "OPTIONS", integration, authorization_type=apigateway.AuthorizationType.NONE
        )
        for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
            acknowledge(method, id=rule, reason="A CORS preflight never has a credential.")

    def _refusals(self) -> None:
        for kind, status, slug, title, detail in _REFUSALS:
            headers = {**_HEADERS, **_MORE_HEADERS.get(kind, {})}
            body = {
                "type": f"/problems/{slug}",
                "title": title,
                "status": "$STATUS",
                "detail": detail,
                "instance": "urn:uuid:$context.requestId",  # the path variable may be empty here
                "code": slug.replace("-", "_"),
                "request_id": "$context.requestId",
            }
            template = json.dumps(body).replace(
                '"$STATUS"', status or ("400" if "4XX" in kind else "500")
            )
            self.api.add_gateway_response(
                "".join(part.capitalize() for part in kind.split("_")),
                type=apigateway.ResponseType.of(kind),
                status_code=status,
                response_headers={
                    **{name: f"'{value}'" for name, value in headers.items()},
                    "X-Request-Id": "context.requestId",
                },
                templates={"application/json": template},
            )

    def _explain(self) -> None:
        for rule, reason in {
            "AwsSolutions-APIG2": "Bodies are validated by the functions' pydantic models, which "
            "answer with problem+json; a gateway model would be a second truth.",
            "AwsSolutions-APIG6": "Access logs carry what is needed; execution logs would hold "
            "request bodies, which may be personal.",
            "AwsSolutions-COG4": "A Lambda authorizer checks API keys (and tokens) in one place.",
            "AwsSolutions-APIG3": "The web ACL is a choice per stage: it costs while idle.",
        }.items():
            acknowledge(self, id=rule, reason=reason)


def _variable(resource: apigateway.IResource) -> apigateway.Resource | None:
    """Return the resource's child that stands for any text: API Gateway allows one."""
    for child in resource.node.children:
        if isinstance(child, apigateway.Resource) and child.path.rsplit("/", 1)[1].startswith("{"):
            return child
    return None


_ACCESS_LINE = json.dumps(
    {
        "request_id": "$context.requestId",
        "method": "$context.httpMethod",
        "resource": "$context.resourcePath",
        "status": "$context.status",
        "workspace": "$context.authorizer.workspace",
        "principal": "$context.authorizer.principal",
        "latency_ms": "$context.responseLatency",
        "response_bytes": "$context.responseLength",
        "authorizer_error": "$context.authorizer.error",
        "time": "$context.requestTimeEpoch",
    }
)
