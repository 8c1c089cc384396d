"""What is no living key opens nothing, costs no read where none is needed, and leaves no trace of
itself in the logs (S3)."""

from collections.abc import Callable

import pytest

from functions.identity.key_text import KeyText, checksum
from functions.shared import aws
from functions.shared.ids import new_id
from tests.integration.cloud import ENVIRONMENT, Calls
from tests.integration.gateway import CONTEXT
from tests.integration.identity.conftest import (
    METHOD,
    Door,
    authorize,
    authorize_handler,
    effect,
)

Found = Callable[[str], dict[str, str]]


def _bend(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def _resealed(body: str) -> str:
    return body + checksum(body)


NOT_A_KEY = {
    "truncated": lambda key: key[:-1],
    "longer": lambda key: key + "A",
    "twice": lambda key: key * 2,
    "its last character changed": lambda key: _bend(key, len(key) - 1),
    "its secret changed": lambda key: _bend(key, len(key) - 20),
    "its workspace changed": lambda key: key.replace("rl_live_0", "rl_live_1"),
    "upper case": str.upper,
    "another prefix": lambda key: key.replace("rl_", "sk_"),
    "another mode": lambda key: key.replace("rl_live", "rl_test"),
    "no prefix": lambda key: key.removeprefix("rl_live_"),
    "a separator of table keys": lambda key: key.replace("_", "#", 2),
    "a Cyrillic letter": lambda key: key.replace("e", "\u0435", 1),
    "full-width digits": lambda key: key.replace("0", "\uff10"),
    "a zero-width space": lambda key: key[:20] + "\u200b" + key[20:],
    "a space before": lambda key: " " + key,
    "a space after": lambda key: key + " ",
    "a tab after": lambda key: key + "\t",
    "a line feed after": lambda key: key + "\n",
    "a NUL after": lambda key: key + "\x00",
    "quotes": lambda key: f'"{key}"',
    "a second key after it": lambda key: f"{key}, Bearer {key}",
    "percent-encoded": lambda key: key.replace("_", "%5f"),
}


@pytest.mark.parametrize("change", NOT_A_KEY.values(), ids=NOT_A_KEY.keys())
def test_what_is_no_key_is_denied_without_a_read(
    admin: Door, calls: Calls, capfd: pytest.CaptureFixture[str], change: Callable[[str], str]
) -> None:
    changed = change(admin.key)
    calls.clear()

    decision = authorize(f"Bearer {changed}")

    assert changed != admin.key
    assert (effect(decision), decision["context"]) == ("Deny", {})
    assert calls == []
    assert admin.key[-43:-6] not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic cmw6cmw=", "rl_live_x", "Bearer null", "Bearer " * 500,
     "Bearer rl_live_\u0000", "Bearer \U0001f511", "Bearer " + "rl_live_" * 10_000],
)  # fmt: skip
def test_what_is_not_even_like_a_key_is_denied_without_a_read(
    cloud: None, header: str | None, calls: Calls
) -> None:
    assert effect(authorize(header)) == "Deny"
    assert calls == []


@pytest.mark.parametrize(
    "several",
    [
        {"Authorization": ["Bearer {key}", "Bearer {key}"]},
        {"Authorization": ["Bearer {key}", "Bearer rl_live_x"]},
        {"Authorization": ["Bearer rl_live_x"], "authorization": ["Bearer {key}"]},
        {"Authorization": [], "X-Authorization": ["Bearer {key}"]},
    ],
)
def test_of_several_headers_none_is_believed(
    admin: Door, calls: Calls, several: dict[str, list[str]]
) -> None:
    sent = {
        name: [value.format(key=admin.key) for value in values] for name, values in several.items()
    }
    calls.clear()

    decision = authorize_handler(
        {
            "methodArn": METHOD,
            "headers": {name: values[-1] for name, values in sent.items() if values},
            "multiValueHeaders": sent,
        },
        CONTEXT,
    )

    assert effect(decision) == "Deny"
    assert calls == []


def test_a_forged_key_with_a_good_checksum_costs_one_read_and_is_denied(
    admin: Door, found: Found, calls: Calls
) -> None:
    """Whoever knows how keys are made still has to guess 256 bits."""
    mine = KeyText.read(admin.key)
    assert mine is not None
    theirs = found("Theirs")["workspace"]
    forged = {
        "another secret": KeyText.fresh("live", mine.workspace, mine.key_id, None).text,
        "an unknown key": KeyText.fresh("live", mine.workspace, new_id("key"), None).text,
        "this key in another workspace": _resealed(
            admin.key[:-6].replace(mine.workspace[3:], theirs[3:])
        ),
        "this key in test mode": _resealed(admin.key[:-6].replace("live", "test")),
        "this key for a member": _resealed(
            f"{admin.key[:-50]}_{new_id('mem')[4:]}_{admin.key[-49:-6]}"
        ),
    }
    for meaning, text in forged.items():
        assert KeyText.read(text) is not None, meaning
        calls.clear()
        assert effect(authorize(f"Bearer {text}")) == "Deny", meaning
        assert calls == ["BatchGetItem"], meaning


def test_a_revoked_key_is_denied(admin: Door) -> None:
    made = admin.request("POST", "/v1/api-keys", {"name": "Gone soon", "role": "viewer"}).json
    assert effect(authorize(f"Bearer {made['key']}")) == "Allow"

    assert admin.request("DELETE", f"/v1/api-keys/{made['id']}").status == 204

    assert effect(authorize(f"Bearer {made['key']}")) == "Deny"


def test_an_expired_key_is_denied(admin: Door) -> None:
    made = admin.request(
        "POST",
        "/v1/api-keys",
        {"name": "Short", "role": "viewer", "expires_at": "2099-01-01T00:00:00Z"},
    ).json
    assert effect(authorize(f"Bearer {made['key']}")) == "Allow"

    _expire(admin, made["id"])

    assert effect(authorize(f"Bearer {made['key']}")) == "Deny"


def _expire(admin: Door, key_id: str) -> None:
    """Move a stored key's end into the past: the test does not wait for it."""
    workspace = admin.decision()["context"]["workspace"]
    aws.client("dynamodb").update_item(
        TableName=ENVIRONMENT["IDENTITY_TABLE"],
        Key={"pk": {"S": f"W#{workspace}#{key_id}"}, "sk": {"S": "RECORD"}},
        UpdateExpression="SET expires_at = :end",
        ExpressionAttributeValues={":end": {"S": "2020-01-01T00:00:00.000Z"}},
    )
