"""What every LanguageModel promises, held against the fake and each adapter."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber

from functions.insight.bedrock import BedrockConverse
from functions.insight.openai import OpenAILanguage, OpenAIServer
from functions.insight.ports import Budget, LanguageModel, Message, ProviderError, Tokens
from functions.insight.prompts import ANALYSIS_SCHEMA
from functions.insight.retry import Patience
from functions.insight.router import Router
from tests.contract.insight.openai_server import FakeOpenAI, chat, fault
from tests.unit.insight.factories import recorded
from tests.unit.insight.fakes import FakeModel, Hands

MESSAGES = [Message("system", "You analyse."), Message("user", "Analyse this.")]
BUDGET = Budget(50_000, 500, 10.0)
ASK = ("analyse_call", MESSAGES, ANALYSIS_SCHEMA, BUDGET)


@dataclass
class Subject:
    """A model with ways to make it do what the contract speaks of."""

    model: LanguageModel
    answers: Callable[[dict[str, Any]], None]
    chatters: Callable[[str], None]
    refuses: Callable[[], None]
    is_down: Callable[[], None]
    is_misconfigured: Callable[[], None]


def fake() -> Subject:
    model = FakeModel("")

    def will(answer: Any) -> None:
        model._answers = [answer]

    return Subject(
        model,
        will,
        will,
        lambda: will(ProviderError("refused", "no")),
        lambda: will(ProviderError("unavailable", "down")),
        lambda: will(ProviderError("misconfigured", "key")),
    )


def openai(server: FakeOpenAI) -> Subject:
    return Subject(
        OpenAILanguage(
            OpenAIServer(server.url, patience=Patience(attempts=2), timing=Hands().timing), "m-1"
        ),
        lambda answer: server.will(chat(json.dumps(answer))) and None,
        lambda text: server.will(chat(text)) and None,
        lambda: server.will(chat(None, refusal="I cannot help with that.")) and None,
        lambda: server.will(fault(503)) and None,
        lambda: server.will(fault(401, "invalid_api_key")) and None,
    )


def bedrock_client() -> Any:
    return botocore.session.get_session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


CONVERSE = {
    "modelId": ANY, "system": ANY, "messages": ANY, "inferenceConfig": ANY, "toolConfig": ANY,
}  # fmt: skip


def bedrock(stub: Stubber) -> Subject:
    def will(content: list[Any], reason: str = "tool_use") -> None:
        reply = recorded("converse_reply.json")
        reply["output"]["message"]["content"] = content
        stub.add_response("converse", reply | {"stopReason": reason}, CONVERSE)

    def fails(code: str, status: int) -> None:
        stub.add_client_error("converse", code, "secret words", status, expected_params=CONVERSE)

    tool = {"toolUseId": "tooluse_1", "name": "analyse_call"}
    return Subject(
        BedrockConverse(stub.client, "us.amazon.nova-lite-v1:0"),
        lambda answer: will([{"toolUse": tool | {"input": answer}}]),
        lambda text: will([{"text": text}], "end_turn"),
        lambda: will([{"text": "no"}], "guardrail_intervened"),
        lambda: fails("ServiceUnavailableException", 503),
        lambda: fails("AccessDeniedException", 403),
    )


@pytest.fixture(params=["fake", "openai", "bedrock", "router"])
def subject(request: pytest.FixtureRequest, server: FakeOpenAI) -> Iterator[Subject]:
    if request.param == "fake":
        yield fake()
    elif request.param == "openai":
        yield openai(server)
    elif request.param == "router":
        inner = openai(server)
        yield Subject(
            OneError(Router({"openai": inner.model}, rounds=1, timing=Hands().timing)),
            inner.answers, inner.chatters, inner.refuses, inner.is_down, inner.is_misconfigured,
        )  # fmt: skip
    else:
        with Stubber(bedrock_client()) as stub:
            yield bedrock(stub)


class OneError:
    """A router of one provider, whose failure is that provider's."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def complete(self, *ask: Any) -> Any:
        from functions.insight.router import NoProviderError

        try:
            return self._router.complete(*ask)
        except NoProviderError as error:
            raise error.errors[-1] from error


def test_an_answer_comes_as_json_with_text_tokens_model_and_latency(subject: Subject) -> None:
    subject.answers({"answer": "yes"})

    reply = subject.model.complete(*ASK)

    assert reply.json == {"answer": "yes"}
    assert '"answer"' in reply.text
    assert reply.tokens.input > 0
    assert reply.tokens.output > 0
    assert reply.model
    assert reply.provider
    assert reply.latency_ms >= 0
    assert reply.cost is None or reply.cost >= 0


def test_an_answer_that_is_no_json_object_is_handed_on_as_text(subject: Subject) -> None:
    subject.chatters("I would rather talk about the weather.")

    reply = subject.model.complete(*ASK)

    assert (reply.json, reply.text) == (None, "I would rather talk about the weather.")


@pytest.mark.parametrize(
    ("state", "again"),
    [("refuses", "useless"), ("is_down", "may help"), ("is_misconfigured", "useless")],
)
def test_a_failure_is_a_provider_error_that_says_whether_to_try_again(
    subject: Subject, state: str, again: str
) -> None:
    getattr(subject, state)()

    with pytest.raises(ProviderError) as caught:
        subject.model.complete(*ASK)

    assert caught.value.transient is (again == "may help")
    assert "secret words" not in str(caught.value)


def test_bedrock_is_asked_with_one_forced_tool_that_has_the_schema() -> None:
    with Stubber(bedrock_client()) as stub:
        stub.add_response(
            "converse",
            recorded("converse_reply.json"),
            {
                "modelId": "us.amazon.nova-lite-v1:0",
                "system": [{"text": "You analyse."}],
                "messages": [{"role": "user", "content": [{"text": "Analyse this."}]}],
                "inferenceConfig": {"maxTokens": 500, "temperature": 0.0},
                "toolConfig": {
                    "tools": [
                        {
                            "toolSpec": {
                                "name": "analyse_call",
                                "description": "Hands over the reply.",
                                "inputSchema": {"json": dict(ANALYSIS_SCHEMA)},
                            }
                        }
                    ],
                    "toolChoice": {"tool": {"name": "analyse_call"}},
                },
            },
        )

        reply = BedrockConverse(stub.client, "us.amazon.nova-lite-v1:0").complete(*ASK)

    assert reply.json == {"answer": "yes"}
    assert reply.tokens == Tokens(1200, 310)
    assert reply.cost == 0.0001464
    assert (reply.model, reply.latency_ms) == ("us.amazon.nova-lite-v1:0", 1551)


def test_bedrocks_throttling_is_told_from_its_timeouts() -> None:
    for code, kind in [
        ("ThrottlingException", "throttled"),
        ("ModelTimeoutException", "timeout"),
        ("ModelNotReadyException", "unavailable"),
        ("ValidationException", "misconfigured"),
    ]:
        with Stubber(bedrock_client()) as stub:
            stub.add_client_error("converse", code)
            with pytest.raises(ProviderError) as caught:
                BedrockConverse(stub.client, "m").complete(*ASK)
        assert caught.value.kind == kind


def test_a_bedrock_that_cannot_be_reached_is_unavailable() -> None:
    client = botocore.session.get_session().create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )

    with pytest.raises(ProviderError) as caught:
        BedrockConverse(client, "m").complete(*ASK)

    assert caught.value.kind == "unavailable"


def test_openai_is_asked_for_a_strict_json_schema(server: FakeOpenAI) -> None:
    server.will(chat('{"answer": "yes"}'))

    reply = openai(server).model.complete(*ASK)

    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert "authorization" not in asked.headers
    assert asked.json == {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "You analyse."},
            {"role": "user", "content": "Analyse this."},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "analyse_call", "strict": True, "schema": ANALYSIS_SCHEMA},
        },
        "max_tokens": 500,
        "temperature": 0,
    }
    assert (reply.model, reply.tokens) == ("gpt-4o-mini-2024-07-18", Tokens(1200, 310))


def test_json_in_a_code_fence_is_read_all_the_same(server: FakeOpenAI) -> None:
    server.will(chat('```json\n{"answer": "yes"}\n```'))

    assert openai(server).model.complete(*ASK).json == {"answer": "yes"}


def test_the_price_is_that_of_the_model_asked_for(server: FakeOpenAI) -> None:
    server.will(chat("{}"))
    model = OpenAILanguage(OpenAIServer(server.url), "gpt-4o-mini")

    assert model.complete(*ASK).cost == 0.000366


def test_openai_itself_is_spared_what_its_newer_models_refuse() -> None:
    class ItsServer(OpenAIServer):
        def post_json(self, path: str, body: Any, **_: Any) -> bytes:
            self.body = body
            payload = recorded("openai_chat.json")
            del payload["usage"]
            return json.dumps(payload).encode()

    server = ItsServer("https://api.openai.com/v1")

    reply = OpenAILanguage(server, "gpt-4.1-mini").complete(*ASK)

    assert server.body["max_completion_tokens"] == 500
    assert not {"max_tokens", "temperature"} & set(server.body)
    assert reply.tokens == Tokens(0, 0)
