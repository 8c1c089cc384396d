"""The regional web ACL of the API: managed rules, and a rate limit per address."""

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.names import Names


def web_acl(scope: Construct, names: Names, stage_arn: str) -> None:
    """Put managed rules and a rate limit per address in front of an API stage."""

    def visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
        return waf.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
        )

    managed = [
        waf.CfnWebACL.RuleProperty(
            name=name,
            priority=priority,
            override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
            statement=waf.CfnWebACL.StatementProperty(
                managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS", name=name, excluded_rules=excluded
                )
            ),
            visibility_config=visible(name),
        )
        for priority, (name, excluded) in enumerate(
            {
                # its body limit is 8 KB; ours is 1 MB and enforced by the functions
                "AWSManagedRulesCommonRuleSet": [
                    waf.CfnWebACL.ExcludedRuleProperty(name="SizeRestrictions_BODY")
                ],
                "AWSManagedRulesKnownBadInputsRuleSet": None,
            }.items()
        )
    ]
    rate = waf.CfnWebACL.RuleProperty(
        name="RatePerAddress",
        priority=10,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=10_000
            )
        ),
        visibility_config=visible("RatePerAddress"),
    )
    acl = waf.CfnWebACL(
        scope,
        "WebAcl",
        name=names.of("api"),
        scope="REGIONAL",
        default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
        rules=[*managed, rate],
        visibility_config=visible(names.of("api")),
    )
    waf.CfnWebACLAssociation(
        scope,
        "WebAclAssociation",
        resource_arn=stage_arn,
        web_acl_arn=acl.attr_arn,
    )
