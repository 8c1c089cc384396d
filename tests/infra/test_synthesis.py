"""The application synthesises: twice the same, without a finding, and not with a violation."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs

from infra.nag import acknowledge, check
from infra.packaging import ROOT
from infra.stage import Stage
from tests.infra.templates import BEHIND_THE_API, STACKS, assembly, synthesise, template

# CloudFormation takes 500 resources in a stack; the rest is room to land what is being written.
MOST_RESOURCES = 470
STAGES = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]


def test_two_syntheses_are_equal(tmp_path: Path) -> None:
    first = assembly("local")

    synthesise(tmp_path / "again", "local", seed="4711")

    for stack in STACKS:
        name = f"{stack}.template.json"
        assert (first / name).read_text() == (tmp_path / "again" / name).read_text()


@pytest.mark.parametrize("stage", ["local", "prod"])
def test_cfn_lint_finds_nothing(stage: str) -> None:
    templates = [str(assembly(stage) / f"{stack}.template.json") for stack in STACKS]
    lint = Path(sys.executable).with_name("cfn-lint")

    done = subprocess.run([lint, *templates], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("stage", ["local", "prod"])
def test_cdk_nag_finds_nothing(stage: str) -> None:
    """Synthesis fails on a finding; its report is empty otherwise."""
    report = json.loads((assembly(stage) / "validation-report.json").read_text())

    assert report["pluginReports"] == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_room_for_more_resources(stack: str) -> None:
    """A new route is up to three resources, a new function seven or more; when this fails, move
    functions that no route needs to another stack before the next of them is written."""
    assert len(list(template("prod", stack))) <= MOST_RESOURCES


def test_the_stacks_with_functions_need_nothing_of_each_other() -> None:
    """They know each other by names, so that each may be deployed, deleted and made again alone."""
    manifest = json.loads((assembly("prod") / "manifest.json").read_text())["artifacts"]

    for stack in BEHIND_THE_API:
        assert set(manifest[stack]["dependencies"]) & set(STACKS) <= {"Data"}


@pytest.mark.parametrize("stack", STACKS)
def test_whatever_is_accepted_has_a_reason(stack: str) -> None:
    metadata = json.loads((assembly("local") / f"{stack}.metadata.json").read_text())
    accepted = [
        (place, rule, reason)
        for place, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    ]

    assert accepted or stack == "Edge"
    for place, rule, reason in accepted:
        assert len(reason.split()) >= 5, (place, rule)
        assert reason.endswith("."), (place, rule)


def test_nothing_is_accepted_for_a_whole_stack() -> None:
    for stack in STACKS:
        metadata = json.loads((assembly("local") / f"{stack}.metadata.json").read_text())
        whole = metadata.get(f"/{stack}", [])
        assert "aws:cdk:acknowledged-rules" not in [entry["type"] for entry in whole]


def test_a_violation_stops_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    sqs.Queue(Stack(app, "Planted"), "PlainQueue")
    check(app)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    report = (tmp_path / "validation-report.json").read_text()
    assert "AwsSolutions-SQS4" in report
    assert "Serverless-SQSRedrivePolicy" in report


def test_an_accepted_violation_does_not(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    queue = sqs.Queue(Stack(app, "Planted"), "PlainQueue", enforce_ssl=True)
    for rule in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
        acknowledge(queue, id=rule, reason="Planted by a test of acknowledgements.")
    check(app)

    assert app.synth().stacks[0].stack_name == "Planted"


def test_a_stage_that_cdk_json_lacks_is_refused() -> None:
    app = App(context={"stage": "staging", "stages": STAGES})

    with pytest.raises(ValueError, match="known: local, dev, prod"):
        Stage.of(app.node)
