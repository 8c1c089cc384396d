"""Turns of phrase that say what a sentence does: object, reassure, go on, or only be polite."""

from __future__ import annotations

import re


def _cue(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})", re.IGNORECASE)


FILLER = re.compile(
    r"^(?:(?:so|well|yeah|yes|okay|ok|right|and|but|um|uh|you know|i mean|honestly|hmm|sure|great|"
    r"perfect|got it|good|because|then)[,.]? )+",
    re.IGNORECASE,
)
SMALL_TALK = _cue(
    r"thanks\b", r"thank you\b", r"how are you\b", r"nice to (?:meet|talk)", r"good to talk",
    r"(?:talk|speak) (?:to you )?soon", r"good (?:morning|afternoon)", r"bye\b", r"hello\b",
    r"have a (?:good|nice|great)", r"can you hear", r"share my screen", r"everyone is here",
)  # fmt: skip
# What opens a call or a part of it, and tells nothing by itself.
OPENING = re.compile(
    r"^\W*(?:hi|hey|hello)\b|\b(?:I'?ll|let me|let's) (?:start|begin|show|share|walk|ask you)\b",
    re.IGNORECASE,
)
CONCERN = _cue(
    r"too (?:expensive|much|high|long|complicated|slow|risky)\b", r"steep\b", r"pricey\b",
    r"concern(?:s|ed)?\b", r"worr(?:y|ied|ies)\b", r"not sure\b", r"not convinced\b",
    r"hesitant\b", r"s[ck]eptical\b", r"(?:the|a|my|our|real|big) (?:problem|issue|challenge)\b",
    r"over (?:our )?budget\b", r"more than we (?:budgeted|planned|expected|have)\b",
    r"no budget\b", r"budget (?:\w+ ){0,5}(?:gone|tight|limited|frozen|spent)\b",
    r"can'?t afford\b", r"hard to justify\b", r"won'?t be able to\b", r"deal ?breaker\b",
    r"doesn'?t work for us\b", r"nobody used\b", r"already (?:use|have|pay|work with)\b",
    r"cheaper\b", r"not a priority\b", r"bad timing\b", r"(?:will not|won'?t) approve\b",
    r"don'?t have (?:time|the (?:time|budget|people|resources))\b", r"not (?:ready|allowed)\b",
    r"whether we should (?:renew|continue|stay)\b", r"we are out\b", r"go back to\b",
    r"(?:doesn'?t|don'?t|does not|do not) want\b", r"can only (?:sign|buy|decide)\b",
    r"(?:failed|broke|keeps? (?:failing|breaking|crashing))\b", r"rough (?:quarter|month|year)\b",
)  # fmt: skip
REASSURES = _cue(
    r"understand\b", r"fair (?:concern|point|question)\b", r"we (?:support|offer|handle|can)\b",
    r"don'?t worry\b", r"no (?:problem|concerns|worries)\b", r"not a problem\b",
    r"any (?:concerns|questions|issues)\b", r"sorry (?:about|to hear)\b",
)  # fmt: skip
ONWARD = _cue(
    r"next steps?\b", r"follow[- ]up (?:call|meeting)\b",
    r"let'?s (?:schedule|meet|talk|set|book|do|plan|start|reconnect|catch|get|say|touch|find|"
    r"arrange)\b",
    r"(?:demo|call|meeting|session|workshop|kick[- ]?off) (?:on|next|this|for|with|in|at) ",
    r"(?:join|have|set up|schedule) (?:the|a|our|another) (?:\w+ )?(?:call|meeting|demo|session)\b",
)  # fmt: skip
FIGURE = re.compile(r"[$€£]\s?\d|\b\d[\d,.]*\b|%|\b(?:hundred|thousand|million)\b", re.IGNORECASE)
