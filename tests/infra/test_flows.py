"""Queues, streams, rules, the state machine and the gateway: nothing is lost without a trace."""

import re

from functions.shared.events import CATALOGUE, detail_type
from infra.packaging import ROOT
from tests.infra.templates import (
    Resource,
    Template,
    allowed,
    flat,
    listed,
    statements,
)

MACHINES = {"reelate-local-video": "video", "reelate-local-crm-import": "import",
            "reelate-local-crm-export": "export", "reelate-local-video-pull": "pull"}  # fmt: skip


def _asl(machine: Resource) -> str:
    name = MACHINES[str(machine.properties["StateMachineName"])]
    return (ROOT / "infra" / f"{name}.asl.json").read_text()


def _is_dead_letters(queue: Resource) -> bool:
    return str(queue.properties["QueueName"]).endswith("-dlq")


def test_every_queue_has_a_dead_letter_queue_that_keeps_for_14_days(service: Template) -> None:
    queues = service.of("AWS::SQS::Queue")
    assert queues

    for queue in queues:
        if _is_dead_letters(queue):
            assert queue.properties["MessageRetentionPeriod"] == 14 * 86_400
        else:
            redrive = queue.properties["RedrivePolicy"]
            assert _is_dead_letters(service.named(redrive["deadLetterTargetArn"]))
            assert 2 <= redrive["maxReceiveCount"] <= 10


def test_the_first_dead_letter_raises_an_alarm(service: Template) -> None:
    watched = {
        flat(each.properties["Dimensions"][0]["Value"]): each.properties["Threshold"]
        for each in service.of("AWS::CloudWatch::Alarm")
        if each.properties["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    dead = [each for each in service.of("AWS::SQS::Queue") if _is_dead_letters(each)]

    assert watched == {f"<{queue.name}.QueueName>": 1 for queue in dead}


def test_a_late_consumer_raises_an_alarm(service: Template) -> None:
    watched = {
        flat(each.properties["Dimensions"][0]["Value"])
        for each in service.of("AWS::CloudWatch::Alarm")
        if each.properties["MetricName"] == "ApproximateAgeOfOldestMessage"
    }
    live = [each for each in service.of("AWS::SQS::Queue") if not _is_dead_letters(each)]

    assert watched == {f"<{queue.name}.QueueName>" for queue in live}


def test_queues_are_encrypted_and_refuse_plain_http(service: Template) -> None:
    for queue in service.of("AWS::SQS::Queue"):
        assert queue.properties["SqsManagedSseEnabled"] is True
        denied = [
            statement
            for policy in service.of("AWS::SQS::QueuePolicy")
            if {"Ref": queue.name} in policy.properties["Queues"]
            for statement in statements(policy)
            if statement["Effect"] == "Deny"
        ]
        assert [each["Condition"] for each in denied] == [
            {"Bool": {"aws:SecureTransport": "false"}}
        ]


def test_only_the_rule_that_feeds_a_queue_may_send_to_it(service: Template) -> None:
    for policy in service.of("AWS::SQS::QueuePolicy"):
        for statement in statements(policy):
            if statement["Effect"] == "Allow":
                assert statement["Principal"] == {"Service": "events.amazonaws.com"}
                assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]


def test_a_retry_cannot_overlap_the_first_try(service: Template) -> None:
    """AWS's advice: a queue hides a message for six times its function's timeout."""
    for mapping in _mappings(service, "sqs"):
        function = service.named(mapping.properties["FunctionName"])
        queue = service.named(mapping.properties["EventSourceArn"])
        assert queue.properties["VisibilityTimeout"] >= 6 * function.properties["Timeout"]
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_stream_that_cannot_be_read_on_ends_in_dead_letters(service: Template) -> None:
    mappings = _mappings(service, "stream")

    # every context's table to the outbox; those and the platform's to the audit log
    assert len(mappings) == 4 + 5
    for mapping in mappings:
        properties = mapping.properties
        dead = service.named(properties["DestinationConfig"]["OnFailure"]["Destination"])
        assert _is_dead_letters(dead)
        assert properties["BisectBatchOnFunctionError"] is True
        assert properties["MaximumRetryAttempts"] > 0
        assert 0 < properties["MaximumRecordAgeInSeconds"] < 86_400  # the stream's own memory
        assert properties["StartingPosition"] == "TRIM_HORIZON"


def test_every_target_of_a_rule_has_dead_letters(service: Template) -> None:
    targets = [
        target for rule in service.of("AWS::Events::Rule") for target in rule.properties["Targets"]
    ]

    assert targets
    for target in targets:
        assert _is_dead_letters(service.named(target["DeadLetterConfig"]["Arn"]))


def test_a_function_that_is_called_and_forgotten_has_dead_letters(service: Template) -> None:
    """Rules call functions asynchronously: after two retries an event would be gone."""
    called = {
        target["Arn"]["Fn::GetAtt"][0]
        for rule in service.of("AWS::Events::Rule")
        for target in rule.properties["Targets"]
    }
    functions = [each for each in service.of("AWS::Lambda::Function") if each.name in called]

    assert functions
    for function in functions:
        dead = service.named(function.properties["DeadLetterConfig"]["TargetArn"])
        assert _is_dead_letters(dead)


def test_each_state_machine_may_call_the_functions_of_its_definition_and_no_others(
    service: Template,
) -> None:
    machines = service.of("AWS::StepFunctions::StateMachine")
    assert {each.properties["StateMachineName"] for each in machines} == set(MACHINES)
    for machine in machines:
        role = service.named(machine.properties["RoleArn"])
        called = {
            flat(machine.properties["DefinitionSubstitutions"][name])
            for name in re.findall(r"\$\{(\w+Arn)\}", _asl(machine))
        }
        may_call = {
            flat(resource)
            for policy in service.of("AWS::IAM::Policy")
            if {"Ref": role.name} in policy.properties["Roles"]
            for statement in statements(policy)
            if "lambda:InvokeFunction" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }

        assert called
        assert may_call == called


def test_a_machine_starts_and_stops_children_of_its_own_and_no_other(service: Template) -> None:
    for machine in service.of("AWS::StepFunctions::StateMachine"):
        role = service.named(machine.properties["RoleArn"])
        name = machine.properties["StateMachineName"]
        may = {
            (action, resource.rpartition(":states:")[2].partition("<AWS::AccountId>:")[2])
            for action, resource in allowed(service, role)
            if action.startswith("states:")
        }
        distributed = '"DISTRIBUTED"' in _asl(machine)

        assert may == (
            {
                ("states:StartExecution", f"stateMachine:{name}"),
                ("states:DescribeExecution", f"execution:{name}/*"),
                ("states:StopExecution", f"execution:{name}/*"),
            }
            if distributed
            else set()
        )


def test_every_substitution_of_a_definition_is_given_and_used(service: Template) -> None:
    for machine in service.of("AWS::StepFunctions::StateMachine"):
        assert set(machine.properties["DefinitionSubstitutions"]) == set(
            re.findall(r"\$\{(\w+)\}", _asl(machine))
        )


def test_every_state_machine_is_traced_and_logs_no_data(service: Template) -> None:
    for machine in service.of("AWS::StepFunctions::StateMachine"):
        logging = machine.properties["LoggingConfiguration"]

        assert machine.properties["TracingConfiguration"] == {"Enabled": True}
        assert logging["Level"] == "ALL"
        assert logging["IncludeExecutionData"] is False


def test_every_log_group_forgets(service: Template) -> None:
    for group in service.of("AWS::Logs::LogGroup"):
        assert group.properties["RetentionInDays"] == 30


def _mappings(service: Template, kind: str) -> list[Resource]:
    from_stream = [
        each
        for each in service.of("AWS::Lambda::EventSourceMapping")
        if "Fn::ImportValue" in each.properties["EventSourceArn"]
    ]
    rest = [
        each
        for each in service.of("AWS::Lambda::EventSourceMapping")
        if "Fn::ImportValue" not in each.properties["EventSourceArn"]
    ]
    assert rest
    return from_stream if kind == "stream" else rest


def test_a_deactivated_member_s_records_move_when_the_authorizer_has_forgotten_them(
    service: Template,
) -> None:
    """Else they could still make records that stay theirs."""
    (ttl,) = {
        each.properties["AuthorizerResultTtlInSeconds"]
        for each in service.of("AWS::ApiGateway::Authorizer")
    }
    queues = {
        str(each.properties["QueueName"]): each.properties
        for each in service.of("AWS::SQS::Queue")
        if str(each.properties["QueueName"]).endswith("-reassign")
    }

    assert set(queues) == {f"reelate-local-{each}-reassign" for each in ("crm", "video")}
    for properties in queues.values():
        assert properties["DelaySeconds"] > ttl
    heard = {"source": [CATALOGUE["member.deactivated"].source]}
    heard["detail-type"] = [detail_type("member.deactivated")]
    patterns = [each.properties.get("EventPattern") for each in service.of("AWS::Events::Rule")]
    assert patterns.count(heard) == len(queues)


def test_a_video_that_is_gone_for_good_is_heard_of_by_all_who_hold_something_of_it(
    service: Template,
) -> None:
    heard = {
        "source": [CATALOGUE["video.purged"].source],
        "detail-type": [detail_type("video.purged")],
    }
    queues = {
        str(service.named(target["Arn"]).properties["QueueName"])
        for rule in service.of("AWS::Events::Rule")
        if rule.properties.get("EventPattern") == heard
        for target in rule.properties["Targets"]
    }
    fed = {
        str(service.named(each.properties["EventSourceArn"]).properties["QueueName"]): flat(
            each.properties["FunctionName"]
        )
        for each in service.of("AWS::Lambda::EventSourceMapping")
        if "Fn::GetAtt" in each.properties["EventSourceArn"]
    }

    assert queues == {"reelate-local-crm-sweep", "reelate-local-insight-forget"}
    for queue in queues:
        function = service.named({"Ref": fed[queue].strip("<>")})
        assert function.properties["FunctionName"] == queue
