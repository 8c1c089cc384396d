"""AWS clients, made on first use: importing a handler loads no SDK."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session


@cache
def _session() -> "Session":
    import botocore.session

    return botocore.session.get_session()


# Four attempts at 2 s to connect and 3 or 4 s to answer end within an API function's 30 s.
_READ_SECONDS = {"cognito-idp": 4, "dynamodb": 3, "secretsmanager": 3}


@cache
def client(service: str, *, read_timeout: int | None = None) -> Any:
    """Return this process's botocore client for a service.

    botocore rather than boto3: the same client without the resource layer, about 20 ms less
    to import. Timeouts (seconds) and attempts are explicit so that a hanging dependency ends
    well inside a function's own timeout.
    """
    from botocore.config import Config

    return _session().create_client(
        service,
        config=Config(
            connect_timeout=2,
            read_timeout=read_timeout or _READ_SECONDS.get(service, 10),
            retries={"mode": "standard", "total_max_attempts": 4},
            signature_version="s3v4" if service == "s3" else None,
        ),
    )
