"""How MiniStack is started, and how to tell that it is ready."""

import os
from pathlib import Path

from infra.local.layout import Layout
from infra.local.ports import HOST, Ports, get_status
from infra.local.process import plain_environment

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT = {
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}  # root there, nothing elsewhere
WARM_WORKER_SECONDS = 600


def command(python: Path) -> list[str]:
    """Return the command line, to run in the project folder.

    Only this process sees the project: a Lambda's worker runs elsewhere, without a PYTHONPATH, so
    that it cannot import what its own zip does not hold.
    """
    return [str(python), "-m", "infra.local.ministack_server"]


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """Return MiniStack's whole environment, which every Lambda it runs inherits."""
    for folder in (layout.aws_state, layout.objects, layout.temporary):
        folder.mkdir(parents=True, exist_ok=True)
    return plain_environment(
        {
            "AUTH": "true",
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "GATEWAY_PORT": str(ports.gateway),
            "FRONT_PORT": str(ports.api),
            "FRONT_TARGET": str(layout.front_target),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(layout.aws_state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(layout.objects),
            "TMPDIR": str(layout.temporary),
            "UNPACKED_DIR": str(layout.state / "unpacked"),
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_WARM_TTL_SECONDS": str(WARM_WORKER_SECONDS),
            "DOCKER_HOST": f"unix://{layout.temporary}/no-docker.sock",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            # where files may be pulled from though it is not public: set by tests alone
            "PULL_EXEMPT": os.environ.get("REELATE_PULL_EXEMPT", ""),
        }
    )


def is_ready(ports: Ports) -> bool:
    """Say whether MiniStack answers its health check."""
    try:
        return get_status(ports.gateway, "/_ministack/health") == 200
    except OSError:
        return False
