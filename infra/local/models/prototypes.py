"""Seed sentences for the meanings the analysis looks for; MiniLM finds what is said like them."""

from __future__ import annotations

from typing import Final

TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "pricing": (
        "How much does it cost per month?",
        "The price is nine hundred dollars a month.",
        "Can we get a discount?",
        "It is more expensive than we budgeted.",
        "We charge per seat, billed annually.",
    ),
    "timeline": (
        "When could we go live?",
        "We want to decide before the end of the month.",
        "The rollout takes about six weeks.",
        "Our deadline is the first of March.",
    ),
    "security and compliance": (
        "Our security team has to review this.",
        "Do you support single sign-on with Okta?",
        "Are you SOC 2 certified and GDPR compliant?",
        "Where is our data stored and is it encrypted?",
    ),
    "integration": (
        "Does it integrate with Salesforce or SAP?",
        "We need an API to connect it to our systems.",
        "There is a connector for that tool.",
        "How would it sync with our CRM?",
    ),
    "competitors": (
        "We are also looking at another vendor.",
        "How do you compare with your competitors?",
        "Another company quoted us a lower price.",
        "Your competitor charges extra for that.",
    ),
    "decision process": (
        "Who else needs to approve this purchase?",
        "Our finance director makes the final decision.",
        "Procurement and legal have to sign off.",
        "I have to convince my boss and the board.",
    ),
    "support": (
        "How fast does your support team answer?",
        "We waited days for an answer to our support ticket.",
        "You get a dedicated customer success manager.",
        "What is the response time when something breaks?",
    ),
    "onboarding and training": (
        "How do you train new users?",
        "We run onboarding sessions for the team.",
        "Who helps us set everything up?",
        "The administrators need a training session.",
    ),
    "pilot and trial": (
        "Can we try it for free first?",
        "We start with a pilot in one team.",
        "Is there a trial period?",
        "We would like a proof of concept.",
    ),
    "contract and renewal": (
        "The contract ends in January.",
        "Should we renew the subscription?",
        "What are the cancellation terms?",
        "The contract has to be signed.",
    ),
    "current problems": (
        "Our current process is slow and painful.",
        "We lose days every month doing this by hand.",
        "Everything lives in spreadsheets and people are frustrated.",
        "The team is overwhelmed with manual work.",
    ),
    "product demo": (
        "Let me show you the product.",
        "I would like to see a demo.",
        "Can you walk our engineers through the features?",
    ),
    "data migration": (
        "How do we move our existing data over?",
        "We would import your old records.",
        "Migrating from the old system worries us.",
    ),
    "hiring and team": (
        "We are hiring ten new people.",
        "There are forty people on the support team.",
        "Two of our administrators have left the company.",
    ),
}

OBJECTIONS: Final[tuple[str, ...]] = (
    "That is too expensive for us.",
    "It is more than we budgeted.",
    "I am not sure the team would use it.",
    "We are worried about security.",
    "We tried something like this before and it did not work.",
    "We already use another product.",
    "I do not have time for this right now.",
    "I can not get this approved.",
    "That is a problem for us.",
    "Your competitor is cheaper.",
)

POSITIVE: Final[tuple[str, ...]] = (
    "That sounds great.",
    "I love this, it is exactly what we need.",
    "This is really helpful, thank you.",
    "I am very excited about it.",
    "We are very happy with the product.",
    "That would save us a lot of time.",
    "Perfect, that works for us.",
    "I am impressed.",
    "Everything works well.",
    "I appreciate it.",
)

NEGATIVE: Final[tuple[str, ...]] = (
    "I am frustrated with this.",
    "This is a real problem for us.",
    "It is too expensive.",
    "We are disappointed with the service.",
    "That does not work for us.",
    "I am worried about it.",
    "It broke again and nobody helped us.",
    "We are thinking about cancelling.",
    "It was a waste of time.",
    "The process is slow and painful.",
)

NEUTRAL: Final[tuple[str, ...]] = (
    "The meeting is on Tuesday.",
    "We have forty people in the team.",
    "What are you using today?",
    "I will send you the document.",
    "The plan is billed every year.",
    "Let us schedule a call next week.",
    "He works in the engineering department.",
    "We use spreadsheets and email.",
    "Can you share your calendar?",
    "Okay, I see.",
)

NEXT_STEPS: Final[tuple[str, ...]] = (
    "Let's schedule a demo next Tuesday.",
    "The next step is a call with your engineers.",
    "We will start the pilot in December.",
    "I will send you the proposal and we talk again on Monday.",
    "Let's meet again next week to decide.",
)

SELLER: Final[tuple[str, ...]] = (
    "Our platform does that automatically.",
    "We offer this in every plan.",
    "Most of our customers see results in three weeks.",
    "I will send you a proposal.",
    "What are you using today?",
    "What would a good outcome look like for you?",
    "I can give you a discount.",
    "Let me show you the product.",
    "What would the timeline look like on your side?",
    "I understand your concern.",
)

CUSTOMER: Final[tuple[str, ...]] = (
    "What does it cost?",
    "That is more than we budgeted.",
    "Our team needs this feature.",
    "We use spreadsheets for it today.",
    "I have to talk to my finance director.",
    "Our biggest problem is the manual work.",
    "We are looking at other vendors.",
    "Can you send me the contract?",
    "I need to convince my boss.",
    "We are not happy with how it works today.",
)
