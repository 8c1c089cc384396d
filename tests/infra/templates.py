"""Synthesised templates, made once for all tests and kept until what defines them changes."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack

from infra import packaging
from infra.local.assembly import tool_path
from infra.packaging import ROOT

BUILD = ROOT / "build" / "templates"
STACKS = ("Data", "Service", "Work", "Media", "Edge")
# Functions that only stages with MediaConvert have: test_convert.py holds theirs to what every
# function is held to.
BY_CHOICE = {("video", "adopt"), ("video", "follow_job")}
HANDLERS = [each for each in packaging.handlers() if each not in BY_CHOICE]
BEHIND_THE_API = ("Service", "Work", "Media")

Json = dict[str, Any]


class Resource:
    """One resource of a template."""

    def __init__(self, name: str, body: Json) -> None:
        self.name = name
        self.type: str = body["Type"]
        self.properties: Json = body.get("Properties", {})
        self.deletion: str | None = body.get("DeletionPolicy")

    def __repr__(self) -> str:
        return self.name


class Template:
    """One stack's template."""

    def __init__(self, body: Json) -> None:
        self.body = body

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a type, such as `AWS::S3::Bucket`."""
        return [each for each in self if each.type == kind]

    def named(self, reference: Any) -> Resource:
        """Return the resource that a Ref or Fn::GetAtt names."""
        name = reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0]
        return Resource(name, self.body["Resources"][name])

    def __iter__(self) -> Iterator[Resource]:
        return (Resource(name, body) for name, body in self.body["Resources"].items())


def synthesise(output: Path, stage: str, *, seed: str = "0") -> None:
    """Run the CDK application as the CDK toolkit does, cdk-nag included. Raises RuntimeError.

    One at a time, whatever the stage: they put the functions' files into the same folders."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    context |= {"stage": stage, "layers": "local", "aws:cdk:disable-asset-staging": True}
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "functions.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, "-m", "infra.app"],
            cwd=ROOT,
            env=os.environ
            | {"CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": json.dumps(context),
               "PYTHONHASHSEED": seed, "PATH": tool_path(ROOT),
               "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])


@cache
def assembly(stage: str) -> Path:
    """Return the folder of a stage's templates, synthesised if anything has changed."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{stage}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = BUILD / stage
        mark = folder / ".inputs"
        wanted = _inputs()
        if not (mark.is_file() and mark.read_text() == wanted):
            shutil.rmtree(folder, ignore_errors=True)
            synthesise(folder, stage)
            mark.write_text(wanted)
    return folder


def synthesised(app: App, stack: Stack) -> Json:
    """Return the template of a stack that a test has made itself."""
    body: Json = app.synth().get_stack_by_name(stack.stack_name).template
    return body


def template(stage: str, stack: str) -> Template:
    """Return a stack's template."""
    return Template(json.loads((assembly(stage) / f"{stack}.template.json").read_text()))


def behind_the_api(stage: str) -> Template:
    """Return the resources of the stacks with functions as one template: what holds for functions,
    queues and machines holds in all of them."""
    whole: Json = {}
    for name in BEHIND_THE_API:
        for part, entries in template(stage, name).body.items():
            if isinstance(entries, dict):
                known = whole.setdefault(part, {})
                both = known.keys() & entries.keys() if part == "Resources" else ()
                assert {known[each]["Type"] for each in both} <= {
                    "AWS::Lambda::LayerVersion", "AWS::CDK::Metadata",
                }  # fmt: skip
                whole[part] = entries | known
    return Template(whole)


def flat(value: Any) -> str:
    """Write a property as one line, intrinsic functions as `<Name>`."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [between, parts]}:
            return str(between).join(flat(part) for part in parts)
        case {"Fn::ImportValue": name}:
            return f"<import {name}>"
        case _:
            return str(value)


def listed(value: Any) -> list[Any]:
    """Return a policy's value as a list: CloudFormation allows one without brackets."""
    return value if isinstance(value, list) else [value]


def statements(policy: Resource) -> list[Json]:
    """Return a policy's statements."""
    return listed(policy.properties["PolicyDocument"]["Statement"])


@cache
def _inputs() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for folder in ("functions", "infra", "layers"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
    for name in ("cdk.json", "uv.lock"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def function(service: Template, context: str, folder: str) -> Resource:
    (found,) = [
        each
        for each in service.of("AWS::Lambda::Function")
        if each.properties["Handler"] == f"functions.{context}.{folder}.handler.handler"
    ]
    return found


def allowed(service: Template, role: Resource) -> list[tuple[str, str]]:
    """Return the (action, resource) pairs that a role is allowed."""
    return [
        (action, flat(resource))
        for policy in service.of("AWS::IAM::Policy")
        if role.name in [each["Ref"] for each in policy.properties["Roles"]]
        for statement in statements(policy)
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def role_of(service: Template, context: str, folder: str) -> Resource:
    return service.named(function(service, context, folder).properties["Role"])
