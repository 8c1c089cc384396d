"""The house state machine: a role that invokes its steps alone, logs without payloads, tracing."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.function import RETENTION, House, HouseFunction
from infra.nag import acknowledge, acknowledge_pattern
from infra.packaging import ROOT

Edit = Callable[[dict[str, Any]], dict[str, Any]]


def state_machine(
    scope: Construct,
    house: House,
    name: str,
    definition: str,
    steps: Mapping[str, HouseFunction],
    values: Mapping[str, str] | None = None,
    *,
    distributed: bool = False,
    edit: Edit | None = None,
    also: Sequence[iam.PolicyStatement] = (),
) -> None:
    """Add the state machine `name` (and its role and log group) to a scope, which has no other.

    `definition` is the file `infra/<definition>.asl.json`, where `${<step>Arn}` stands for each of
    `steps` and `${<name>}` for each of `values`. `distributed`: it has a Distributed Map. `edit`
    changes the file's content, and `also` is what the machine may do because of that.
    """
    role = iam.Role(scope, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=[step.function.function_arn for step in steps.values()],
        )
    )
    for statement in also:
        role.add_to_policy(statement)
    if distributed:
        _runs_children(role, house, name)
    log_group = logs.LogGroup(
        scope,
        "MachineLogs",
        log_group_name=f"/aws/vendedlogs/states/{name}",
        retention=RETENTION[house.stage.log_retention_days],
        removal_policy=RemovalPolicy.DESTROY,
    )
    stepfunctions.StateMachine(
        scope,
        "Machine",
        state_machine_name=name,
        definition_body=_body(ROOT / "infra" / f"{definition}.asl.json", edit),
        definition_substitutions={
            **{f"{step}Arn": function.function.function_arn for step, function in steps.items()},
            **(values or {}),
        },
        role=role,
        tracing_enabled=True,
        logs=stepfunctions.LogOptions(
            destination=log_group,
            level=stepfunctions.LogLevel.ALL,
            include_execution_data=False,
        ),
    )
    for finding in ("Resource::*", "Action::*"):
        acknowledge(
            role,
            id=f"AwsSolutions-IAM5[{finding}]",
            reason="Log delivery and X-Ray know no resource-level permission.",
        )


def _body(file: Path, edit: Edit | None) -> stepfunctions.DefinitionBody:
    if edit is not None:
        edited = ROOT / "build" / "machines" / file.name
        edited.parent.mkdir(parents=True, exist_ok=True)
        edited.write_text(json.dumps(edit(json.loads(file.read_text())), indent=2) + "\n")
        file = edited
    return stepfunctions.DefinitionBody.from_file(str(file))


def _runs_children(role: iam.Role, house: House, name: str) -> None:
    """Let a machine start and stop children of its own Maps, and no other machine's."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["states:StartExecution"],
            resources=[house.names.arn("states", f"stateMachine:{name}")],
        )
    )
    children = house.names.arn("states", f"execution:{name}/*")
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["states:DescribeExecution", "states:StopExecution"], resources=[children]
        )
    )
    acknowledge_pattern(role, children, "A child's name is made when it starts.")
