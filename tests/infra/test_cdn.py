"""The CDN of a stage that has one: what the templates say of it. No stage in cdk.json has one."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from pydantic import ValidationError

from infra.data import DataStack
from infra.edge import EdgeStack
from infra.function import House
from infra.house import house_values, layer_versions
from infra.nag import check
from infra.names import Names
from infra.packaging import ROOT
from infra.stage import Cdn, Stage
from infra.video import Video
from tests.infra.templates import Template, allowed, flat, function, role_of, synthesised

OLD = "-----BEGIN PUBLIC KEY-----\nb2xk\n-----END PUBLIC KEY-----\n"
NEW = "-----BEGIN PUBLIC KEY-----\nbmV3\n-----END PUBLIC KEY-----\n"
STAGE_ARN = "arn:aws:apigateway:eu-central-1::/restapis/one/stages/v1"
DEPLOYED = {"distribution": "E1ABCDEF", "signing_key": "K2ABCDEF"}
CDN = {
    "domain": "media.example.com",
    "certificate": "arn:aws:acm:us-east-1:123456789012:certificate/one",
    "public_keys": [OLD],
}


def stage(**cdn: Any) -> Stage:
    stages = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    return Stage(name="prod", **stages["prod"] | {"cdn": CDN | cdn})


@cache
def stacks(*, deployed: bool = False, keys: tuple[str, ...] = (OLD,)) -> tuple[Template, Path]:
    """Return data and edge stacks of a stage with a CDN as one template, and where they lie."""
    chosen = stage(public_keys=keys, **(DEPLOYED if deployed else {}))
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=context)
    names = Names(chosen)
    DataStack(app, names, chosen)
    EdgeStack(app, names, chosen, STAGE_ARN)
    check(app)  # cdk-nag: synthesis fails on a finding
    made = app.synth()
    whole: dict[str, Any] = {"Resources": {}, "Outputs": {}}
    for each in made.stacks:
        for part, entries in whole.items():
            entries |= each.template.get(part, {})
    return Template(whole), Path(made.directory)


def distribution() -> dict[str, Any]:
    (found,) = stacks()[0].of("AWS::CloudFront::Distribution")
    config: dict[str, Any] = found.properties["DistributionConfig"]
    return config


def test_cfn_lint_finds_nothing() -> None:
    _, folder = stacks(deployed=True)
    lint = Path(sys.executable).with_name("cfn-lint")
    templates = [str(folder / f"{name}.template.json") for name in ("Data", "Edge")]

    done = subprocess.run([lint, *templates], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_everything_behind_it_asks_for_a_signature_over_tls() -> None:
    config = distribution()
    (group,) = stacks()[0].of("AWS::CloudFront::KeyGroup")

    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert len(behaviours) == 5
    for each in behaviours:
        assert each["TrustedKeyGroups"] == [{"Ref": group.name}]
        assert each["ViewerProtocolPolicy"] == "https-only"
        assert each["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["Aliases"] == ["media.example.com"]


def test_it_reads_the_bucket_by_origin_access_control() -> None:
    (access,) = stacks()[0].of("AWS::CloudFront::OriginAccessControl")
    (origin,) = distribution()["Origins"]

    signing = access.properties["OriginAccessControlConfig"]
    assert (signing["SigningBehavior"], signing["SigningProtocol"]) == ("always", "sigv4")
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": [access.name, "Id"]}
    assert flat(origin["DomainName"]).startswith("reelate-prod-media-")
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}


def test_the_bucket_lets_in_this_distribution_alone_and_only_once_it_is_named() -> None:
    def let_in(template: Template) -> list[dict[str, Any]]:
        return [
            each
            for policy in template.of("AWS::S3::BucketPolicy")
            for each in policy.properties["PolicyDocument"]["Statement"]
            if each.get("Principal") == {"Service": "cloudfront.amazonaws.com"}
        ]

    assert let_in(stacks()[0]) == []
    (statement,) = let_in(stacks(deployed=True)[0])
    assert (statement["Effect"], statement["Action"]) == ("Allow", "s3:GetObject")
    assert flat(statement["Condition"]["StringEquals"]["aws:SourceArn"]).endswith(
        ":distribution/E1ABCDEF"
    )


def test_replies_may_be_used_by_any_page_and_are_never_taken_for_a_page() -> None:
    policies = stacks()[0].of("AWS::CloudFront::ResponseHeadersPolicy")

    assert len(policies) == 2
    for policy in policies:
        config = policy.properties["ResponseHeadersPolicyConfig"]
        security = config["SecurityHeadersConfig"]
        assert config["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}
        assert config["CorsConfig"]["AccessControlAllowCredentials"] is False
        assert security["ContentTypeOptions"] == {"Override": True}
        assert security["ContentSecurityPolicy"] == {
            "ContentSecurityPolicy": "default-src 'none'; sandbox", "Override": True,
        }  # fmt: skip


def test_nothing_is_kept_longer_than_an_address_is_good_and_no_error_at_all() -> None:
    (policy,) = stacks()[0].of("AWS::CloudFront::CachePolicy")
    config = policy.properties["CachePolicyConfig"]

    assert config["MaxTTL"] == config["DefaultTTL"] == 3_600
    assert config["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"] == {
        "QueryStringBehavior": "none"
    }
    assert {each["ErrorCachingMinTTL"] for each in distribution()["CustomErrorResponses"]} == {0}
    assert {each["ErrorCode"] for each in distribution()["CustomErrorResponses"]} >= {403, 404, 503}
    kept = {each["PathPattern"]: each["CachePolicyId"] for each in distribution()["CacheBehaviors"]}
    assert kept == {
        **dict.fromkeys(("*.vtt", "*.json"), "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
        **{path: {"Ref": policy.name} for path in ("*/video.mp4", "*/audio.m4a")},
    }


def test_whole_files_are_saved_and_all_else_is_shown() -> None:
    policies = {
        each.name: each.properties["ResponseHeadersPolicyConfig"]
        for each in stacks()[0].of("AWS::CloudFront::ResponseHeadersPolicy")
    }
    config = distribution()
    used = {
        each.get("PathPattern", "*"): policies[each["ResponseHeadersPolicyId"]["Ref"]]
        for each in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    }

    for path, policy in used.items():
        added = policy.get("CustomHeadersConfig", {"Items": []})["Items"]
        saved = {"Header": "Content-Disposition", "Override": True, "Value": "attachment"}
        assert added == ([saved] if path in ("*/video.mp4", "*/audio.m4a") else [])


def test_it_logs_into_a_bucket_that_forgets() -> None:
    (logs,) = [
        each
        for each in stacks()[0].of("AWS::S3::Bucket")
        if flat(each.properties["BucketName"]).startswith("reelate-prod-cdn-logs-")
    ]
    (rule,) = logs.properties["LifecycleConfiguration"]["Rules"]

    assert distribution()["Logging"]["IncludeCookies"] is False
    assert logs.name in json.dumps(distribution()["Logging"]["Bucket"])
    assert rule["ExpirationInDays"] == 365
    assert set(logs.properties["PublicAccessBlockConfiguration"].values()) == {True}


def test_a_key_is_replaced_by_having_two_for_a_while() -> None:
    def keys(*chosen: str) -> dict[str, str]:
        template, _ = stacks(keys=chosen)
        (group,) = template.of("AWS::CloudFront::KeyGroup")
        made = {
            each.name: each.properties["PublicKeyConfig"]["EncodedKey"]
            for each in template.of("AWS::CloudFront::PublicKey")
        }
        assert group.properties["KeyGroupConfig"]["Items"] == [{"Ref": name} for name in made]
        return made

    first, both, last = keys(OLD), keys(OLD, NEW), keys(NEW)

    assert both == first | last  # neither is touched when the other comes or goes
    assert set(first.values()) == {OLD}
    assert set(last.values()) == {NEW}
    assert {"CdnDistribution", "CdnTarget", "CdnKey1", "CdnKey2"} <= set(
        stacks(keys=(OLD, NEW))[0].body["Outputs"]
    )


@pytest.mark.parametrize("deployed", [False, True])
def test_the_api_signs_once_the_distribution_is_there(*, deployed: bool) -> None:
    chosen = stage(**(DEPLOYED if deployed else {}))
    stack = Stack(app := App(), "Service")
    names = Names(chosen)
    shelf = layer_versions(stack, "local", ("runtime", "web", "crypto"))
    Video(stack, House(names, chosen, shelf, house_values(names, "arn:key")))
    template = Template(synthesised(app, stack))

    made = function(template, "video", "api").properties
    variables = made["Environment"]["Variables"]
    told = {name: value for name, value in variables.items() if name.startswith("CDN_")}
    secrets = {
        flat(resource).rpartition(":")[2]
        for action, resource in allowed(template, role_of(template, "video", "api"))
        if action == "secretsmanager:GetSecretValue"
    }

    values = {
        "CDN_DOMAIN": "media.example.com", "CDN_KEY_ID": "K2ABCDEF",
        "CDN_SECRET": "reelate-prod-cdn",
    }  # fmt: skip
    assert told == (values if deployed else {})
    assert ("reelate-prod-cdn-??????" in secrets) is deployed
    assert len(made["Layers"]) == (3 if deployed else 2)


def test_no_template_holds_a_private_key() -> None:
    secrets = stacks()[0].of("AWS::SecretsManager::Secret")
    (kept,) = [each for each in secrets if each.properties["Name"] == "reelate-prod-cdn"]

    assert set(kept.properties) & {"SecretString", "GenerateSecretString"} == set()


@pytest.mark.parametrize("keys", [[], [OLD, NEW, OLD]])
def test_a_stage_with_no_key_or_three_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValidationError, match="public_keys"):
        Cdn.model_validate(CDN | {"public_keys": keys})
