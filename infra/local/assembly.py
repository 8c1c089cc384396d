"""The synthesised templates and their assets, made by `infra.app` as for any stage."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.environments import find_uv, node_folder
from infra.local.failure import CloudError
from infra.local.turns import exclusive

STAGE = "local"
MARK = ".inputs"
INPUTS = ("functions", "infra", "layers", "cdk.json", "pyproject.toml", "uv.lock")
NOT_INPUTS = ("infra/local/", "infra/cli/")


@dataclass(frozen=True)
class Asset:
    """A file or folder that a template refers to by `key`."""

    key: str
    source: Path
    zipped: bool  # the source is a folder to be zipped


@dataclass(frozen=True)
class Template:
    """One stack's template."""

    stack: str
    file: Path
    assets: tuple[Asset, ...]

    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))


def inputs(project: Path) -> str:
    """Return a hash of everything the templates are made from."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _input_files(project):
        digest.update(f"{path.relative_to(project)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def synthesise(project: Path, output: Path, stage: str = STAGE, wanted: str = "") -> None:
    """Write a stage's templates into `output`, unless they were made from `wanted` already.

    Stage `local` is given this machine's layers, any other AWS's; the templates do not show it.

    Raises:
        CloudError: synthesis failed; the sentence holds its last words.
    """
    with exclusive(output.with_suffix(".lock")):
        if wanted and made_from(output, wanted):
            return
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir(parents=True)
        _run(project, output, stage)
        (output / MARK).write_text(wanted)


def made_from(output: Path, wanted: str) -> bool:
    """Say whether the templates in `output` were made from these inputs."""
    mark = output / MARK
    return mark.exists() and mark.read_text() == wanted


def _run(project: Path, output: Path, stage: str) -> None:
    context = json.loads((project / "cdk.json").read_text()).get("context", {})
    context |= {"stage": stage}
    if stage == STAGE:
        context |= {"layers": "local", "aws:cdk:disable-asset-staging": True}
    env = os.environ | {
        "CDK_OUTDIR": str(output),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "PATH": tool_path(project),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    command = [sys.executable, "-m", "infra.app"]
    done = subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()[-30:]
        raise CloudError("Synthesis failed:\n" + "\n".join(_findings(output) or words))


def _findings(output: Path) -> list[str]:
    """Return what the template checks found, a line each; none when synthesis failed before."""
    report = output / "validation-report.json"
    if not report.exists():
        return []
    plugins = json.loads(report.read_text()).get("pluginReports", [])
    found = []
    for violation in (v for plugin in plugins for v in plugin.get("violations", [])):
        places = [p.get("constructPath", "?") for p in violation.get("violatingConstructs", [])]
        found.append(f"{violation['ruleName']}: {violation['description']} {', '.join(places)}")
    return found


def tool_path(project: Path) -> str:
    """Return a PATH on which Python, Node and uv are found."""
    folders = [Path(sys.executable).parent, node_folder(), find_uv(project).parent]
    return os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])


def templates(output: Path, stacks: Sequence[str]) -> list[Template]:
    """Return the named stacks' templates, in that order."""
    manifest = json.loads((output / "manifest.json").read_text())["artifacts"]
    found: dict[str, Template] = {}
    for name, artifact in manifest.items():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        properties = artifact["properties"]
        stack = properties.get("stackName", name)
        listing = output / f"{name}.assets.json"
        assets = tuple(_assets(listing, output)) if listing.exists() else ()
        file = output / properties["templateFile"]
        found[stack] = Template(stack, file, tuple(a for a in assets if a.source.name != file.name))
    missing = [stack for stack in stacks if stack not in found]
    if missing:
        raise CloudError(f"Synthesis made no stack {missing[0]}, only {', '.join(found)}.")
    return [found[stack] for stack in stacks]


def _assets(listing: Path, output: Path) -> Iterator[Asset]:
    for described in json.loads(listing.read_text()).get("files", {}).values():
        source = described["source"]
        for destination in described["destinations"].values():
            yield Asset(
                key=destination["objectKey"],
                source=(output / source["path"]).resolve(),
                zipped=source.get("packaging") == "zip",
            )


def _input_files(project: Path) -> Iterator[Path]:
    for name in INPUTS:
        top = project / name
        listed = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in listed:
            relative = path.relative_to(project).as_posix()
            compiled = "__pycache__" in path.parts
            if path.is_file() and not compiled and not relative.startswith(NOT_INPUTS):
                yield path
