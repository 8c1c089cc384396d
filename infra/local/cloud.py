"""One embedded cloud: up, down, reset, status. Tests and the command line use it alike."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from infra.local import assembly, contract, environments, ministack, modelserver, ports
from infra.local.contract import Contract
from infra.local.deployment import Deployer, client
from infra.local.failure import CloudError
from infra.local.layout import Layout
from infra.local.process import Process, start_in_background
from infra.local.seed import create_workspace
from infra.local.turns import exclusive

STAGE = assembly.STAGE
STACKS = tuple(f"reelate-{STAGE}-{name}" for name in ("data", "service", "work", "media"))
DATA, SERVICE, *_ = STACKS
START_DEADLINE = 60.0
MODELS_DEADLINE = 180.0
STOP_PATIENCE = 60.0
POLL = 0.05
LOG_LIMIT = 5_000_000  # bytes


def _silent(_: str) -> None:
    return


@dataclass(frozen=True)
class Status:
    """What runs: every program's name with its process, or None when it is down."""

    programs: Mapping[str, Process | None]
    contract: Contract | None
    answers: bool

    @property
    def running(self) -> bool:
        return self.answers and bool(self.programs) and all(self.programs.values())


@dataclass(frozen=True)
class Cloud:
    """A cloud whose whole state lies in `layout.state`.

    `models` says whether to run the offline model server; `parameters` are given to the stacks
    that know them beside (and before) the local defaults; `say` is told what happens, a line at a
    time.
    """

    layout: Layout = field(default_factory=Layout.at)
    models: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)
    api_port: int | None = None
    say: Callable[[str], None] = _silent

    def up(self) -> Contract:
        """Start what is down, deploy what changed, seed what is empty; return the contract.

        Raises:
            CloudError: it cannot be done; nothing half-started is left running.
        """
        with self._alone():
            with ThreadPoolExecutor(1) as pool:
                wanted = assembly.inputs(self.layout.project)
                if not assembly.made_from(self.layout.assembly, wanted):
                    self.say("Building layers and templates.")
                synthesis = pool.submit(
                    assembly.synthesise, self.layout.project, self.layout.assembly, STAGE, wanted
                )
                chosen = self._start()
                synthesis.result()
            self._deploy(chosen, wanted)
            agreed = self._seed(chosen)
            self._await_models(chosen)
            return agreed

    def down(self) -> bool:
        """Stop all that this cloud started, state saved; return False if nothing ran."""
        with self._alone():
            return self._stop()

    def reset(self) -> None:
        """Stop, then forget everything."""
        with self._alone():
            self._stop()
            for path in self.layout.state.iterdir():
                if path == self.layout.lock or path.suffix == ".lock":
                    continue
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()

    def status(self) -> Status:
        """Look, without touching anything."""
        chosen = ports.remembered(self.layout)
        return Status(
            programs={
                name: process if process.alive() else None
                for name, process in self._recorded().items()
            },
            contract=contract.read(self.layout.contract),
            answers=chosen is not None and ministack.is_ready(chosen),
        )

    def _alone(self) -> AbstractContextManager[None]:
        return exclusive(
            self.layout.lock,
            on_wait=lambda: self.say("Another reelate command works on this cloud: waiting."),
        )

    def _recorded(self) -> dict[str, Process]:
        try:
            listed = json.loads(self.layout.processes.read_text())
            return {name: Process(**fields) for name, fields in listed.items()}
        except (FileNotFoundError, ValueError, TypeError):
            return {}

    def _start(self) -> ports.Ports:
        recorded = self._recorded()
        alive = [process for process in recorded.values() if process.alive()]
        remembered = ports.remembered(self.layout)
        complete = "models" in recorded or not self.models
        whole = bool(recorded) and complete and len(alive) == len(recorded)
        if whole and remembered and ministack.is_ready(remembered):
            return remembered
        if alive:
            self.say("Stopping what an earlier start left half-running.")
        self._stop()
        chosen = ports.choose(self.layout, api=self.api_port)
        self._prepare()
        self._launch(chosen)
        return chosen

    def _prepare(self) -> None:
        environments.cloud_python(self.layout.project, self.say)
        if self.models:
            python = environments.models_python(self.layout.project, self.say)
            if not self.layout.weights.exists():
                self.say("Fetching the models' weights (once, about 180 MB).")
            environments.run(
                modelserver.fetch_command(python, self.layout.weights),
                self.layout.project,
            )
        shutil.rmtree(self.layout.temporary, ignore_errors=True)
        for log in self.layout.logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT:
                log.replace(log.with_suffix(".old"))

    def _launch(self, chosen: ports.Ports) -> None:
        self.say("Starting the embedded cloud.")
        command = [
            sys.executable,
            "-m",
            "infra.local.supervisor",
            "--state",
            str(self.layout.state),
        ]
        started = start_in_background(
            [*command, *([] if self.models else ["--no-models"])],
            cwd=self.layout.project,
            env=os.environ,
            log=self.layout.logs / "supervisor.log",
        )
        deadline = time.monotonic() + START_DEADLINE
        while not (ministack.is_ready(chosen) and "ministack" in self._recorded()):
            if started.poll() is not None or time.monotonic() > deadline:
                self._stop()
                raise CloudError(
                    f"MiniStack did not start. Its last words:\n{self._last_words('ministack')}",
                    "`make logs` shows all; `make reset` starts from nothing.",
                )
            time.sleep(POLL)

    def _deploy(self, chosen: ports.Ports, wanted: str) -> None:
        parameters = {
            "ModelBaseUrl": chosen.models_url,
            **modelserver.PARAMETERS,
            **self.parameters,
        }
        state = json.dumps({"inputs": wanted, "parameters": parameters}, sort_keys=True)
        deployer = Deployer(chosen.aws_endpoint, self.say)
        done = self.layout.deployed
        if done.exists() and done.read_text() == state and all(map(deployer.exists, STACKS)):
            return
        self.say("Deploying the data, service, work and media stacks.")
        for template in assembly.templates(self.layout.assembly, STACKS):
            deployer.upload(template.assets)
            deployer.deploy(template, parameters)
            deployer.lock_buckets(template)
        self._open_front_door(deployer)
        done.write_text(state)

    def _open_front_door(self, deployer: Deployer) -> None:
        (api,) = deployer.resources(SERVICE, "AWS::ApiGateway::RestApi").values()
        (stage,) = deployer.resources(SERVICE, "AWS::ApiGateway::Stage").values()
        draft = self.layout.front_target.with_suffix(".new")
        draft.write_text(json.dumps({"api": api, "stage": stage}))
        draft.replace(self.layout.front_target)

    def _seed(self, chosen: ports.Ports) -> Contract:
        before = contract.read(self.layout.contract)
        if before:
            workspace, key = before.workspace, before.api_key
        else:
            self.say("Creating the demo workspace.")
            workspace, key = create_workspace(client("lambda", chosen.aws_endpoint), STAGE, "Demo")
        deployer = Deployer(chosen.aws_endpoint, self.say)
        buses = deployer.resources(DATA, "AWS::Events::EventBus")
        agreed = Contract(
            api_url=chosen.api_url,
            api_key=key,
            workspace=workspace,
            aws_endpoint=chosen.aws_endpoint,
            region=ministack.REGION,
            event_bus=next(iter(buses.values())),
            tables=short(deployer.resources(DATA, "AWS::DynamoDB::GlobalTable")),
            buckets=short(deployer.resources(DATA, "AWS::S3::Bucket")),
            state_machines={
                name: arn
                for stack in STACKS
                for name, arn in whole(
                    deployer.resources(stack, "AWS::StepFunctions::StateMachine")
                ).items()
            },
            user_pool=next(iter(deployer.resources(DATA, "AWS::Cognito::UserPool").values())),
            sign_in_client=next(
                iter(deployer.resources(DATA, "AWS::Cognito::UserPoolClient").values())
            ),
            pid=self._recorded()["supervisor"].pid,
        )
        contract.write(self.layout.contract, agreed)
        return agreed

    def _await_models(self, chosen: ports.Ports) -> None:
        deadline = time.monotonic() + MODELS_DEADLINE
        while self.models and not modelserver.is_ready(chosen.models):
            if time.monotonic() > deadline or not self._recorded()["supervisor"].alive():
                raise CloudError(
                    f"The model server did not start:\n{self._last_words('models')}",
                    "`make logs` shows all.",
                )
            time.sleep(POLL)

    def _stop(self) -> bool:
        recorded = self._recorded()
        supervisor = recorded.pop("supervisor", None)
        ran = bool(supervisor and supervisor.alive()) or any(p.alive() for p in recorded.values())
        if supervisor and supervisor.alive():
            supervisor.stop(STOP_PATIENCE)
        for process in recorded.values():
            if process.alive():
                process.stop(STOP_PATIENCE, group=True)
        self.layout.processes.unlink(missing_ok=True)
        return ran

    def _last_words(self, name: str) -> str:
        log = self.layout.logs / f"{name}.log"
        if not log.exists():
            log = self.layout.logs / "supervisor.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def short(resources: Mapping[str, str]) -> dict[str, str]:
    """Map physical names by their first word: `reelate-local-crm` → `crm`, ARNs by their name."""
    return {name.partition("-")[0]: physical for name, physical in whole(resources).items()}


def whole(resources: Mapping[str, str]) -> dict[str, str]:
    """Map physical names by what is theirs alone: `reelate-local-crm-import` → `crm-import`."""
    prefix = f"reelate-{STAGE}-"
    return {
        physical.rpartition(":")[2].removeprefix(prefix): physical
        for physical in resources.values()
    }
