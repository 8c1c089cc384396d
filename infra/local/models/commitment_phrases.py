"""How people promise, ask and evade: the phrase tables of the action item rules."""

from __future__ import annotations

import re

from infra.local.models.sentences import words


def _any(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_SOON = "(?:" + _any(
    "also", "just", "definitely", "certainly", "personally", "then", "quickly", "absolutely",
    "gladly", "probably", "of course", "now", "please", "maybe", "kindly", "go ahead and",
    "make sure (?:to|that we|that I|I|we)", "be sure to", "be happy to", "be able to",
    "be glad to", "need to", "have to", "want to", "try to", "try and",
) + " )*"  # fmt: skip
_VERB = _any(
    *words(
        """
        send e-?mail mail forward share resend get follow circle write draft prepare put pull set
        schedule reschedule book arrange organi[sz]e call ring check confirm verify find look dig
        investigate review read talk speak chat discuss run take bring introduce connect loop
        invite add include create build open raise file log escalate submit sign countersign
        approve order ship deliver provision grant enable configure install update revise change
        fix adjust quote price calculate ping text message reach remind ask ensure finish complete
        finali[sz]e test collect gather compile summari[sz]e document present propose work figure
        sort hand pass provide give supply upload export import attach drop let keep touch meet
        kick launch move migrate extend renew cancel pay transfer onboard train push copy sync
        evaluate pilot demo compare measure join record post publish return replace refund credit
        waive apply request negotiate redline dial nail line buy print decide host
        double[-\\s]check come
        """
    )
)
_STRONG = _any(
    "I'?ll", "I will", "I'?m going to", "I am going to", "I'?m gonna", "I promise to",
    "I'?ll make sure(?: that)?", "we'?ll", "we will", "we'?re going to", "we are going to",
    "(?:my|our) [a-z]+(?: [a-z]+)?,?(?: [A-Z][a-z]+,?)? (?:will|is going to)",
)  # fmt: skip
_WEAK = _any(
    "I can", "we can", "I could", "I need to", "we need to", "I have to", "we have to",
    "I should", "I'?d be happy to", "I'?m happy to", "happy to", "I'?d be glad to", "I want to",
    "I'?d (?:need|have) to", "I still need to", "I plan to", "we plan to", "I'?m planning to",
)  # fmt: skip
_ASK = _any(
    "(?:can|could|would|will) you", "please", "if you (?:can|could|would)", "I need you to",
    "I'?d like you to", "I'?d love (?:for )?you to", "we need you to", "would you be able to",
)  # fmt: skip
_CHECKS = _any(
    "check", "double[- ]check", "send", "e-?mail", "get back", "find out", "look into", "talk",
    "speak", "follow up", "confirm", "verify", "set up", "schedule", "book", "put together",
    "draft", "prepare", "run (?:it|this|that)", "take (?:it|this|that)", "circle", "introduce",
    "connect", "loop", "forward", "reach out", "ask (?:my|our|the|him|her|them)",
)  # fmt: skip

PROMISE = _pattern(rf"\b{_STRONG} {_SOON}(?P<act>{_VERB}\b.*)")
OFFER = _pattern(rf"\b{_WEAK} {_SOON}(?P<act>{_VERB}\b.*)")
LET_ME = _pattern(rf"\blet me (?:just |also |quickly )?(?P<act>{_CHECKS}\b.*)")
REQUEST = _pattern(rf"\b{_ASK} {_SOON}(?P<act>{_VERB}\b.*)")
KNOW = _pattern(r"^\W*(?:and |so |just |then )*(?P<act>let (?:me|us) know\b.*)")
# Case matters here: the one who will do it must be a name.
THIRD = re.compile(
    r"\b(?P<who>[A-Z][a-z]+)(?:'ll| will| is going to| needs to| has to) "
    rf"{_SOON}(?P<act>{_VERB}\b.*)"
)

# Said of the conversation itself, not of anything left to do after it.
RHETORIC = _pattern(
    "^"
    + _any(
        "share my screen", "share (?:a|one|some) (?:quick|little)", "ask you", "pass\\.?$", "see",
        "give you an? (?:(?:quick|brief|short) )?(?:example|idea|overview|sense|summary|feel)",
        "get (?:to|into|started|going)\\b", "get (?:it|that|you)[.,!]?$", "hear", "move on",
        "take (?:a (?:look|step|moment|second)|that as|questions)",
        "(?:talk|speak) (?:about|through|more)", "put it (?:this|that) way",
        "look (?:at (?:that|it|this) (?:now|together)|forward)",
        "let you (?:go|talk|speak|finish|ask|start|know (?:that|how))",
        "read (?:it|that) (?:out|back)", "run (?:through|you through)",
        "keep (?:it|this) (?:short|brief|quick)", "(?:add|mention) (?:one|something)",
        "find (?:it|that|this) (?:hard|useful|easy|difficult)",
        "work (?:for|with) (?:us|me|you)\\b",
        "come (?:to|back to) (?:that|this|it)", "tell", "explain", "describe", "walk", "show",
    )
)  # fmt: skip
ASK_RHETORIC = _pattern(
    "^"
    + _any(
        "share (?:a (?:bit|little)|your (?:screen|thoughts)|more)", "talk", "speak",
        "give (?:me|us) (?:an? )?(?:idea|sense|example|overview|feel|bit)",
        "get (?:that|it|me)?\\??$", "read", "see", "work", "let (?:me|us) (?:finish|think|see)",
        "call (?:that|it)", "look at (?:this|that|the screen)", "come",
    )
)  # fmt: skip
DELIVERS = _pattern(
    "^"
    + _any(
        "send", "e-?mail", "mail", "forward", "share", "get (?:you|that|it|this|back|someone|the)",
        "follow up", "set up", "schedule", "book", "put together", "draft", "prepare",
        "introduce", "loop", "invite", "check", "talk to", "speak (?:to|with)", "confirm",
        "find out", "provide", "write",
    )
)  # fmt: skip
QUESTION_LEAD = _pattern(r"\b(?:what|how|when|where|why|which|who)\b[^,.?]{0,24}$")
NEGATED = _pattern(r"\b(?:not|never|won't|can't|unless)\b|n't\b")
CONDITION = _pattern(
    r"\bif you(?:'d| would| do| were|'re| are)? (?:sign|decide|buy|choose|go|commit|purchase|"
    r"upgrade|pay)\b"
)
REFUSED = _pattern(
    r"^\W*(?:no\b(?! problem| worries)|sorry|unfortunately|i can't|we can't|i'm afraid|"
    r"not (?:really|yet|sure)|i'd rather not|that's not)"
)
# Where the thing to do ends and reasons, conditions or the next clause begin.
END = _pattern(
    r"(?:[.?!…]+(?=\s|$)|;|,? (?:because|but|so that|so you|which|since|although|though|okay|"
    r"if that's|if that|if you|does that|is that|when you|once|"
    r"and (?:then )?(?:I'?ll|we'?ll|you|we can|I can|let's))\b|"
    r", (?:so|and|right|okay|if|then|does|is|including)\b).*$"
)
# "I'll get that to you by Friday": the thing was named just before.
POINTING = _pattern(
    r"^\w+ (?:it|that|this|those|them|these)\b|^(?:get|come) back\b|^let \w+ know\b"
)
NOT_WHO = words(
    """
    It That This There They He She You We I What Who Which Everything Something Nobody Everyone
    Somebody Someone Here Then And But So When Price Prices Nothing One Whoever
    """
)
SMALL = words(
    """
    a an the to of and or in on at by for with it that this them you me us is be will as our your
    their my so over
    """
)
