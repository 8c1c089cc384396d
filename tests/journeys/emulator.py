"""The embedded AWS by itself, without Reelate: an emulator in a folder of its own, for one test."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.local import environments, ministack, ports
from infra.local.deployment import client
from infra.local.layout import Layout
from infra.local.ports import Ports
from infra.local.process import Process, start_in_background

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sts:AssumeRole"}],
}
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def until(condition: Callable[[], Any], patience: float = 60.0) -> Any:
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


def packed(files: dict[str, tuple[str, int]]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, (text, mode) in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, text)
    return body.getvalue()


class Emulator:
    """MiniStack in a folder of its own, with the house's server around it."""

    def __init__(self, folder: Path, code: str, mocks: Mapping[str, Any] | None = None) -> None:
        """`mocks`: what tasks of state machines give back, as Step Functions Local's mock
        configuration says it."""
        self.folder = folder
        self.mocks = mocks
        self.code = code  # of all its functions; each is one of that module's
        self.layout = Layout.at(folder / "state")
        self.ports: Ports = ports.choose(self.layout)
        self._process: Process | None = None
        self._child: Any = None

    def start(self) -> None:
        python = environments.cloud_python(self.layout.project)
        self._child = start_in_background(
            ministack.command(python),
            cwd=self.layout.project,
            env={**ministack.environment(self.layout, self.ports), **self._mocked()},
            log=self.layout.logs / "ministack.log",
        )
        self._process = Process.of(self._child.pid)
        until(lambda: ministack.is_ready(self.ports))

    def _mocked(self) -> dict[str, str]:
        if self.mocks is None:
            return {}
        file = self.folder / "mocks.json"
        file.write_text(json.dumps(self.mocks))
        return {"SFN_MOCK_CONFIG": str(file)}

    def stop(self) -> None:
        assert self._process is not None
        self._child.terminate()
        self._child.wait(30)
        self._process.stop(0, group=True)

    def aws(self, service: str) -> Any:
        return client(service, self.ports.aws_endpoint)

    def function(self, name: str, layers: tuple[str, ...] = ()) -> str:
        iam = self.aws("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(ANYTHING))
        made = self.aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler=f"code_under_test.{name}",
            Role=role["Arn"],
            Code={"ZipFile": packed({"code_under_test.py": (self.code, 0o644)})},
            Environment={"Variables": {"FOLDER": str(self.folder)}},
            Timeout=60,
            Layers=list(layers),
        )
        return str(made["FunctionArn"])

    def lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []
