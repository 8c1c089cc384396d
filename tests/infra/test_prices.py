"""What the price table says stands there while nothing happens is what the templates have."""

from infra.cli import price
from tests.infra.templates import Template


def test_the_idle_month_counts_what_is_there(
    data: Template, service: Template, edge: Template
) -> None:
    stacks = (data, service, edge)

    def count(kind: str) -> int:
        return sum(len(stack.of(kind)) for stack in stacks)

    (acl,) = edge.of("AWS::WAFv2::WebACL")
    assert {
        "alarms": count("AWS::CloudWatch::Alarm"),
        "keys": count("AWS::KMS::Key"),
        "secrets": count("AWS::SecretsManager::Secret"),
        "rules": len(acl.properties["Rules"]),
    } == {
        "alarms": price.ALARMS,
        "keys": price.KEYS,
        "secrets": price.SECRETS,
        "rules": price.WAF_RULES,
    }
