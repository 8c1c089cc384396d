"""Every Lambda: a role of its own with named rights, its settings, its layers, logs and alarms."""

import importlib
import re
from collections import Counter
from typing import Any

import pytest

from functions.shared.settings import Settings
from infra import packaging
from infra.names import INDEXES, TABLES
from infra.packaging import ROOT
from tests.infra.templates import (
    HANDLERS,
    Template,
    allowed,
    flat,
    function,
    listed,
    role_of,
    statements,
)

# Which functions evaluate the conditions of rules.
EVALUATORS = {
    ("crm", "import_rows"),
    ("crm", "revert_rows"),
    ("crm", "api"), ("crm", "find_api"), ("crm", "run_automations"), ("crm", "score_leads"),
    ("crm", "setup_api"),
}  # fmt: skip

every_function = pytest.mark.parametrize(("context", "folder"), HANDLERS)
README = (ROOT / "README.md").read_text()
AUDIT = {("identity", "record_audit"), ("identity", "seal_audit")}
# Variables that belong to libraries, not to a Settings class.
LIBRARIES = ("POWERTOOLS_", "PYDANTIC_")
# Besides the APIs: those that take from a quota or give back, the operators' way to set it, and
# what notes sign-ins for the audit log.
SPENDERS = {
    ("identity", "set_limits"), ("identity", "token_claims"),
    ("insight", "analyse"), ("insight", "transcribe"),
    ("video", "adopt"), ("video", "expire"), ("video", "fail"), ("video", "finish"),
    ("video", "package"), ("video", "plan"), ("video", "pull"), ("video", "start"),
}  # fmt: skip
# Actions that know no resource-level permission, or whose resources are made while running.
UNBOUND = {
    "xray:PutTelemetryRecords", "xray:PutTraceSegments", "xray:GetSamplingRules",
    "xray:GetSamplingTargets", "logs:CreateLogDelivery", "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
    "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
}  # fmt: skip


def settings_of(context: str, folder: str) -> type[Settings]:
    name = "".join(part.capitalize() for part in folder.split("_")) + "Settings"
    found = getattr(importlib.import_module(f"functions.{context}.settings"), name)
    assert issubclass(found, Settings)
    return found


def test_every_folder_with_a_handler_is_a_function_and_nothing_else_is(service: Template) -> None:
    handlers = [each.properties["Handler"] for each in service.of("AWS::Lambda::Function")]

    assert sorted(handlers) == [f"functions.{c}.{f}.handler.handler" for c, f in HANDLERS]


def test_every_function_has_a_role_of_its_own(service: Template) -> None:
    roles = Counter(flat(each.properties["Role"]) for each in service.of("AWS::Lambda::Function"))

    assert set(roles.values()) == {1}


def test_roles_have_no_managed_policies_and_one_service_that_assumes_them(
    service: Template,
) -> None:
    for role in service.of("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties
        assert "Policies" not in role.properties
        (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        service_name = trust["Principal"]["Service"].removesuffix(".amazonaws.com")
        assert service_name in ("lambda", "scheduler", "states")


def test_no_action_is_a_pattern(service: Template) -> None:
    actions = {
        action
        for policy in service.of("AWS::IAM::Policy")
        for statement in statements(policy)
        for action in listed(statement["Action"])
    }

    assert [action for action in actions if "*" in action or "?" in action] == []
    assert not {"dynamodb:Scan", "s3:PutBucketPolicy"} & actions


def test_one_function_passes_one_role_to_the_scheduler(service: Template) -> None:
    passed = [
        (each.name, resource)
        for each in service.of("AWS::IAM::Role")
        for action, resource in allowed(service, each)
        if action == "iam:PassRole"
    ]
    ((holder, resource),) = passed
    keeper = role_of(service, "crm", "schedule_reminders")
    assert holder == keeper.name
    (role,) = [
        each
        for each in service.of("AWS::IAM::Role")
        if "scheduler.amazonaws.com" in str(each.properties["AssumeRolePolicyDocument"])
    ]
    assert resource == f"<{role.name}.Arn>"
    assert {action for action, _ in allowed(service, role)} == {
        "lambda:InvokeFunction", "sqs:SendMessage",
    }  # fmt: skip
    assert {a for a, _ in allowed(service, keeper) if a.startswith("scheduler:")} == {
        "scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule",
    }  # fmt: skip


def test_only_actions_without_resource_level_permission_are_allowed_everywhere(
    service: Template,
) -> None:
    everywhere = {
        action
        for role in service.of("AWS::IAM::Role")
        for action, resource in allowed(service, role)
        if resource == "*"
    }

    assert everywhere - UNBOUND == set()


@every_function
def test_a_function_s_resources_are_ours(service: Template, context: str, folder: str) -> None:
    """Patterns end an ARN of this stage's: objects of a bucket, executions of a machine."""
    for action, resource in allowed(service, role_of(service, context, folder)):
        if action in UNBOUND or action.startswith("bedrock:"):
            continue
        assert "reelate-local" in resource or re.fullmatch(r"<[A-Za-z0-9]+\.Arn>", resource) or (
            resource.startswith("<import reelate-local-data:")
        ), (action, resource)  # fmt: skip


@every_function
def test_a_function_touches_its_own_context_s_table(
    service: Template, context: str, folder: str
) -> None:
    tables = {
        name
        for action, resource in allowed(service, role_of(service, context, folder))
        if action.startswith("dynamodb:")
        for name in TABLES
        if re.search(rf":table/reelate-local-{name}(/|$)", resource)
    }

    if (context, folder) in AUDIT:
        assert tables == {"platform"}
    else:
        spends = packaging.is_api(folder) or (context, folder) in SPENDERS
        assert tables <= ({context, "platform"} if spends else {context})


@every_function
def test_a_function_is_given_what_its_settings_ask_for(
    service: Template, context: str, folder: str
) -> None:
    declared = settings_of(context, folder)
    given = function(service, context, folder).properties["Environment"]["Variables"]

    assert set(declared.variables()) - set(given) == set()
    strangers = {
        name
        for name in given
        if not name.startswith(LIBRARIES)
        and name not in {field.upper() for field in declared.model_fields}
    }
    assert strangers == set()


@every_function
def test_the_given_environment_makes_the_settings(
    service: Template, context: str, folder: str
) -> None:
    """Parameters' defaults included: their text must be what a field can be made of."""
    given = function(service, context, folder).properties["Environment"]["Variables"]
    parameters = service.body["Parameters"]
    values = {
        name.lower(): str(parameters[value["Ref"]]["Default"])
        if isinstance(value, dict) and value.get("Ref") in parameters
        else flat(value)
        for name, value in given.items()
    }

    assert settings_of(context, folder).model_validate(values).stage == "local"


@every_function
def test_no_secret_is_in_an_environment(service: Template, context: str, folder: str) -> None:
    """Names of secrets only; their values are read while running, under the role's right."""
    given = function(service, context, folder).properties["Environment"]["Variables"]
    rights = allowed(service, role_of(service, context, folder))

    for name, value in given.items():
        if "SECRET" in name:
            assert "resolve:" not in flat(value)
            assert "secretsmanager:GetSecretValue" in {action for action, _ in rights}


@every_function
def test_a_function_is_small_modern_traced_and_logged(
    service: Template, context: str, folder: str
) -> None:
    made = function(service, context, folder)
    properties = made.properties
    logs = service.named(properties["LoggingConfig"]["LogGroup"])

    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert properties["FunctionName"] == f"reelate-local-{context}-{folder}".replace("_", "-")
    assert 1 <= properties["Timeout"] <= 900
    assert 1 <= logs.properties["RetentionInDays"] <= 400
    assert logs.properties["LogGroupName"] == f"/aws/lambda/{properties['FunctionName']}"
    assert ("logs:PutLogEvents", f"<{logs.name}.Arn>") in allowed(
        service, role_of(service, context, folder)
    )


@every_function
def test_a_function_has_the_layers_it_needs(service: Template, context: str, folder: str) -> None:
    layers = {
        service.named(each).properties["Description"].removeprefix("layers/")
        for each in function(service, context, folder).properties["Layers"]
    }
    code = {path.name for path in packaging.reachable(f"functions.{context}.{folder}.handler")}
    wanted = {"runtime"}
    if packaging.is_api(folder):
        wanted |= {"web"}
    if "ffmpeg.py" in code:
        wanted |= {"ffmpeg"}
    if code & {"kms.py", "cognito_tokens.py"}:
        wanted |= {"crypto"}
    if (context, folder) in EVALUATORS:
        wanted |= {"logic"}
    if "rapidfuzz_texts.py" in code:
        wanted |= {"likeness"}
    if context == "docs":
        wanted |= {"docs"}

    assert layers == wanted


@every_function
def test_errors_throttles_and_slowness_raise_alarms(
    service: Template, context: str, folder: str
) -> None:
    made = function(service, context, folder)
    watched = {
        alarm.properties["MetricName"]: alarm.properties
        for alarm in service.of("AWS::CloudWatch::Alarm")
        if any(flat(d["Value"]) == f"<{made.name}>" for d in alarm.properties["Dimensions"])
    }

    assert set(watched) == {"Errors", "Throttles", "Duration"}
    assert watched["Errors"]["Threshold"] == 1
    assert watched["Duration"]["Threshold"] < made.properties["Timeout"] * 1000


def test_every_alarm_names_a_runbook_section_that_exists(service: Template) -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (Runbook: .+)$", README, re.MULTILINE)
    }
    alarms = service.of("AWS::CloudWatch::Alarm")

    for alarm in alarms:
        words = alarm.properties["AlarmDescription"]
        named = re.search(r"README\.md#([a-z-]+)$", words)
        assert named, words
        assert named[1] in anchors, words
        assert alarm.properties["TreatMissingData"] == "notBreaching"
    assert alarms


def test_no_name_is_longer_than_aws_takes(service: Template) -> None:
    """In a stage with a name of 12 letters: 64 for functions, 80 for queues."""
    longer = 12 - len("local")
    for made in service.of("AWS::Lambda::Function"):
        assert len(made.properties["FunctionName"]) + longer <= 64
    for queue in service.of("AWS::SQS::Queue"):
        assert len(queue.properties["QueueName"]) + longer <= 80


def test_what_is_invoked_is_what_may_invoke(service: Template) -> None:
    """No function can be invoked by another account or by a service without a source."""
    for permission in service.of("AWS::Lambda::Permission"):
        properties: dict[str, Any] = permission.properties
        assert properties["Principal"] in {
            f"{each}.amazonaws.com" for each in ("apigateway", "cognito-idp", "events")
        }
        assert "SourceArn" in properties


def test_only_indexes_that_are_there_are_granted(service: Template) -> None:
    known = {
        f"table/reelate-local-{context}/index/{index}"
        for context, indexes in INDEXES.items()
        for index in indexes
    }
    granted = {
        match[0]
        for context, folder in HANDLERS
        for _, resource in allowed(service, role_of(service, context, folder))
        if (match := re.search(r"table/[^/]+/index/\w+", resource))
    }

    assert granted == known
