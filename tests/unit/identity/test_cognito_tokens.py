"""Only a living access token of our pool is believed; everything else says nothing."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.identity.cognito_tokens import Keys, KeysUnavailableError, Tokens
from tests.unit.identity.minting import (
    ISSUER,
    KID,
    claims,
    forged,
    jwk,
    key_set,
    private_key,
    token,
)


class Published:
    """A key set that is fetched, counted, and may be out of reach."""

    def __init__(self, *keys: Mapping[str, Any]) -> None:
        self.keys = keys
        self.fetched = 0
        self.down = False

    def __call__(self) -> Mapping[str, Any]:
        self.fetched += 1
        if self.down:
            raise TimeoutError
        return key_set(*self.keys)


def _tokens(published: Published | None = None) -> Tokens:
    return Tokens(Keys(published or Published(jwk())), ISSUER)


def _now() -> int:
    return int(time.time())


def test_a_living_access_token_says_what_it_says() -> None:
    said = claims(workspace="ws_1")

    assert _tokens().claims(token(said)) == said


def _public_pem() -> bytes:
    return private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _hmac(secret: bytes, alg: str = "HS256") -> str:
    """Sign as an attacker does who takes what is public for the secret."""
    signed = forged({"alg": alg, "kid": KID, "typ": "JWT"}, claims()).rsplit(".", 1)[0]
    mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _tampered() -> str:
    head, _, signature = token().split(".")
    body = json.dumps(claims(workspace="ws_other")).encode()
    return f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"


def _bent() -> str:
    good = token()
    return good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]


ATTACKS: dict[str, Callable[[], str]] = {
    "no signature": lambda: forged({"alg": "none", "kid": KID}, claims()),
    "no signature, spelt otherwise": lambda: forged({"alg": "NoNe", "kid": KID}, claims()),
    "no algorithm": lambda: forged({"kid": KID}, claims()),
    "signature cut off": lambda: token().rsplit(".", 1)[0] + ".",
    "HMAC with the public key as PEM": lambda: _hmac(_public_pem()),
    "HMAC with the public key as JWK": lambda: _hmac(json.dumps(jwk()).encode()),
    "HMAC with the modulus": lambda: _hmac(jwk()["n"].encode()),
    "HMAC with nothing": lambda: _hmac(b""),
    "another RSA algorithm": lambda: forged({"alg": "PS256", "kid": KID}, claims(), b"x" * 256),
    "wrong issuer": lambda: token(claims(iss=ISSUER.replace("testing", "another"))),
    "issuer with more behind": lambda: token(claims(iss=f"{ISSUER}/")),
    "issuers in a list": lambda: token(claims(iss=[ISSUER])),
    "no issuer": lambda: token(claims(iss=None)),
    "an audience": lambda: token(claims(aud="another-api")),
    "an id token": lambda: token(claims(token_use="id", aud="people", client_id=None)),
    "an id token with a client": lambda: token(claims(token_use="id")),
    "a refresh token": lambda: token(claims(token_use="refresh")),
    "no use": lambda: token(claims(token_use=None)),
    "no client": lambda: token(claims(client_id=None)),
    "no subject": lambda: token(claims(sub=None)),
    "a subject that is a number": lambda: token(claims(sub=7)),
    "expired": lambda: token(claims(exp=_now() - 60)),
    "no end": lambda: token(claims(exp=None)),
    "an end that is no number": lambda: token(claims(exp="tomorrow")),
    "not yet": lambda: token(claims(nbf=_now() + 600)),
    "made in the future": lambda: token(claims(iat=_now() + 600)),
    "no key id": lambda: token(kid=None),
    "unknown key id": lambda: token(kid="pool-key-2"),
    "key id that is a path": lambda: token(kid="../../../../dev/null"),
    "key id that is a query": lambda: token(kid=f"x' UNION SELECT '{KID}"),
    "key id that is empty": lambda: token(kid=""),
    "key id that is no text": lambda: forged({"alg": "RS256", "kid": [KID]}, claims(), b"x"),
    "another's key under our id": lambda: token(key="attacker"),
    "another's key, with where to get it": lambda: token(
        key="attacker", jku="https://evil.example/jwks.json", x5u="https://evil.example/cert"
    ),
    "another's key, enclosed": lambda: token(key="attacker", jwk=jwk("attacker")),
    "another's certificate, enclosed": lambda: token(key="attacker", x5c=["MIIB"]),
    "something critical that we do not know": lambda: token(crit=["exp"], exp=1),
    "tampered": _tampered,
    "bent signature": _bent,
    "two parts": lambda: "a.b",
    "four parts": lambda: token() + ".x",
    "empty parts": lambda: "..",
    "no base64": lambda: "é.ü.ö",
    "a lone surrogate": lambda: "\ud800.a.b",
    "a header of brackets": lambda: base64.urlsafe_b64encode(b"[" * 5_000).decode() + ".e30.e30",
    "too long": lambda: token(claims(padding="x" * 9_000)),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str) -> None:
    assert _tokens().claims(ATTACKS[attack]()) is None


def test_small_differences_of_clocks_are_forgiven() -> None:
    assert _tokens().claims(token(claims(exp=_now() - 2))) is not None
    assert _tokens().claims(token(claims(iat=_now() + 3))) is not None


def test_addresses_in_a_good_token_s_header_change_nothing() -> None:
    published = Published(jwk())

    assert _tokens(published).claims(token(jku="https://evil.example/")) is not None
    assert published.fetched == 1


def test_keys_are_fetched_once() -> None:
    published = Published(jwk())
    tokens = _tokens(published)

    for _ in range(3):
        assert tokens.claims(token()) is not None

    assert published.fetched == 1


def test_without_a_token_no_key_is_fetched() -> None:
    published = Published(jwk())

    assert _tokens(published).claims("a.b.c") is None
    assert published.fetched == 0


def test_a_new_key_is_found_at_its_first_token() -> None:
    published, moment = Published(jwk()), [0.0]
    tokens = Tokens(Keys(published, lambda: moment[0]), ISSUER)
    assert tokens.claims(token()) is not None
    published.keys = (jwk(), jwk("next", "pool-key-2"))

    moment[0] += 61

    assert tokens.claims(token(key="next", kid="pool-key-2")) is not None


def test_made_up_key_ids_cost_one_request_a_minute() -> None:
    published, moment = Published(jwk()), [0.0]
    tokens = Tokens(Keys(published, lambda: moment[0]), ISSUER)

    for number in range(180):
        moment[0] = float(number)
        assert tokens.claims(token(kid=f"made-up-{number}")) is None

    assert published.fetched == 3


def test_a_key_that_was_taken_back_ends_within_the_hour() -> None:
    published, moment = Published(jwk()), [0.0]
    tokens = Tokens(Keys(published, lambda: moment[0]), ISSUER)
    assert tokens.claims(token()) is not None
    published.keys = (jwk("next", "pool-key-2"),)

    moment[0] = 3_600

    assert tokens.claims(token()) is None


def test_while_keys_cannot_be_fetched_the_known_ones_are_good() -> None:
    published, moment = Published(jwk()), [0.0]
    tokens = Tokens(Keys(published, lambda: moment[0]), ISSUER)
    assert tokens.claims(token()) is not None
    published.down = True

    moment[0] = 4_000

    assert tokens.claims(token()) is not None


def test_without_any_key_nothing_can_be_said() -> None:
    """Neither yes nor no: the gateway answers 503, and the caller tries again."""
    published = Published(jwk())
    published.down = True

    with pytest.raises(KeysUnavailableError):
        _tokens(published).claims(token())


def test_keys_that_do_not_sign_are_left_out() -> None:
    encrypting = {**jwk(), "use": "enc"}
    symmetric = {"kty": "oct", "k": "c2VjcmV0", "kid": KID, "use": "sig"}

    assert _tokens(Published(encrypting, symmetric)).claims(token()) is None
