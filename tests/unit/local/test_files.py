"""The files of a local cloud: contract, ports, lock, templates' inputs, zips."""

import io
import json
import multiprocessing
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from infra.local import assembly, contract, ports
from infra.local.assembly import Asset
from infra.local.cloud import short, whole
from infra.local.contract import Contract
from infra.local.deployment import fingerprint, zip_folder
from infra.local.failure import CloudError
from infra.local.layout import Layout
from infra.local.ports import Ports
from infra.local.turns import exclusive

AGREED = Contract(
    api_url="http://127.0.0.1:1",
    api_key="rl_live_x",
    workspace="ws_1",
    aws_endpoint="http://127.0.0.1:2",
    region="us-east-1",
    event_bus="reelate-local",
    tables={"crm": "reelate-local-crm"},
    pid=7,
)


def test_the_contract_comes_back_as_written_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    contract.write(path, AGREED)
    assert contract.read(path) == AGREED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    contract.write(path, AGREED)
    assert [found.name for found in tmp_path.iterdir()] == ["local.json"]


def test_a_broken_contract_is_one_sentence_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    path.write_text("{")
    with pytest.raises(CloudError, match="cannot be read") as found:
        contract.read(path)
    assert found.value.way_out == "Run `make up` again."


def test_no_contract_is_no_error(tmp_path: Path) -> None:
    assert contract.read(tmp_path / "local.json") is None


@pytest.mark.enable_socket
def test_ports_are_chosen_once_and_kept(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    first = ports.choose(layout)
    assert ports.choose(layout) == first
    assert len({first.api, first.gateway, first.models}) == 3


@pytest.mark.enable_socket
def test_a_wished_api_port_is_taken_over(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    wish = ports.choose(layout).models
    assert ports.choose(layout, api=wish).api == wish


@pytest.mark.enable_socket
def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    chosen = ports.choose(layout)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", chosen.gateway))
        other.listen()
        with pytest.raises(CloudError, match=f"Port {chosen.gateway} .* is taken") as found:
            ports.choose(layout)
    assert "ports.json" in found.value.way_out


def test_unreadable_ports_are_as_good_as_none(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    layout.ports.write_text('{"api": 1}')
    assert ports.remembered(layout) is None
    layout.ports.write_text(json.dumps({"api": 1, "gateway": 2, "models": 3}))
    assert ports.remembered(layout) == Ports(1, 2, 3)


def _hold(
    path: Path, taken: "multiprocessing.Queue[bool]", free: "multiprocessing.Queue[bool]"
) -> None:
    with exclusive(path):
        taken.put(True)
        free.get(timeout=30)


def test_a_second_command_waits_says_so_and_gives_up_with_a_way_out(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    taken, free = context.Queue(), context.Queue()
    other = context.Process(target=_hold, args=(tmp_path / "lock", taken, free))
    other.start()
    try:
        taken.get(timeout=30)
        told: list[str] = []
        with (
            pytest.raises(CloudError, match="Another command has held"),
            exclusive(tmp_path / "lock", patience=0.1, on_wait=lambda: told.append("waiting")),
        ):
            pass
        assert told == ["waiting"]
        free.put(True)
        with exclusive(tmp_path / "lock", patience=20):
            pass
    finally:
        other.join(30)


def test_a_lock_whose_holder_died_is_free(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("left by a process that is gone")
    with exclusive(tmp_path / "lock", patience=0):
        pass


def test_what_templates_are_made_from_is_seen_to_change(tmp_path: Path) -> None:
    for name in ("functions", "infra/local", "infra/__pycache__"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("cdk.json", "pyproject.toml", "uv.lock", "functions/a.py", "infra/app.py"):
        (tmp_path / name).write_text("1")
    (tmp_path / "layers").mkdir()
    before = assembly.inputs(tmp_path)
    (tmp_path / "infra" / "local" / "cloud.py").write_text("not an input")
    (tmp_path / "infra" / "__pycache__" / "app.pyc").write_text("not an input")
    assert assembly.inputs(tmp_path) == before
    (tmp_path / "functions" / "a.py").write_text("2")
    changed = assembly.inputs(tmp_path)
    assert changed != before
    (tmp_path / "functions" / "a.py").rename(tmp_path / "functions" / "b.py")
    assert assembly.inputs(tmp_path) not in {before, changed}


def test_templates_are_found_by_stack_name_with_their_assets(tmp_path: Path) -> None:
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"stackName": "reelate-local-data", "templateFile": "Data.template.json"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"Data": stack}}))
    (tmp_path / "Data.template.json").write_text('{"Resources": {}}')
    listed = {
        key: {
            "source": {"path": path, "packaging": packaging},
            "destinations": {"x": {"objectKey": key}},
        }
        for key, path, packaging in (
            ("a.zip", "code", "zip"),
            ("t.json", "Data.template.json", "file"),
        )
    }
    (tmp_path / "Data.assets.json").write_text(json.dumps({"files": listed}))
    (template,) = assembly.templates(tmp_path, ["reelate-local-data"])
    assert template.assets == (Asset("a.zip", tmp_path / "code", zipped=True),)
    assert template.body() == {"Resources": {}}
    with pytest.raises(CloudError, match="no stack reelate-local-service"):
        assembly.templates(tmp_path, ["reelate-local-service"])


def test_a_zip_is_the_same_every_time_and_keeps_permissions(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    first = zip_folder(tmp_path)
    program.touch()
    assert zip_folder(tmp_path) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        (member,) = archive.infolist()
    assert member.filename == "bin/ffmpeg"
    assert (member.external_attr >> 16) & 0o777 == 0o755


def test_a_folders_fingerprint_follows_names_and_contents(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    before = fingerprint(tmp_path)
    file.touch()
    assert fingerprint(tmp_path) == before
    file.write_text("2")
    assert fingerprint(tmp_path) != before


def test_names_are_known_by_their_short_word() -> None:
    assert short(
        {
            "a": "reelate-local-crm",
            "b": "reelate-local-uploads-000000000000-us-east-1",
            "c": "arn:aws:states:us-east-1:000000000000:stateMachine:reelate-local-video",
        }
    ) == {
        "crm": "reelate-local-crm",
        "uploads": "reelate-local-uploads-000000000000-us-east-1",
        "video": "arn:aws:states:us-east-1:000000000000:stateMachine:reelate-local-video",
    }


def test_of_several_of_one_context_each_is_known() -> None:
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:reelate-local-crm"
    assert whole({"a": f"{arn}-import", "b": f"{arn}-export"}) == {
        "crm-import": f"{arn}-import",
        "crm-export": f"{arn}-export",
    }
