"""Data keys from AWS KMS, and what is encrypted under them (AES-256-GCM)."""

import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from functions.shared.errors import UnavailableError

_NONCE, _TAG = 12, 16  # bytes


class KmsClient(Protocol):
    """The calls of the KMS client that this adapter makes."""

    def generate_data_key(self, **arguments: Any) -> Any: ...
    def decrypt(self, **arguments: Any) -> Any: ...


class KmsEnvelope:
    """Envelope encryption under one KMS key; `key` is its id, ARN or alias.

    Every call to KMS raises UnavailableError when KMS cannot be had.
    """

    def __init__(self, client: KmsClient, key: str) -> None:
        self._client = client
        self._key = key

    def new_key(self, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Return a fresh data key and its wrapped form, which opens for `context` alone."""
        made = _ask(
            self._client.generate_data_key,
            KeyId=self._key,
            KeySpec="AES_256",
            EncryptionContext=dict(context),
        )
        return made["Plaintext"], made["CiphertextBlob"]

    def open_key(self, wrapped: bytes, context: Mapping[str, str]) -> bytes | None:
        """Return the data key itself, None when this is no key of that context."""
        opened = _ask(
            self._client.decrypt,
            KeyId=self._key,
            CiphertextBlob=wrapped,
            EncryptionContext=dict(context),
        )
        return None if opened is None else bytes(opened["Plaintext"])

    def encrypt(self, key: bytes, text: bytes, bound: bytes) -> bytes:
        """Return nonce and ciphertext; it decrypts together with `bound` alone."""
        # on first use: most requests of an API function encrypt nothing
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, text, bound)

    def decrypt(self, key: bytes, sealed: bytes, bound: bytes) -> bytes | None:
        """Return the text, None when it is not what was encrypted."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(sealed) < _NONCE + _TAG:
            return None
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        except InvalidTag:
            return None


def _ask(call: Any, **arguments: Any) -> Any:
    """Return the reply; None when KMS finds that the ciphertext is not one of this context."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidCiphertextException":
            return None
        if code in _TRANSIENT:
            raise UnavailableError("The key service is busy; please try again.") from error
        raise
    except BotoCoreError as error:  # timeouts, connection failures
        raise UnavailableError("The key service did not answer; please try again.") from error


_TRANSIENT = frozenset(
    {"DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException",
     "LimitExceededException", "ThrottlingException"}
)  # fmt: skip
