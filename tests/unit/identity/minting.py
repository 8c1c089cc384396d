"""Tokens as Cognito makes them, and as attackers do."""

import base64
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_testing"
KID = "pool-key-1"
PEOPLE = "people"


@cache
def private_key(name: str = "pool") -> rsa.RSAPrivateKey:
    """Return an RSA key; another name is another key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(name: str = "pool", kid: str = KID) -> dict[str, Any]:
    """Return a public key as the pool publishes it."""
    public: dict[str, Any] = RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return {**public, "kid": kid, "use": "sig", "alg": "RS256"}


def key_set(*keys: Mapping[str, Any]) -> dict[str, Any]:
    return {"keys": list(keys or [jwk()])}


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a person's access token; None leaves one out."""
    moment = int(time.time())
    usual = {
        "sub": "11111111-2222-4333-8444-555555555555", "iss": ISSUER, "client_id": PEOPLE,
        "token_use": "access", "iat": moment, "auth_time": moment, "exp": moment + 900,
        "jti": "j", "origin_jti": "o", "username": "11111111-2222-4333-8444-555555555555",
        "scope": "openid email profile", "version": 2,
    }  # fmt: skip
    return {name: value for name, value in (usual | changed).items() if value is not None}


def token(
    said: Mapping[str, Any] | None = None,
    *,
    key: str = "pool",
    kid: str | None = KID,
    **header: Any,
) -> str:
    """Return a signed token."""
    headers = {**({"kid": kid} if kid is not None else {}), **header}
    body = json.dumps(said or claims()).encode()  # as it is: an attacker's library checks nothing
    return jwt.PyJWS().encode(body, private_key(key), algorithm="RS256", headers=headers)


def forged(header: Mapping[str, Any], said: Any, signature: bytes = b"") -> str:
    """Return a token of these parts, as they are."""
    parts = (json.dumps(header).encode(), json.dumps(said).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
