"""The front door: what it answers, for whom, how much of it, and how it refuses."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import App

from infra.edge import EdgeStack
from infra.names import Names
from infra.packaging import ROOT
from infra.routes import ANY_METHOD, THROTTLES, documented, is_documented, known, leads_on
from infra.stage import Stage
from tests.infra.templates import Resource, Template, flat, synthesised, template

PAGES = {"/docs", "/docs/{proxy+}", "/problems/{proxy+}"}


def path_of(service: Template, reference: Any) -> str:
    """Return a gateway resource's whole path; the root's is empty."""
    if "Ref" not in reference:
        return ""
    properties = service.named(reference).properties
    return f"{path_of(service, properties['ParentId'])}/{properties['PathPart']}"


def methods(service: Template) -> Mapping[tuple[str, str], Resource]:
    """Return the gateway's methods by (method, path)."""
    return {
        (each.properties["HttpMethod"], path_of(service, each.properties["ResourceId"])): each
        for each in service.of("AWS::ApiGateway::Method")
    }


def test_the_gateway_knows_every_path_of_the_api(service: Template) -> None:
    """A request that no resource matches would be answered by the gateway: 404."""
    patterns = [
        re.compile(re.sub(r"\{\w+\}", "[^/]+", path.replace("{proxy+}", ".+")))
        for _, path in methods(service)
    ]

    assert documented()
    for path in documented():
        asked = path.replace("{}", "x")
        assert any(pattern.fullmatch(asked) for pattern in patterns), path


def test_the_gateway_knows_nothing_that_the_api_has_not(service: Template) -> None:
    for _, path in methods(service):
        below = path.endswith("/{proxy+}")
        there = leads_on(path.removesuffix("/{proxy+}")) if below else is_documented(path)
        assert there or path in PAGES, path


def test_a_path_that_the_api_has_not_cannot_be_routed() -> None:
    with pytest.raises(ValueError, match=r"/v1/nothing is not in functions/openapi\.json"):
        known("/v1/nothing")


def test_no_resource_has_two_variables_below_it(service: Template) -> None:
    """AWS refuses the second ("a sibling already has a variable path part"); the embedded cloud
    takes it."""
    below: dict[str, set[str]] = {}
    for each in service.of("AWS::ApiGateway::Resource"):
        part = each.properties["PathPart"]
        if part.startswith("{"):
            below.setdefault(path_of(service, each.properties["ParentId"]), set()).add(part)

    assert below
    assert {path: parts for path, parts in below.items() if len(parts) > 1} == {}


def test_every_method_has_the_authorizer_but_health_documentation_and_signed_links(
    service: Template,
) -> None:
    (authorizer,) = service.of("AWS::ApiGateway::Authorizer")
    opened = set()
    for (name, path), method in methods(service).items():
        if name == "OPTIONS":
            continue
        if method.properties["AuthorizationType"] == "NONE":
            opened.add(path)
            assert name in ("GET", "HEAD") or (name, path) == ("POST", "/v1/playback/{proxy+}")
        else:
            assert method.properties["AuthorizationType"] == "CUSTOM"
            assert method.properties["AuthorizerId"] == {"Ref": authorizer.name}

    assert opened == {*PAGES, "/v1/health", "/v1/openapi.json", "/v1/playback/{proxy+}"}
    assert authorizer.properties["AuthorizerResultTtlInSeconds"] == 60
    assert authorizer.properties["IdentitySource"] == "method.request.header.Authorization"


@pytest.mark.parametrize(
    "kind",
    ["ACCESS_DENIED", "AUTHORIZER_FAILURE", "DEFAULT_4XX", "DEFAULT_5XX",
     "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "THROTTLED",
     "UNAUTHORIZED", "WAF_FILTERED"],
)  # fmt: skip
def test_what_the_gateway_refuses_is_a_problem_too(service: Template, kind: str) -> None:
    (response,) = [
        each.properties
        for each in service.of("AWS::ApiGateway::GatewayResponse")
        if each.properties["ResponseType"] == kind
    ]
    body: dict[str, Any] = json.loads(response["ResponseTemplates"]["application/json"])

    assert {"type", "title", "status", "detail", "instance", "code", "request_id"} == set(body)
    assert body["status"] == int(response.get("StatusCode") or body["status"])
    headers = response["ResponseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    assert headers["gatewayresponse.header.X-Request-Id"] == "context.requestId"
    assert headers["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'"
    # a browser's page may read why it was refused; never with the browser's own credentials
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    assert not [name for name in headers if name.endswith("Allow-Credentials")]


def test_what_the_gateway_refuses_says_how_to_come_in_or_when_to_come_back(
    service: Template,
) -> None:
    told = {}
    for each in service.of("AWS::ApiGateway::GatewayResponse"):
        headers = each.properties["ResponseParameters"]
        status = each.properties.get("StatusCode", "")
        named = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}.get(status)
        if named:
            told[each.properties["ResponseType"]] = headers[f"gatewayresponse.header.{named}"]

    assert told == {
        "UNAUTHORIZED": "'Bearer'",
        "ACCESS_DENIED": "'Bearer error=\"invalid_token\"'",
        "AUTHORIZER_FAILURE": "'1'",
        "INTEGRATION_TIMEOUT": "'1'",
        "QUOTA_EXCEEDED": "'1'",
        "THROTTLED": "'1'",
    }


def test_a_preflight_is_let_through_wherever_a_browser_may_call(service: Template) -> None:
    by_path = methods(service)

    for (name, path), method in by_path.items():
        if path not in {*PAGES, "/v1/openapi.json"}:
            asked = by_path["OPTIONS", path].properties
            assert asked["AuthorizationType"] == "NONE"
            assert asked["Integration"]["Uri"] == method.properties["Integration"]["Uri"], name


def test_every_api_function_knows_the_stage_s_origins(service: Template) -> None:
    known = [
        each.properties["Environment"]["Variables"]["CORS_ORIGINS"]
        for each in service.of("AWS::Lambda::Function")
        if each.properties["FunctionName"].endswith("-api")
    ]

    assert len(known) >= 4
    assert len(set(map(str, known))) == 1


def test_the_stage_of_the_gateway_is_traced_metered_throttled_and_logged(
    service: Template,
) -> None:
    (stage,) = service.of("AWS::ApiGateway::Stage")
    (everywhere,) = [
        each for each in stage.properties["MethodSettings"] if each["ResourcePath"] == "/*"
    ]
    line = stage.properties["AccessLogSetting"]["Format"]

    assert stage.properties["TracingEnabled"] is True
    assert everywhere["ThrottlingRateLimit"] == ANY_METHOD.rate
    assert everywhere["ThrottlingBurstLimit"] == ANY_METHOD.burst
    for settings in stage.properties["MethodSettings"]:
        assert settings["MetricsEnabled"] is True
        assert settings.get("DataTraceEnabled", False) is False
    assert json.loads(line)["request_id"] == "$context.requestId"
    assert not re.search(r"authorization|\.ip|sourceIp|userAgent", line)  # nothing personal


@pytest.mark.parametrize("limited", THROTTLES, ids=" ".join)
def test_a_limit_is_that_of_a_method_which_is_there(
    service: Template, limited: tuple[str, str]
) -> None:
    """Settings of a method that the gateway has not would limit nothing, silently."""
    method, path = limited
    (stage,) = service.of("AWS::ApiGateway::Stage")
    (settings,) = [
        each
        for each in stage.properties["MethodSettings"]
        if (each["HttpMethod"], each["ResourcePath"]) == (method, "/" + path.replace("/", "~1"))
    ]

    assert limited in methods(service)
    assert settings["ThrottlingRateLimit"] == THROTTLES[limited].rate < ANY_METHOD.rate
    assert settings["ThrottlingBurstLimit"] == THROTTLES[limited].burst < ANY_METHOD.burst


def test_replies_travel_compressed(service: Template) -> None:
    (api,) = service.of("AWS::ApiGateway::RestApi")

    assert api.properties["MinimumCompressionSize"] == 1024
    assert "BinaryMediaTypes" not in api.properties  # text alone goes through the gateway


def web_acls(name: str) -> Template:
    """Return the edge stack of a stage."""
    app = App(context=json.loads((ROOT / "cdk.json").read_text())["context"] | {"stage": name})
    stage = Stage.of(app.node)
    return Template(synthesised(app, EdgeStack(app, Names(stage), stage, "arn:stage")))


@pytest.mark.parametrize("name", ["prod", "dev"])
def test_the_web_acl_stands_before_the_api_where_a_stage_wants_it(name: str) -> None:
    wanted = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"][name]["waf"]
    made = web_acls(name)

    for kind in ("AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"):
        assert len(made.of(kind)) == int(wanted)


def test_the_web_acl_holds_managed_rules_a_rate_and_a_size(edge: Template) -> None:
    (acl,) = edge.of("AWS::WAFv2::WebACL")
    (association,) = edge.of("AWS::WAFv2::WebACLAssociation")
    rules = {each["Name"]: each for each in acl.properties["Rules"]}
    managed = {name: each for name, each in rules.items() if name.startswith("AWSManagedRules")}

    assert acl.properties["Scope"] == "REGIONAL"
    assert association.properties["WebACLArn"] == {"Fn::GetAtt": [acl.name, "Arn"]}
    assert {name for name, each in managed.items() if each["OverrideAction"] == {"None": {}}} == {
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }
    # what is counted would refuse customers: 8 KB of body, addresses and mark-up in notes
    common = managed["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    assert {each["Name"] for each in common["RuleActionOverrides"]} == {
        "SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY",
    }  # fmt: skip
    assert all(each["ActionToUse"] == {"Count": {}} for each in common["RuleActionOverrides"])
    rate = rules["RatePerAddress"]["Statement"]["RateBasedStatement"]
    assert (rate["AggregateKeyType"], rate["Limit"]) == ("IP", 10_000)
    assert len({each["Priority"] for each in rules.values()}) == len(rules)


@pytest.mark.parametrize(("rule", "status"), [("BodySize", 413), ("RatePerAddress", 429)])
def test_what_our_own_rules_refuse_is_a_problem(edge: Template, rule: str, status: int) -> None:
    (acl,) = edge.of("AWS::WAFv2::WebACL")
    (found,) = [each for each in acl.properties["Rules"] if each["Name"] == rule]
    response = found["Action"]["Block"]["CustomResponse"]
    body = acl.properties["CustomResponseBodies"][response["CustomResponseBodyKey"]]

    assert response["ResponseCode"] == status == json.loads(body["Content"])["status"]
    assert body["ContentType"] == "APPLICATION_JSON"
    assert ("ResponseHeaders" in response) == (status == 429)


@pytest.mark.parametrize(
    ("length", "stopped"),
    [("0", False), ("1000000", False), ("1999999", False), ("2000000", True), ("9999999", True),
     ("10000000", True), ("000002000000", True), ("123456789012", True), ("", False)],
)  # fmt: skip
def test_the_web_acl_stops_what_is_far_too_long(
    edge: Template,
    length: str,
    stopped: bool,  # noqa: FBT001
) -> None:
    (acl,) = edge.of("AWS::WAFv2::WebACL")
    (rule,) = [each for each in acl.properties["Rules"] if each["Name"] == "BodySize"]
    statement = rule["Statement"]["RegexMatchStatement"]

    assert statement["FieldToMatch"] == {"SingleHeader": {"Name": "content-length"}}
    assert bool(re.search(statement["RegexString"], length)) is stopped


def test_production_starts_api_functions_from_snapshots() -> None:
    service = template("prod", "Service")
    snapped = {
        each.name
        for each in service.of("AWS::Lambda::Function")
        if each.properties.get("SnapStart") == {"ApplyOn": "PublishedVersions"}
    }
    handlers = {
        each.name: each.properties["Handler"] for each in service.of("AWS::Lambda::Function")
    }
    aliases = {
        each.name: flat(each.properties["FunctionName"])
        for each in service.of("AWS::Lambda::Alias")
    }

    assert snapped
    assert snapped == {
        name for name, handler in handlers.items() if handler.split(".")[2].endswith("api")
    }
    # $LATEST has no snapshot: the gateway must call the alias, and be allowed to
    assert set(aliases.values()) == {f"<{name}>" for name in snapped}
    called = " ".join(
        flat(method.properties["Integration"].get("Uri", ""))
        for method in service.of("AWS::ApiGateway::Method")
    )
    may_call = [
        flat(each.properties["FunctionName"])
        for each in service.of("AWS::Lambda::Permission")
        if each.properties["Principal"] == "apigateway.amazonaws.com"
    ]
    assert all(f"<{alias}>" in called for alias in aliases)
    assert all(f"<{name}.Arn>" not in called for name in snapped)
    assert {f"<{alias}>" for alias in aliases} <= set(may_call)
