"""An Authorization header holds one credential, written in one way, or none."""

import pytest

from functions.identity.authorize.logic import bearer


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER abc", "abc"),
        ("Bearer  abc", None),
        (" Bearer abc", None),
        ("Bearer abc ", None),
        ("Bearer\tabc", None),
        ("Bearer abc\n", None),
        ("Bearer\u00a0abc", None),
        ("Bearer a bc", None),
        ("Bearer abc, Bearer abd", None),
        ("Bearer \u0430bc", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic abc", None),
        ("abc", None),
        ("", None),
    ],
)
def test_a_bearer_credential_is_written_in_one_way(header: str, found: str | None) -> None:
    assert bearer({"headers": {"Authorization": header}}) == found


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ["Bearer abc", "Bearer abc"]},
        {"Authorization": ["Bearer abc"], "authorization": ["Bearer abd"]},
        {},
        {"Proxy-Authorization": ["Bearer abc"]},
    ],
)
def test_of_several_authorization_headers_none_is_chosen(headers: dict[str, list[str]]) -> None:
    last = {name: values[-1] for name, values in headers.items()}

    assert bearer({"headers": last, "multiValueHeaders": headers}) is None
