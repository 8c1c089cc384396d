"""Action items by rule: promises, accepted requests and named third parties, with owner and due."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from infra.local.models.commitment_phrases import (
    ASK_RHETORIC,
    CONDITION,
    DELIVERS,
    END,
    KNOW,
    LET_ME,
    NEGATED,
    NOT_WHO,
    OFFER,
    POINTING,
    PROMISE,
    QUESTION_LEAD,
    REFUSED,
    REQUEST,
    RHETORIC,
    SMALL,
    THIRD,
)
from infra.local.models.due import find_due
from infra.local.models.people import addressee, names_of, speaker_named
from infra.local.models.sentences import Sentence, Turn


@dataclass(frozen=True)
class Commitment:
    """Something left to do: `owner` is a speaker id, a name, or None; quotes are exact words."""

    text: str
    owner: str | None
    due_text: str | None
    due_on: date | None
    quotes: tuple[str, ...]


def find_commitments(
    sentences: Sequence[Sentence], turns: Sequence[Turn], today: date
) -> list[Commitment]:
    """Every commitment of the call in order, the same one said twice only once."""
    names = names_of(turns)
    found: list[Commitment] = []
    last_turn = -1
    for at, sentence in enumerate(sentences):
        made = _commitment(at, sentence, sentences, turns, today, names)
        if made is None:
            continue
        twin = next((n for n, old in enumerate(found) if _same(old, made)), None)
        if twin is None and found and sentence.turn == last_turn and _points_back(found[-1], made):
            twin = len(found) - 1
        if twin is None:
            found.append(made)
        else:
            found[twin] = _merged(found[twin], made)
        last_turn = sentence.turn
    return found


def _points_back(old: Commitment, new: Commitment) -> bool:
    return (
        old.owner == new.owner
        and bool(POINTING.search(new.text))
        and not (old.due_on and new.due_on and old.due_on != new.due_on)
    )


def _commitment(
    at: int,
    sentence: Sentence,
    sentences: Sequence[Sentence],
    turns: Sequence[Turn],
    today: date,
    names: Mapping[str, str],
) -> Commitment | None:
    text = sentence.text.replace("’", "'")
    if CONDITION.search(text):
        return None
    promised = _promise(text, today)
    other = addressee(sentence.turn, turns)
    if promised is not None:
        due = find_due(text, today)
        return Commitment(
            _worded(promised, speaker=sentence.speaker, listener=other, names=names),
            sentence.speaker,
            due.text if due else None,
            due.on if due else None,
            (sentence.text,),
        )
    third = THIRD.search(text)
    if third and third["who"] not in NOT_WHO and not RHETORIC.search(third["act"]):
        due = find_due(text, today)
        owner = speaker_named(third["who"], names) or third["who"]
        act = _worded(third["act"], speaker=sentence.speaker, listener=other, names=names)
        return Commitment(
            act, owner, due.text if due else None, due.on if due else None, (sentence.text,)
        )
    return _requested(at, sentence, sentences, turns, today, names)


def _promise(text: str, today: date) -> str | None:
    for pattern, sure in ((PROMISE, True), (LET_ME, True), (OFFER, False)):
        match = pattern.search(text)
        if match is None or RHETORIC.search(match["act"]):
            continue
        if NEGATED.search(text[: match.start("act")]):
            continue
        if not sure and not (DELIVERS.search(match["act"]) or find_due(text, today)):
            continue
        return match["act"]
    return None


def _requested(
    at: int,
    sentence: Sentence,
    sentences: Sequence[Sentence],
    turns: Sequence[Turn],
    today: date,
    names: Mapping[str, str],
) -> Commitment | None:
    text = sentence.text.replace("’", "'")
    match = REQUEST.search(text) or KNOW.search(text)
    if match is None or RHETORIC.search(match["act"]) or ASK_RHETORIC.search(match["act"]):
        return None
    if QUESTION_LEAD.search(text[: match.start()]):
        return None
    owner = addressee(sentence.turn, turns)
    answer = next((one for one in sentences[at + 1 :] if one.turn != sentence.turn), None)
    if answer is not None and REFUSED.search(answer.text):
        return None
    due = find_due(text, today)
    quotes = [sentence.text]
    if due is None and answer is not None and answer.turn == sentence.turn + 1:
        # "Can you send it?" – "Sure, you'll have it by Friday."
        due = find_due(answer.text, today)
        if due is not None:
            quotes.append(answer.text)
    if match.re is KNOW and due is None:
        return None
    act = _worded(match["act"], speaker=sentence.speaker, listener=owner, names=names, asked=True)
    return Commitment(act, owner, due.text if due else None, due.on if due else None, tuple(quotes))


def _worded(
    act: str,
    *,
    speaker: str,
    listener: str | None,
    names: Mapping[str, str],
    asked: bool = False,
) -> str:
    """The act as a line of a to-do list, said from outside: "you" and "me" become names."""
    text = END.sub("", act).strip(" ,")
    text = re.sub(r"(?: as well| too| then| for sure)$", "", text, flags=re.IGNORECASE)
    outsider = speaker if asked else listener
    name = names.get(outsider, "") if outsider else ""
    mine, ours = (r"me|us", r"my|our") if asked else (r"you|you guys", r"your")
    if name:
        text = re.sub(rf"\b(?:{ours})\b", f"{name}'s", text, flags=re.IGNORECASE)
        text = re.sub(rf"\b(?:{mine})\b", name, text, flags=re.IGNORECASE)
    else:
        text = re.sub(
            rf"^(\w+) (?:{mine}) (?=(?:an?|the|our|my|some|that|those|this|over|all|your)\b)",
            r"\1 ",
            text,
            flags=re.IGNORECASE,
        )
        text = re.sub(rf"\b(?:{mine})\b", "them", text, flags=re.IGNORECASE)
        text = re.sub(rf"\b(?:{ours})\b", "their", text, flags=re.IGNORECASE)
    if asked:
        text = re.sub(r"\byour\b", "their", text, flags=re.IGNORECASE)
    return text[:1].upper() + text[1:]


def _keywords(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in SMALL}


def _same(one: Commitment, other: Commitment) -> bool:
    if one.owner != other.owner:
        return False
    if one.due_on and other.due_on and one.due_on != other.due_on:
        return False
    mine, yours = _keywords(one.text), _keywords(other.text)
    shared = len(mine & yours)
    return shared >= 2 and shared >= 0.6 * min(len(mine), len(yours))


def _merged(old: Commitment, new: Commitment) -> Commitment:
    fuller = old if POINTING.search(new.text) or len(old.text) >= len(new.text) else new
    return Commitment(
        fuller.text,
        old.owner,
        old.due_text or new.due_text,
        old.due_on or new.due_on,
        tuple(dict.fromkeys((*old.quotes, *new.quotes))),
    )
