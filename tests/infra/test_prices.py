"""What the price table says stands there while nothing happens is what the templates have."""

from functions.video import prices
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


def test_the_cost_ledger_and_the_price_table_have_one_list_of_prices() -> None:
    listed = price.load()
    assert {
        "date": listed["date"].isoformat(),
        "region": listed["region"],
        **{name: listed["lambda"][name] for name in ("gb_second", "request")},
        **listed["states"],
        **{name: listed["s3"][name] for name in ("put", "gb_month")},
        **{name: listed["transcribe"][name] for name in ("minute", "minimum_seconds")},
        **{f"convert_{name}": price for name, price in listed["mediaconvert"].items()},
        **{name: listed["bedrock"]["nova_lite"][name] for name in ("input_token", "output_token")},
    } == {
        "date": prices.AS_OF,
        "region": prices.REGION,
        "gb_second": prices.GB_SECOND,
        "request": prices.LAMBDA_REQUEST,
        "transition": prices.TRANSITION,
        "express_request": prices.EXPRESS_REQUEST,
        "express_gb_second": prices.EXPRESS_GB_SECOND,
        "put": prices.S3_PUT,
        "gb_month": prices.S3_GB_MONTH,
        "convert_basic_minute": prices.MEDIACONVERT_BASIC_MINUTE,
        "convert_professional_minute": prices.MEDIACONVERT_PROFESSIONAL_MINUTE,
        "convert_minimum_seconds": prices.MEDIACONVERT_MINIMUM_SECONDS,
        "convert_ladder_minute": 4 * prices.MEDIACONVERT_BASIC_MINUTE,  # 720p twice, 480p, 360p
        "minute": prices.TRANSCRIBE_MINUTE,
        "minimum_seconds": prices.TRANSCRIBE_MINIMUM_SECONDS,
        "input_token": prices.INPUT_TOKEN,
        "output_token": prices.OUTPUT_TOKEN,
    }
