"""MediaConvert in a stage that offers it: its branch, its rights, its rule. No stage in cdk.json
does, and none of theirs has anything of it."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from functions.video import keys
from functions.video.costs import CONVERT, conversion
from infra.convert import BRANCH, WRITES, with_mediaconvert
from infra.media import MediaStack
from infra.nag import check
from infra.names import Names
from infra.packaging import ROOT
from infra.stage import Stage
from tests.infra import test_audit, test_flows, test_functions
from tests.infra.templates import (
    BY_CHOICE,
    Template,
    allowed,
    flat,
    function,
    listed,
    role_of,
    statements,
)
from tests.media.plans import planned

PLAIN = json.loads((ROOT / "infra" / "video.asl.json").read_text())
MACHINE = with_mediaconvert(PLAIN)
STATES = MACHINE["States"]["Render"]["Branches"][0]["States"]
ROLE = "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/reelate-local-mediaconvert"


@cache
def stack() -> tuple[Template, Path]:
    """Return the media stack of a stage with MediaConvert, and where its template lies."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    chosen = Stage(name="local", **context["stages"]["local"] | {"mediaconvert": True})
    app = App(context=context)
    MediaStack(app, Names(chosen), chosen, "arn:aws:kms:eu-central-1:1:key/one", "local")
    check(app)  # cdk-nag: synthesis fails on a finding
    made = app.synth()
    return Template(made.get_stack_by_name("reelate-local-media").template), Path(made.directory)


def machine_role() -> Any:
    template, _ = stack()
    (machine,) = [
        each
        for each in template.of("AWS::StepFunctions::StateMachine")
        if each.properties["StateMachineName"] == "reelate-local-video"
    ]
    return machine, template.named(machine.properties["RoleArn"])


def statement_of(action: str) -> dict[str, Any]:
    """Return the statement of the machine's role that allows an action."""
    template, (_, role) = stack()[0], machine_role()
    (found,) = [
        each
        for policy in template.of("AWS::IAM::Policy")
        if role.name in [name["Ref"] for name in policy.properties["Roles"]]
        for each in statements(policy)
        if action in listed(each["Action"])
    ]
    return found


def test_cfn_lint_finds_nothing() -> None:
    _, folder = stack()
    lint = Path(sys.executable).with_name("cfn-lint")

    done = subprocess.run(
        [lint, str(folder / "Media.template.json")], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_a_stage_without_it_has_nothing_of_it(service: Template) -> None:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert not any("mediaconvert" in stage for stage in context["stages"].values())
    words = json.dumps(service.body).lower()
    for word in ("mediaconvert", "video-adopt", "follow-job"):
        assert word not in words


def test_the_machine_differs_by_the_branch_alone() -> None:
    machine, _ = machine_role()
    key = machine.properties["DefinitionS3Location"]["Key"]
    deployed = (stack()[1] / f"asset.{key}").read_text()
    assert json.loads(deployed) == MACHINE
    branches = MACHINE["States"]["Render"]["Branches"]
    assert branches[1:] == PLAIN["States"]["Render"]["Branches"][1:]
    plain = PLAIN["States"]["Render"]["Branches"][0]
    added = json.loads(BRANCH.read_text())["States"]
    assert branches[0] == {"StartAt": "Engine", "States": {**added, **plain["States"]}}
    assert not added.keys() & plain["States"].keys()
    assert STATES["Engine"]["Default"] == plain["StartAt"]
    others = {name: state for name, state in MACHINE["States"].items() if name != "Render"}
    assert others == {name: state for name, state in PLAIN["States"].items() if name != "Render"}
    assert set(machine.properties["DefinitionSubstitutions"]) == set(
        re.findall(r"\$\{(\w+)\}", deployed)
    )


def test_every_way_of_the_branch_ends_and_all_work_is_limited_and_caught() -> None:
    reached, waiting = set(), {"Engine"}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        state = STATES[name]
        ways = {state[key] for key in ("Next", "Default") if key in state}
        ways |= {each["Next"] for each in (*state.get("Choices", ()), *state.get("Catch", ()))}
        assert ways or state.get("End") or state["Type"] == "Fail", name
        waiting |= ways - reached
    assert reached == set(STATES)
    for name in ("Convert", "Adopt"):
        state = STATES[name]
        assert 0 < state["TimeoutSeconds"] < PLAIN["TimeoutSeconds"]
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
        assert all(0 < each["MaxAttempts"] <= 6 for each in state["Retry"])


def test_the_ledger_counts_the_states_that_a_job_passes() -> None:
    passed, name = ["Engine"], "Convert"
    while name:
        passed.append(name)
        state = STATES[name]
        name = state["Choices"][0]["Next"] if "Choices" in state else state.get("Next", "")
    video = planned().video
    assert video is not None
    assert conversion(video)["transitions"] == len(passed)
    assert CONVERT not in json.dumps(PLAIN)


def test_the_machine_may_run_jobs_in_one_role_and_no_more() -> None:
    jobs = statement_of("mediaconvert:CreateJob")  # CDK joins it with the others about all
    assert [each for each in sorted(jobs["Action"]) if each.startswith("mediaconvert:")] == [
        "mediaconvert:CancelJob", "mediaconvert:CreateJob", "mediaconvert:GetJob",
    ]  # fmt: skip
    passes = statement_of("iam:PassRole")
    assert listed(passes["Action"]) == ["iam:PassRole"]
    assert [flat(each) for each in listed(passes["Resource"])] == [ROLE]
    assert passes["Condition"] == {
        "StringEquals": {"iam:PassedToService": "mediaconvert.amazonaws.com"}
    }
    hears = statement_of("events:PutRule")
    assert sorted(hears["Action"]) == [
        "events:DescribeRule", "events:PutRule", "events:PutTargets",
    ]  # fmt: skip
    (rule,) = [flat(each) for each in listed(hears["Resource"])]
    assert rule.endswith(":rule/StepFunctionsGetEventsForMediaConvertJobRule")


def test_mediaconvert_reads_sources_and_writes_where_a_run_has_a_place_for_it() -> None:
    template, _ = stack()
    (role,) = [
        each
        for each in template.of("AWS::IAM::Role")
        if each.properties.get("RoleName") == "reelate-local-mediaconvert"
    ]
    (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "mediaconvert.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    bucket = "arn:<AWS::Partition>:s3:::reelate-local-{}-<AWS::AccountId>-<AWS::Region>/*/"
    assert WRITES == keys.CONVERTED
    assert sorted(allowed(template, role)) == [
        ("s3:GetObject", bucket.format("uploads") + "source"),
        ("s3:PutObject", bucket.format("media") + f"{keys.CONVERTED}*"),
    ]


def test_plan_knows_the_role_and_may_not_pass_it() -> None:
    template, _ = stack()
    told = function(template, "video", "plan").properties["Environment"]["Variables"]
    assert flat(told["MEDIACONVERT_ROLE"]) == ROLE
    plan = {action for action, _ in allowed(template, role_of(template, "video", "plan"))}
    assert not {each for each in plan if each.startswith(("iam:", "mediaconvert:"))}


def test_the_functions_touch_what_they_need() -> None:
    template, _ = stack()
    adopts = {action for action, _ in allowed(template, role_of(template, "video", "adopt"))}
    assert {each for each in adopts if each.startswith("s3:")} == {
        "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
    }  # fmt: skip
    hears = {action for action, _ in allowed(template, role_of(template, "video", "follow_job"))}
    assert not {each for each in hears if each.startswith("s3:")}


def test_the_rule_takes_events_of_our_own_jobs_alone() -> None:
    template, _ = stack()
    (rule,) = [
        each
        for each in template.of("AWS::Events::Rule")
        if each.properties.get("EventPattern", {}).get("source") == ["aws.mediaconvert"]
    ]
    pattern = rule.properties["EventPattern"]
    assert pattern["detail-type"] == ["MediaConvert Job State Change"]
    assert pattern["detail"]["userMetadata"] == {"application": ["reelate"], "stage": ["local"]}
    events = ROOT / "tests" / "events" / "video"
    told = {json.loads(each.read_text())["detail"]["status"] for each in events.glob("*.json")}
    assert set(pattern["detail"]["status"]) < told
    (target,) = rule.properties["Targets"]
    assert "DeadLetterConfig" in target


@pytest.mark.parametrize(
    "rule",
    [
        test_audit.test_every_other_writer_of_the_platform_table_is_denied_the_log,
        test_functions.test_a_function_has_the_layers_it_needs,
        test_functions.test_a_function_is_given_what_its_settings_ask_for,
        test_functions.test_a_function_is_small_modern_traced_and_logged,
        test_functions.test_a_function_s_resources_are_ours,
        test_functions.test_a_function_touches_its_own_context_s_table,
        test_functions.test_errors_throttles_and_slowness_raise_alarms,
        test_functions.test_no_secret_is_in_an_environment,
    ],
    ids=lambda rule: rule.__name__.removeprefix("test_"),
)
@pytest.mark.parametrize(("context", "folder"), sorted(BY_CHOICE))
def test_what_every_function_is_held_to_holds_for_these_too(
    rule: Any, context: str, folder: str
) -> None:
    rule(stack()[0], context, folder)


@pytest.mark.parametrize(
    "rule",
    [
        test_flows.test_a_late_consumer_raises_an_alarm,
        test_flows.test_a_retry_cannot_overlap_the_first_try,
        test_flows.test_every_queue_has_a_dead_letter_queue_that_keeps_for_14_days,
        test_flows.test_every_target_of_a_rule_has_dead_letters,
        test_flows.test_only_the_rule_that_feeds_a_queue_may_send_to_it,
        test_flows.test_queues_are_encrypted_and_refuse_plain_http,
        test_functions.test_no_action_is_a_pattern,
        test_functions.test_no_name_is_longer_than_aws_takes,
    ],
    ids=lambda rule: rule.__name__.removeprefix("test_"),
)
def test_what_every_stack_is_held_to_holds_here_too(rule: Any) -> None:
    rule(stack()[0])
