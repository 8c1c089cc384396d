"""Synthesis for review, and deployment to a real AWS account."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.local import assembly, environments
from infra.local.failure import CloudError

CDK = "aws-cdk@2.1148.1"
OUTPUT = "cdk.out"


def synth(project: Path, stage: str) -> list[Path]:
    """Write a stage's templates into cdk.out, checked by cdk-nag and cfn-lint; return them.

    Raises:
        CloudError: synthesis or a check failed; the sentence holds the findings.
    """
    output = project / OUTPUT
    shutil.rmtree(output, ignore_errors=True)
    assembly.synthesise(project, output, stage)
    templates = sorted(output.glob("*.template.json"))
    lint = [str(Path(sys.executable).parent / "cfn-lint"), *map(str, templates)]
    done = subprocess.run(lint, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CloudError(f"cfn-lint found:\n{done.stdout.strip() or done.stderr.strip()}")
    return templates


def deploy(project: Path, stage: str) -> int:
    """Run `cdk deploy` of the stage's stacks with the caller's AWS credentials; return its code.

    Raises:
        CloudError: the stage is the local one, or the CDK toolkit cannot be started.
    """
    if stage == assembly.STAGE:
        raise CloudError("Stage `local` is the embedded cloud's.", "Use `make up`.")
    npx = environments.node_folder() / "npx"
    command = [str(npx), "--yes", CDK, "deploy", "--all", "--context", f"stage={stage}"]
    command += ["--require-approval", "broadening"]
    env = os.environ | {"PATH": assembly.tool_path(project)}
    try:
        return subprocess.run(command, cwd=project, env=env, check=False).returncode
    except FileNotFoundError as error:
        raise CloudError(f"{npx} is missing.", "Run `make setup`.") from error
