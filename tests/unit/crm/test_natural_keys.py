"""E-mail addresses and domains in the form in which they are unique."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from functions.shared.natural_keys import domain, email


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("ada.lovelace+crm@mail.example.co.uk", "ada.lovelace+crm@mail.example.co.uk"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
        ("Ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("Jose\u0301@example.com", "jos\u00e9@example.com"),
        ("用户@例え.example", "用户@xn--r8jz45g.example"),
    ],
)
def test_an_address_is_trimmed_and_lowered(given: str, expected: str) -> None:
    assert email(given) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "ada", "@example.com", "ada@", "ada@example", "a@b@example.com", "ada@example.com.",
        ".ada@example.com", "ada.@example.com", "a..b@example.com", "ada@-example.com",
        "ada@exa_mple.com", "ada@127.0.0.1", "ada@[127.0.0.1]", '"ada l"@example.com',
        "ada lovelace@example.com", "ada@exam ple.com", "a" * 65 + "@example.com",
        "ada@" + "a" * 64 + ".com", "ada@" + "a." * 130 + "com", "ada@example.com\r\nBcc: x@y.z",
        "ada@exämple", "ada@-ä.example", "ä b@example.com", "ada@\u2024.example",
        "ada@ex\u200bample.com", "\u202eada@example.com",
    ],
)  # fmt: skip
def test_what_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        email(text)


@given(st.emails())
@example("a@a.aa")
def test_what_we_take_a_full_validator_takes_too(address: str) -> None:
    try:
        ours = email(address)
    except ValueError:
        return  # conservative: we may refuse more
    try:
        validate_email(ours, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        # it refuses special-use names (".local", ".invalid") and bad punycode, which we do not
        assert "special-use" in str(error) or "xn--" in ours or "--" in ours, error  # noqa: PT017


_PEOPLE = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(st.emails() | st.builds(lambda who, where: f"{who}@{where}.example", _PEOPLE, _PEOPLE))
def test_normalising_twice_changes_nothing(address: str) -> None:
    try:
        once = email(address)
    except ValueError:
        return
    assert email(once) == once


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (" Example.COM ", "example.com"),
        ("example.com.", "example.com"),
        ("a-b.io", "a-b.io"),
        ("Bücher.Example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_trimmed_lowered_and_loses_the_roots_dot(given: str, expected: str) -> None:
    assert domain(given) == expected


@pytest.mark.parametrize(
    "text",
    ["", "example", "https://example.com", "example.com/x", "-a.com", "a-.com", "a..com",
     "10.0.0.1", "ex ämple.com", "a_b.com", "." * 3, "a" * 64 + ".com", "ab." * 90 + "com"],
)  # fmt: skip
def test_what_is_not_a_domain_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a domain name"):
        domain(text)
