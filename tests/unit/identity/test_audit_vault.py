"""Data keys of subjects: made once, opened rarely, kept shortly."""

from collections.abc import Iterable, Mapping

import pytest

from functions.identity.audit_vault import MOST_KEYS, KeyCache, SubjectKey, Values, Vault
from functions.identity.kms import KmsEnvelope

VALUES = b'{"after":{"name":"Ada"},"before":{}}'


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Safe:
    """KMS as it counts: keys are wrapped by turning them round behind their context."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def generate_data_key(self, **arguments: object) -> dict[str, bytes]:
        self.calls.append("generate")
        key = len(self.calls).to_bytes(32, "big")
        return {"Plaintext": key, "CiphertextBlob": key[::-1]}

    def decrypt(self, *, CiphertextBlob: bytes, **arguments: object) -> dict[str, bytes]:  # noqa: N803
        self.calls.append("decrypt")
        return {"Plaintext": CiphertextBlob[::-1]}


class Shelf:
    """Wrapped keys in memory; `rival` is put there by another process just before ours is."""

    workspace = "ws_one"

    def __init__(self, rival: SubjectKey | None = None) -> None:
        self.kept: dict[str, SubjectKey] = {}
        self._rival = rival

    def subject_key(self, subject: str) -> SubjectKey | None:
        return self.kept.get(subject)

    def subject_keys(self, subjects: Iterable[str]) -> dict[str, SubjectKey]:
        return {each: self.kept[each] for each in subjects if each in self.kept}

    def keep_subject_key(self, subject: str, wrapped: bytes) -> bool:
        if self._rival is not None:
            self.kept[subject] = self._rival
        if subject in self.kept:
            return False
        self.kept[subject] = SubjectKey(wrapped)
        return True


def vault(shelf: Shelf, safe: Safe, clock: Clock | None = None) -> Vault:
    return Vault(KmsEnvelope(safe, "alias/audit"), shelf, KeyCache(clock or Clock()))


def entry(sealed: str | None, number: int = 1, subject: str = "con_1") -> Mapping[str, object]:
    return {"id": f"evt_{number}", "subject": {"id": subject}, "values": sealed}


def test_what_was_sealed_opens_with_the_same_subject_and_entry() -> None:
    shelf, safe = Shelf(), Safe()
    sealed = vault(shelf, safe).seal("con_1", "evt_1", VALUES)

    opened = vault(shelf, safe).open([entry(sealed), entry(None, 2)])

    assert opened == {
        "evt_1": Values("shown", before={}, after={"name": "Ada"}), "evt_2": Values("none"),
    }  # fmt: skip


@pytest.mark.parametrize("other", [entry("", 2), entry("", 1, "con_2")])
def test_it_opens_in_no_other_place(other: Mapping[str, object]) -> None:
    shelf, safe = Shelf(), Safe()
    sealed = vault(shelf, safe).seal("con_1", "evt_1", VALUES)
    shelf.kept["con_2"] = shelf.kept["con_1"]

    (found,) = vault(shelf, safe).open([{**other, "values": sealed}]).values()

    assert found.state == "damaged"


@pytest.mark.parametrize("broken", ["", "AAAA", "not base64!", "A" * 64])
def test_what_is_no_ciphertext_is_damaged(broken: str) -> None:
    shelf, safe = Shelf(), Safe()
    vault(shelf, safe).seal("con_1", "evt_1", VALUES)

    assert vault(shelf, safe).open([entry(broken)])["evt_1"].state == "damaged"


def test_the_same_text_is_never_sealed_alike() -> None:
    keeper = vault(Shelf(), Safe())

    assert len({keeper.seal("con_1", "evt_1", VALUES) for _ in range(20)}) == 20


def test_kms_is_asked_once_for_a_subject_within_a_minute() -> None:
    clock, safe = Clock(), Safe()
    keeper = vault(Shelf(), safe, clock)
    for number in range(5):
        keeper.seal("con_1", f"evt_{number}", VALUES)
    assert safe.calls == ["generate"]

    clock.time = 61
    keeper.seal("con_1", "evt_9", VALUES)
    assert safe.calls == ["generate", "decrypt"]


def test_a_process_keeps_few_keys() -> None:
    cache = KeyCache(Clock())
    for number in range(MOST_KEYS + 10):
        cache.put(number, b"key")

    assert [number for number in range(20) if cache.get(number)] == list(range(10, 20))


def test_the_first_of_two_processes_decides_on_a_subject_s_key() -> None:
    safe = Safe()
    shelf = Shelf(rival=SubjectKey(b"\x07" * 32))
    sealed = vault(shelf, safe).seal("con_1", "evt_1", VALUES)

    assert safe.calls == ["generate", "decrypt"]
    assert vault(shelf, safe).open([entry(sealed)])["evt_1"].state == "shown"


def test_a_subject_that_was_forgotten_meanwhile_gets_no_key() -> None:
    shelf = Shelf(rival=SubjectKey(None))

    assert vault(shelf, Safe()).seal("con_1", "evt_1", VALUES) is None
    assert vault(shelf, Safe()).seal("con_1", "evt_2", VALUES) is None


@pytest.mark.parametrize("left", [None, SubjectKey(None)])
def test_without_its_key_an_entry_is_erased(left: SubjectKey | None) -> None:
    shelf, safe = Shelf(), Safe()
    keeper = vault(shelf, safe)
    sealed = keeper.seal("con_1", "evt_1", VALUES)
    assert keeper.open([entry(sealed)])["evt_1"].state == "shown"

    del shelf.kept["con_1"]
    if left is not None:
        shelf.kept["con_1"] = left

    assert keeper.open([entry(sealed)])["evt_1"] == Values("erased")  # though it was just opened
