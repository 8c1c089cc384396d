"""The front door: a regional REST API with one authorizer and problem+json for its own refusals."""

import json

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import RETENTION, HouseFunction
from infra.nag import acknowledge
from infra.names import Names
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
            deploy_options=apigateway.StageOptions(
                stage_name="api",
                tracing_enabled=True,
                metrics_enabled=True,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(_ACCESS_LINE),
                throttling_rate_limit=1000,
                throttling_burst_limit=2000,
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

    def route(self, api: HouseFunction, *paths: str, open_to_all: bool = False) -> None:
        """Send every method of `/v1/<path>` and everything below it to a function; or, with
        `open_to_all`, GET alone and without the authorizer."""
        integration = apigateway.LambdaIntegration(
            api.target, allow_test_invoke=False, scope_permission_to_method=False
        )
        for path in paths:
            resource = self.api.root.resource_for_path(f"/v1/{path}")
            proxy = resource.get_resource("{proxy+}") or resource.add_resource("{proxy+}")
            for each in (resource, proxy):
                method = each.add_method(
                    "GET" if open_to_all else "ANY",
                    integration,
                    authorizer=None if open_to_all else self._authorizer,
                    authorization_type=apigateway.AuthorizationType.NONE if open_to_all else None,
                )
                if open_to_all:
                    for rule in ("AwsSolutions-APIG4", "AwsSolutions-COG4"):
                        acknowledge(
                            method,
                            id=rule,
                            reason="Open by design: health, or a signed link in the path.",
                        )

    def _refusals(self) -> None:
        for kind, status, slug, title, detail in _REFUSALS:
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
                    "Content-Type": "'application/problem+json'",
                    "Cache-Control": "'no-store'",
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
