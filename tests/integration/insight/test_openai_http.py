"""The OpenAI-compatible adapter against a server with every fault that HTTP allows."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from functions.insight.openai import OpenAIServer
from functions.insight.ports import ProviderError
from functions.insight.retry import Patience
from tests.contract.insight.openai_server import Act, FakeOpenAI, fault
from tests.unit.insight.fakes import Hands

GOOD = Act(body=b'{"ok": true}')


def post(
    server: FakeOpenAI,
    hands: Hands | None = None,
    seconds: float = 60.0,
    limit: int = 1_000_000,
    attempts: int = 3,
) -> bytes:
    """One request with a clock that only a pause moves."""
    http = OpenAIServer(
        server.url, patience=Patience(attempts=attempts), timing=(hands or Hands()).timing
    )
    return http.post_json("/chat/completions", {"q": 1}, seconds=seconds, limit=limit)


def refused(server: FakeOpenAI, **options: float) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        post(server, **options)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_waited_out(server: FakeOpenAI, status: int) -> None:
    hands = Hands(dice=0.5)
    server.will(fault(status), fault(status), GOOD)

    assert post(server, hands) == GOOD.body
    assert hands.slept == [0.25, 0.5]
    assert len(server.asked) == 3


def test_a_lasting_outage_is_given_up_after_the_attempts(server: FakeOpenAI) -> None:
    server.will(fault(500))

    error = refused(server)

    assert (error.kind, len(server.asked)) == ("unavailable", 3)


def test_retry_after_in_seconds_and_as_a_date_is_obeyed(server: FakeOpenAI) -> None:
    hands = Hands(dice=0.0)
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server.will(fault(429, retry_after="7"), fault(503, retry_after=date), GOOD)

    post(server, hands)

    assert hands.slept[0] == 7
    assert 15 < hands.slept[1] <= 20


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e400", "NaN", "Wed, 99 Foo 2026"])
def test_a_senseless_retry_after_is_ignored(server: FakeOpenAI, nonsense: str) -> None:
    hands = Hands(dice=0.5)
    server.will(fault(503, retry_after=nonsense), GOOD)

    assert post(server, hands) == GOOD.body
    assert hands.slept == [0.25]


def test_a_retry_after_beyond_the_time_allowed_is_not_waited_for(server: FakeOpenAI) -> None:
    server.will(fault(429, retry_after="3600"), GOOD)

    assert refused(server).kind == "throttled"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (fault(400, "invalid_request"), "misconfigured"),
        (fault(400, "context_length_exceeded"), "too_large"),
        (fault(401, "invalid_api_key"), "misconfigured"),
        (fault(404, "model_not_found"), "misconfigured"),
        (fault(413), "too_large"),
        (fault(429, "insufficient_quota"), "misconfigured"),
        (Act(302, headers={"location": "http://127.0.0.1:1/steal"}), "misconfigured"),
        (Act(204), "misconfigured"),
        (Act(400, b"not json \xff\xfe"), "misconfigured"),
        (Act(400, b'{"error": "plain text"}'), "misconfigured"),
        (Act(400, b"[" * 20_000), "misconfigured"),
    ],
)
def test_a_lasting_refusal_is_raised_at_once_and_no_redirect_followed(
    server: FakeOpenAI, act: Act, kind: str
) -> None:
    server.will(act)

    assert refused(server).kind == kind
    assert len(server.asked) == 1


def test_an_error_tells_status_and_code_but_never_the_servers_words_or_the_key(
    server: FakeOpenAI,
) -> None:
    server.will(fault(400, "invalid_request"))
    http = OpenAIServer(server.url, api_key=lambda: "sk-secret", timing=Hands().timing)

    with pytest.raises(ProviderError) as caught:
        http.post_json("/x", {}, seconds=10, limit=1000)

    assert str(caught.value) == "HTTP 400 invalid_request"
    assert server.asked[0].headers["authorization"] == "Bearer sk-secret"
    server.will(fault(400, "Customer Anna's words"))
    assert str(refused(server)) == "HTTP 400"


def test_a_server_that_never_answers_is_a_timeout_within_the_time_allowed(
    server: FakeOpenAI,
) -> None:
    server.will(Act(hang=True))
    started = time.monotonic()

    error = refused(server, seconds=0.3, attempts=1)

    assert error.kind == "timeout"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("chunked", ["plain", "chunked"])
def test_a_reply_that_only_trickles_is_cut_off_at_the_deadline(
    server: FakeOpenAI, chunked: str
) -> None:
    if chunked == "chunked":
        pieces = (b"1\r\na\r\n",) * 10_000
        act = Act(pieces=pieces, pause=0.05, headers={"transfer-encoding": "chunked"})
    else:
        act = Act(pieces=(b"a",) * 10_000, pause=0.05)
    server.will(act)
    started = time.monotonic()

    error = refused(server, seconds=0.5, attempts=1)

    assert error.kind == "timeout"
    assert time.monotonic() - started < 5


def test_a_huge_reply_is_cut_off_at_its_limit_however_it_is_sent(server: FakeOpenAI) -> None:
    server.will(Act(body=b"x" * 3_000_000))

    error = refused(server, limit=100_000)

    assert (error.kind, len(server.asked)) == ("malformed", 1)


def test_a_reply_that_breaks_off_is_tried_again(server: FakeOpenAI) -> None:
    server.will(Act(body=b'{"half', cut=True), GOOD)

    assert post(server) == GOOD.body
    assert len(server.asked) == 2


def test_a_server_that_is_not_there_is_unavailable() -> None:
    http = OpenAIServer(
        "http://127.0.0.1:9/v1", patience=Patience(attempts=2), timing=Hands().timing
    )

    with pytest.raises(ProviderError) as caught:
        http.post_json("/x", {}, seconds=5, limit=10)

    assert caught.value.kind == "unavailable"


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "127.0.0.1:80", "ftp://x/v1", "http://"])
def test_a_base_url_must_be_http(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        OpenAIServer(url)


@pytest.mark.parametrize(
    ("url", "is_openai"),
    [
        ("https://api.openai.com/v1", "yes"),
        ("https://eu.api.openai.com/v1/", "yes"),
        ("https://notopenai.com/v1", "no"),
        ("http://127.0.0.1:1/v1", "no"),
    ],
)
def test_only_openai_itself_is_spoken_to_in_its_own_dialect(url: str, is_openai: str) -> None:
    assert OpenAIServer(url).is_openai is (is_openai == "yes")
