"""The deployment's secrets, out of AWS Secrets Manager."""

from functools import cache

from functions.shared.aws import client


@cache
def signing_secret(name: str) -> bytes:
    """Read what cursors and links are signed with (1 request for the life of the process)."""
    return read_secret(name).encode()


def read_secret(name: str) -> str:
    """Read a secret: 1 request, each time."""
    return str(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
