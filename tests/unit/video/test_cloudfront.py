"""Addresses at the CDN: what a signature opens, held against the public key as CloudFront does."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.ids import new_id
from functions.video.cloudfront import CloudFrontAddresses, policy_signer
from functions.video.playback import MAX_PLAYLIST_BYTES
from tests.unit.video.control_fakes import NOON

DOMAIN, KEY_ID, HOUR = "media.example.com", "K2ABCDEF", timedelta(hours=1)
RUNG = "wsp_one/vid_one/1/v/720p"
KINDS = ("rsa", "curve")


@cache
def private_key(kind: str) -> Any:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    return ec.generate_private_key(ec.SECP256R1())


def pem(kind: str) -> str:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return str(private_key(kind).private_bytes(*form), "ascii")


@cache
def signer(kind: str) -> Callable[[bytes], bytes]:
    return policy_signer(lambda _name: json.dumps({KEY_ID: pem(kind)}), f"secret-{kind}", KEY_ID)


def addresses(kind: str = "curve", at: datetime = NOON) -> CloudFrontAddresses:
    return CloudFrontAddresses(DOMAIN, KEY_ID, signer(kind), at, HOUR)


def opens(url: str, kind: str, at: datetime = NOON) -> bool:
    """Decide as CloudFront does: signature over the policy, path within it, time before its end."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, strict_parsing=True)
    if query.keys() != {"Policy", "Signature", "Key-Pair-Id"} or query["Key-Pair-Id"] != [KEY_ID]:
        return False
    policy, signature = (_decoded(query[name][0]) for name in ("Policy", "Signature"))
    public = private_key(kind).public_key()
    try:
        if kind == "rsa":
            public.verify(signature, policy, padding.PKCS1v15(), SHA1())  # noqa: S303 - what CloudFront does
        else:
            public.verify(signature, policy, ec.ECDSA(SHA1()))  # noqa: S303
    except InvalidSignature:
        return False
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Condition"].keys() == {"DateLessThan"}
    end = statement["Condition"]["DateLessThan"]["AWS:EpochTime"]
    asked = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return fnmatchcase(asked, statement["Resource"]) and at.timestamp() < end


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")), validate=True)


def at_path(url: str, path: str) -> str:
    """Return an address with the same signature and another path."""
    return urlsplit(url)._replace(path=path).geturl()


def test_a_file_to_save_has_an_address_of_its_own() -> None:
    key = "wsp_one/vid_one/1/video.mp4"

    url = addresses().download(key, "attachment")

    assert opens(url, "curve")
    assert not opens(at_path(url, "/wsp_one/vid_one/1/audio.m4a"), "curve")


@pytest.mark.parametrize("kind", KINDS)
def test_one_signature_opens_every_segment_of_its_folder(kind: str) -> None:
    address = addresses(kind).below(RUNG)

    first, last = address(f"{RUNG}/init.mp4"), address(f"{RUNG}/07199.m4s")

    assert first.startswith(f"https://{DOMAIN}/{RUNG}/init.mp4?")
    assert urlsplit(first).query == urlsplit(last).query
    assert opens(first, kind)
    assert opens(last, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "path",
    [
        "/wsp_one/vid_one/1/v/1080p/00000.m4s",  # another rung
        "/wsp_one/vid_one/1/v/720pp/00000.m4s",
        "/wsp_one/vid_one/1/video.mp4",  # who may watch need not be let download
        "/wsp_one/vid_one/1/transcript.json",
        "/wsp_one/vid_one/2/v/720p/00000.m4s",  # another run
        "/wsp_one/vid_two/1/v/720p/00000.m4s",  # another video
        "/wsp_two/vid_one/1/v/720p/00000.m4s",  # another workspace
    ],
)
def test_it_opens_nothing_else(kind: str, path: str) -> None:
    url = addresses(kind).below(RUNG)(f"{RUNG}/00000.m4s")

    assert not opens(at_path(url, path), kind)


def test_a_file_has_a_signature_of_its_own() -> None:
    url = addresses().of("wsp_one/vid_one/1/poster.jpg")

    assert opens(url, "curve")
    for other in ("video.mp4", "poster.jpg.bak", "poster-jpg", "v/720p/00000.m4s"):
        assert not opens(at_path(url, f"/wsp_one/vid_one/1/{other}"), "curve")


@pytest.mark.parametrize("name", ["v/*", "*", "v/?20p", "v/720p?x=1", "v/%2A", "v/[7]20p"])
def test_no_key_is_a_pattern(name: str) -> None:
    url = addresses().of(f"wsp_one/vid_one/1/{name}/init.mp4")

    assert opens(url, "curve")
    assert not opens(at_path(url, f"/{RUNG}/init.mp4"), "curve")


def test_it_ends_on_the_second() -> None:
    url = addresses().of(f"{RUNG}/init.mp4")

    assert opens(url, "curve", NOON + HOUR - timedelta(seconds=1))
    assert not opens(url, "curve", NOON + HOUR)


@given(st.data())
def test_a_changed_policy_or_signature_opens_nothing(data: st.DataObject) -> None:
    url = addresses().of(f"{RUNG}/init.mp4")
    query = parse_qs(urlsplit(url).query)
    name = data.draw(st.sampled_from(["Policy", "Signature"]))
    changed = bytearray(_decoded(query[name][0]))
    place = data.draw(st.integers(0, 9_999)) % len(changed)  # a curve's signatures vary in length
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    text = base64.b64encode(changed).decode().translate(str.maketrans("+=/", "-_~"))

    assert not opens(url.replace(query[name][0], text), "curve")


def test_another_key_s_signature_opens_nothing() -> None:
    assert not opens(addresses("curve").of(f"{RUNG}/init.mp4"), "rsa")


def test_a_whole_day_at_work_fits_into_one_playlist() -> None:
    """Eight hours, the longest recording there is: 7,200 segments of four seconds."""
    folder = f"{new_id('ws')}/{new_id('vid')}/9999/v/1080p"
    url = addresses().below(folder)(f"{folder}/07199.m4s")

    assert (len(url) + 40) * 7_201 < MAX_PLAYLIST_BYTES


@pytest.mark.parametrize("kept", ["{}", '{"K2OTHER": "x"}'])
def test_a_secret_without_the_key_is_named(kept: str) -> None:
    with pytest.raises(LookupError, match="secret-of-none holds no private key of K2ABCDEF"):
        policy_signer(lambda _name: kept, "secret-of-none", KEY_ID)


def test_the_secret_is_read_once_in_a_process() -> None:
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return json.dumps({KEY_ID: pem("curve")})

    for _ in range(3):
        policy_signer(read, "secret-read-once", KEY_ID)(b"policy")

    assert asked == ["secret-read-once"]
