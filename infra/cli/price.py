"""What a video would have cost on AWS: counted units times the dated price file."""

import math
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.toml")
GB = 1_000_000_000

# One video's units beside its work, as the state machine and the tables are built (see README).
TRANSITIONS_FIXED = 30
CHUNKS_PER_BATCH = 3  # of a long video; each is a transition, and an express child
EXPRESS_GB = 64 / 1_024  # the least that a child is billed for
WRITES_FIXED = 60
WRITES_PER_CHUNK = 4
READS = 120
EVENTS = 12
PUTS_FIXED = 20
FULL_CPU_GB = 1.769  # memory that buys one whole processor
CPU_SECONDS_PER_MINUTE = 32.0  # ladder 720/480/360 with one decode, measured
TOKENS_PER_MINUTE = 250
OUTPUT_TOKENS = 600
CHUNK_SECONDS = 8


@dataclass(frozen=True)
class Line:
    """One line of a bill: what, how many of which unit, and US dollars."""

    what: str
    count: float
    unit: str
    dollars: float


def load(path: Path = PRICES) -> dict[str, Any]:
    """Return the price file."""
    return tomllib.loads(path.read_text())


def bill(prices: Mapping[str, Any], *, seconds: float, source_bytes: int) -> list[Line]:
    """Price one uploaded, encoded, transcribed and analysed video of `seconds` length.

    Stored for a month are the source and its renditions, about as large again twice.
    """
    chunks = math.ceil(seconds / CHUNK_SECONDS)
    stored_bytes = 3 * source_bytes
    minutes = seconds / 60
    gb_seconds = minutes * CPU_SECONDS_PER_MINUTE * FULL_CPU_GB
    children = math.ceil(chunks / CHUNKS_PER_BATCH)
    lived = minutes * CPU_SECONDS_PER_MINUTE  # seconds, of all children together
    transitions = TRANSITIONS_FIXED + children
    states = prices["states"]
    writes = WRITES_FIXED + WRITES_PER_CHUNK * chunks
    spoken = max(seconds, prices["transcribe"]["minimum_seconds"]) / 60
    tokens = minutes * TOKENS_PER_MINUTE
    model = prices["bedrock"]["nova_lite"]
    return [
        Line(
            "Encoding (Lambda, arm64)",
            gb_seconds,
            "GB-s",
            gb_seconds * prices["lambda"]["gb_second"],
        ),
        Line(
            "Workflow (Step Functions)",
            transitions,
            "transitions",
            transitions * states["transition"]
            + children * states["express_request"]
            + lived * EXPRESS_GB * states["express_gb_second"],
        ),
        Line("Transcript (Transcribe)", spoken, "minutes", spoken * prices["transcribe"]["minute"]),
        Line(
            "Analysis (Bedrock, Nova Lite)",
            tokens + OUTPUT_TOKENS,
            "tokens",
            tokens * model["input_token"] + OUTPUT_TOKENS * model["output_token"],
        ),
        Line(
            "Records (DynamoDB)",
            writes + READS,
            "units",
            writes * prices["dynamodb"]["write_unit"] + READS * prices["dynamodb"]["read_unit"],
        ),
        Line("Events (EventBridge)", EVENTS, "events", EVENTS * prices["events"]["event"]),
        Line(
            "Storage (S3, a month)",
            stored_bytes / GB * 1000,
            "MB",
            stored_bytes / GB * prices["s3"]["gb_month"]
            + (PUTS_FIXED + 4 * chunks) * prices["s3"]["put"],
        ),
    ]


def total(lines: Sequence[Line]) -> float:
    """Return the sum in US dollars."""
    return sum(line.dollars for line in lines)


# A warm call, as `make bench` measures it with room to spare, in a function of 1,024 MB.
CALL_SECONDS = 0.025
CALL_GB = 1.0
CALL_READ_UNITS = 1.0
HOUR = 3600
TYPICAL_BYTES_PER_HOUR = 900_000_000  # a 720p recording of 2 Mbit/s
# What stands there while nothing happens; tests/infra holds it to the templates.
ALARMS, KEYS, SECRETS, WAF_RULES = 201, 1, 1, 6


def overview(prices: Mapping[str, Any]) -> list[Line]:
    """Price what a team asks about: a thousand calls, a video hour, an analysed hour, a month
    in which nothing happens."""
    call = (
        prices["apigateway"]["request"]
        + prices["lambda"]["request"]
        + CALL_SECONDS * CALL_GB * prices["lambda"]["gb_second"]
        + CALL_READ_UNITS * prices["dynamodb"]["read_unit"]
    )
    hour = bill(prices, seconds=HOUR, source_bytes=TYPICAL_BYTES_PER_HOUR)
    insight = total([line for line in hour if line.what.startswith(("Transcript", "Analysis"))])
    alarms = max(ALARMS - prices["cloudwatch"]["free_alarms"], 0)
    kept = SECRETS * prices["secretsmanager"]["secret_month"] + KEYS * prices["kms"]["key_month"]
    watched = kept + alarms * prices["cloudwatch"]["alarm_month"]
    acl = prices["waf"]["acl_month"] + WAF_RULES * prices["waf"]["rule_month"]
    return [
        Line("1,000 API calls", 1000, "calls", 1000 * call),
        Line("an hour of video, FFmpeg path, stored a month", 60, "minutes", total(hour) - insight),
        Line(
            "the same through MediaConvert (encoding alone)",
            60,
            "minutes",
            60 * prices["mediaconvert"]["ladder_minute"],
        ),
        Line("an hour transcribed and analysed", 60, "minutes", insight),
        Line("an idle month, stage dev", 1, "month", kept),
        Line("an idle month, with every alarm", 1, "month", watched),
        Line("an idle month, stage prod (alarms and web ACL)", 1, "month", watched + acl),
    ]


def table(prices: Mapping[str, Any]) -> str:
    """Return the overview as the README's table (Markdown)."""
    rows = [f"| {line.what} | ${line.dollars:.4g} |" for line in overview(prices)]
    return "\n".join(["| what | cost |", "|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(table(load()) + "\n")
