"""The regional web ACL of the API: managed rules, and what one address may send."""

import json
from typing import Any, NamedTuple

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.names import Names

RATE_PER_ADDRESS = 10_000  # requests in five minutes; more than 30 a second, all the time
# The functions refuse more than 1,000,000 bytes; this spares them what is far beyond. By the
# declared length: the web ACL itself looks at the first bytes of a body alone.
_TOO_LONG = r"^0*([2-9]\d{6}|\d{8,})$"


class _Group(NamedTuple):
    """A group of rules that AWS keeps; rules in `counted` are watched and block nothing."""

    name: str
    counted: tuple[str, ...] = ()
    block: bool = True


_MANAGED = (
    _Group("AWSManagedRulesAmazonIpReputationList"),
    # Proxies and hosting providers: integrations live there, so they are counted, not refused.
    _Group("AWSManagedRulesAnonymousIpList", block=False),
    _Group(
        "AWSManagedRulesCommonRuleSet",
        # Its limit of a body is 8 KB. Notes and transcripts quote addresses and mark-up, which
        # are data here and never rendered.
        counted=("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY"),
    ),
    _Group("AWSManagedRulesKnownBadInputsRuleSet"),
)


def web_acl(scope: Construct, names: Names, stage_arn: str) -> None:
    """Put managed rules, a rate limit per address and a limit of the body before an API stage."""
    rules = [
        _rule("BodySize", 0, _declared_length(), block="too-large"),
        _rule("RatePerAddress", 1, _rate(), block="quota-exceeded"),
        *(_managed(group, priority) for priority, group in enumerate(_MANAGED, start=10)),
    ]
    acl = waf.CfnWebACL(
        scope,
        "WebAcl",
        name=names.of("api"),
        scope="REGIONAL",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        rules=rules,
        custom_response_bodies={
            "too-large": _problem(413, "too-large", "Too large", "The request is too large."),
            "quota-exceeded": _problem(
                429, "quota-exceeded", "Too many requests", "Slow down and try again."
            ),
        },
        visibility_config=_visible(names.of("api")),
    )
    waf.CfnWebACLAssociation(
        scope,
        "WebAclAssociation",
        resource_arn=stage_arn,
        web_acl_arn=acl.attr_arn,
    )


def _managed(group: _Group, priority: int) -> waf.CfnWebACL.RuleProperty:
    counting = waf.CfnWebACL.RuleActionProperty(count={})
    return waf.CfnWebACL.RuleProperty(
        name=group.name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={})
        if group.block
        else waf.CfnWebACL.OverrideActionProperty(count={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=group.name,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(name=each, action_to_use=counting)
                    for each in group.counted
                ]
                or None,
            )
        ),
        visibility_config=_visible(group.name),
    )


def _rule(
    name: str, priority: int, statement: waf.CfnWebACL.StatementProperty, *, block: str
) -> waf.CfnWebACL.RuleProperty:
    """Return a rule of our own, which answers with one of the bodies below."""
    status = {"too-large": 413, "quota-exceeded": 429}[block]
    waiting = [waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value="60")]
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(
                custom_response=waf.CfnWebACL.CustomResponseProperty(
                    response_code=status,
                    custom_response_body_key=block,
                    response_headers=waiting if status == 429 else None,
                )
            )
        ),
        statement=statement,
        visibility_config=_visible(name),
    )


def _rate() -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
            aggregate_key_type="IP", limit=RATE_PER_ADDRESS, evaluation_window_sec=300
        )
    )


def _declared_length() -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        regex_match_statement=waf.CfnWebACL.RegexMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(
                single_header={"Name": "content-length"}
            ),
            regex_string=_TOO_LONG,
            text_transformations=[
                waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")
            ],
        )
    )


def _problem(
    status: int, slug: str, title: str, detail: str
) -> waf.CfnWebACL.CustomResponseBodyProperty:
    # AWS lets no other media type be chosen, and knows no variables here: no id of the request.
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": slug.replace("-", "_"),
    }
    return waf.CfnWebACL.CustomResponseBodyProperty(
        content_type="APPLICATION_JSON", content=json.dumps(body)
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
