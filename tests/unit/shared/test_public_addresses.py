"""Which addresses of a caller's choosing are ours to talk to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.public_addresses import ForbiddenAddressError, Target, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "192.0.2.7", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
        "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2001:0:7f00:1::", "not an address", "",
    ],
)  # fmt: skip
def test_what_is_not_of_the_public_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"]
)
def test_what_is_public_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_private_address_is_public(address: object) -> None:
    assert not is_public(str(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://media.example/a.mp4", "ftp://media.example/a", "file:///etc/passwd", "gopher://a/",
        "https:///a.mp4", "https://user@media.example/", "https://user:secret@media.example/",
        "https://:@media.example/", "https://media.example:99999/", "https://media.example:x/",
        "https://[::1/", "//media.example/a", "media.example/a", "https://media.example/a b",
        "https://media.example/a\r\nHost: b", "https://mediä.example/", "",
        "https://media.example/" + "a" * 2_048,
    ],
)  # fmt: skip
def test_a_url_that_says_more_or_less_than_an_address_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        Target.of(url)


def test_a_url_is_read_as_host_port_and_what_is_asked_for() -> None:
    target = Target.of("https://media.example:8443/a%20b.mp4?x=1#part")

    assert (target.host, target.port, target.resource) == ("media.example", 8443, "/a%20b.mp4?x=1")
    assert Target.of("https://media.example").port == 443
    assert not target.exempt


def test_an_exemption_is_of_one_port_of_one_host() -> None:
    exempt = frozenset({"127.0.0.1:8000"})

    assert Target.of("http://127.0.0.1:8000/a", exempt).exempt
    for url in ("http://127.0.0.1:8001/a", "http://127.0.0.2:8000/a", "file://127.0.0.1:8000/a"):
        with pytest.raises(ForbiddenAddressError):
            Target.of(url, exempt)
    assert not Target.of("https://127.0.0.1/", exempt).exempt
