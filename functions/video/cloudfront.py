"""Addresses of renditions at an Amazon CloudFront distribution that asks for a signature.

One signature, of a policy with a wildcard, is good for a folder: all segments of one rung. A file
beside the folders (the mp4, say) has one of its own: who may watch need not be let download.

    first address of a process   1 request (the private key, from Secrets Manager)
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import quote


class CloudFrontAddresses:
    """Addresses of the objects of the media bucket, good for `lifetime` from `at` on.

    `sign` makes the signature of a policy by the private half of the public key `key_id`.
    """

    def __init__(
        self,
        domain: str,
        key_id: str,
        sign: Callable[[bytes], bytes],
        at: datetime,
        lifetime: timedelta,
    ) -> None:
        self._base = f"https://{domain}/"
        self._key_id = key_id
        self._sign = sign
        self._until = at + lifetime

    def of(self, key: str) -> str:
        """Return an address of one object, whose signature opens no other."""
        url = self._url(key)
        return f"{url}?{self._query(url)}"

    def download(self, key: str, disposition: str) -> str:  # noqa: ARG002 - infra/cdn.py adds it
        """Return an address of one object to save, by the last part of its key."""
        return self.of(key)

    def below(self, folder: str) -> Callable[[str], str]:
        """Return what maps keys in a folder to their addresses, by one signature for all."""
        query = self._query(f"{self._url(folder)}/*")
        return lambda key: f"{self._url(key)}?{query}"

    def _url(self, key: str) -> str:
        # a policy's wildcards are what else a key might hold
        return self._base + quote(key, safe="/-._~")

    def _query(self, resource: str) -> str:
        # Here and not above: a process that plays nothing needs no signer.
        from botocore.signers import CloudFrontSigner

        signer = CloudFrontSigner(self._key_id, self._sign)
        policy = signer.build_policy(resource, self._until)
        return str(signer.generate_presigned_url("", policy=policy)).removeprefix("?")


@cache
def policy_signer(
    read_secret: Callable[[str], str], secret: str, key_id: str
) -> Callable[[bytes], bytes]:
    """Return what signs policies. `secret` names a JSON object: ids of public keys to private keys
    (PEM; RSA of 2,048 bits or P-256, as CloudFront has them). Read once in a process, which knows
    one key alone. Raises LookupError when the key is not there.
    """
    # Here and not above: a process without a CDN does not even have the layer.
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = json.loads(read_secret(secret)).get(key_id)
    key = load_pem_private_key(pem.encode(), password=None) if pem else None
    # SHA-1 is the digest that CloudFront holds a signature against.
    if isinstance(key, EllipticCurvePrivateKey):
        curve = key
        return lambda policy: curve.sign(policy, ECDSA(SHA1()))  # noqa: S303  # nosec B303
    if isinstance(key, RSAPrivateKey):
        rsa = key
        return lambda policy: rsa.sign(policy, PKCS1v15(), SHA1())  # noqa: S303  # nosec B303
    raise LookupError(f"the secret {secret} holds no private key of {key_id}")
