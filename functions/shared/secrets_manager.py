"""The deployment's signing secret, out of AWS Secrets Manager."""

from functools import cache

from functions.shared.aws import client


@cache
def signing_secret(name: str) -> bytes:
    """Read the secret (1 request for the life of the process)."""
    reply = client("secretsmanager").get_secret_value(SecretId=name)
    return bytes(reply["SecretString"], "utf-8")
