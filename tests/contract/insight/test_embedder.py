"""What every Embedder promises, held against the fake and the adapter."""

import json

import pytest

from functions.insight.openai import EMBED_BATCH, OpenAIEmbedder, OpenAIServer
from functions.insight.ports import Embedder, ProviderError
from tests.contract.insight.openai_server import Act, FakeOpenAI
from tests.unit.insight.fakes import FakeEmbedder


def vectors(count: int, dimensions: int = 3) -> Act:
    """A reply in reverse order, as the API may give it."""
    data = [
        {"object": "embedding", "index": i, "embedding": [float(i)] * dimensions}
        for i in reversed(range(count))
    ]
    return Act(body=json.dumps({"object": "list", "data": data, "model": "m"}).encode())


@pytest.fixture(params=["fake", "openai"])
def embedder(request: pytest.FixtureRequest, server: FakeOpenAI) -> Embedder:
    if request.param == "fake":
        return FakeEmbedder()
    server.will(vectors(2))
    return OpenAIEmbedder(OpenAIServer(server.url), "reelate-minilm")


def test_each_text_gets_one_vector_and_all_are_of_one_length(embedder: Embedder) -> None:
    first, second = embedder.embed(["price", "contract"])

    assert len(first) == len(second) > 0
    assert first != second


def test_no_texts_have_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]) == []


def test_vectors_come_in_the_order_of_the_texts_batch_by_batch(server: FakeOpenAI) -> None:
    server.will(vectors(EMBED_BATCH), vectors(2))

    found = OpenAIEmbedder(OpenAIServer(server.url), "m").embed(
        [f"text {i}" for i in range(EMBED_BATCH + 2)]
    )

    assert [vector[0] for vector in found] == [*map(float, range(EMBED_BATCH)), 0.0, 1.0]
    assert [asked.path for asked in server.asked] == ["/v1/embeddings"] * 2
    assert server.asked[1].json == {
        "model": "m", "input": [f"text {EMBED_BATCH}", f"text {EMBED_BATCH + 1}"],
        "encoding_format": "float",
    }  # fmt: skip


def test_a_reply_that_lacks_a_vector_or_mixes_lengths_is_malformed(server: FakeOpenAI) -> None:
    mixed = {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]}
    for act in (vectors(1), vectors(3), Act(body=json.dumps(mixed).encode())):
        server.will(act)
        with pytest.raises(ProviderError, match="one vector per text"):
            OpenAIEmbedder(OpenAIServer(server.url), "m").embed(["a", "b"])
