"""What the stacks with functions have in common: the values of their variables, and the layers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import layers
from infra.names import TABLES, Names


def house_values(names: Names, audit_key_arn: str) -> dict[str, str]:
    """Return the values of settings that follow from the stage's names."""
    return {
        "stage": names.stage.name,
        **{f"{context}_table": names.of(context) for context in TABLES},
        "uploads_bucket": names.bucket("uploads"),
        "media_bucket": names.bucket("media"),
        "audit_bucket": names.bucket("audit"),
        "audit_key": audit_key_arn,
        "exchange_bucket": names.bucket("exchange"),
        "pull_machine_arn": names.machine_arn("video", "pull"),
        "import_machine_arn": names.machine_arn("crm", "import"),
        "export_machine_arn": names.machine_arn("crm", "export"),
        "encode_concurrency": str(names.stage.encode_concurrency),
        "import_lanes": str(names.stage.import_lanes),
        "event_bus": names.bus,
        "views_queue_url": names.queue_url("video", "tally_views"),
        "state_machine_arn": names.state_machine_arn,
        "schedule_prefix": names.schedule_prefix,
        "schedule_role_arn": names.schedule_role_arn,
        "remind_function_arn": names.function_arn("crm", "remind"),
        "remind_dead_letters_arn": names.arn("sqs", names.of("crm", "remind", "dlq")),
        **{
            f"{context}_check_function": names.function(context, "check")
            for context in ("crm", "identity", "video")
        },
        "signing_secret": names.signing_secret,
        "cors_origins": " ".join(names.stage.cors_origins),
        **({"mediaconvert_role": names.mediaconvert_role_arn} if names.stage.mediaconvert else {}),
        **_cdn_values(names),
    }


def _cdn_values(names: Names) -> dict[str, str]:
    cdn = names.stage.cdn
    if cdn is None or not cdn.in_use:
        return {}
    return {
        "cdn_domain": cdn.domain,
        "cdn_key_id": cdn.signing_key,
        "cdn_secret": names.cdn_secret,
    }


def layer_versions(
    scope: Construct, target: layers.Target, wanted: Sequence[str] = layers.NAMES
) -> Mapping[str, lambda_.ILayerVersion]:
    """Return a stack's own versions of third-party layers."""
    return {
        name: lambda_.LayerVersion(
            scope,
            f"{name.capitalize()}Layer",
            code=_layer_code(name, target),
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            description=f"layers/{name}",
        )
        for name in wanted
    }


def _layer_code(name: str, target: layers.Target) -> lambda_.Code:
    folder: Path = layers.build(name, target)
    return lambda_.Code.from_asset(
        str(folder), asset_hash=layers.key(name), asset_hash_type=AssetHashType.CUSTOM
    )
