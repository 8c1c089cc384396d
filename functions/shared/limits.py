"""What a workspace may do how often, and how much of it: rates, quotas, their defaults.

A rate protects everybody else and may be off by a little (`rate_limits`). A quota is money: it is
taken before it is spent and never exceeded (`quotas`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "stored_bytes", "encoders", "encoded_minutes", "converted_minutes", "transcribed_minutes",
    "model_tokens",
]  # fmt: skip
Period = Literal["standing", "month"]
MAX_RETENTION_DAYS = 3_650  # that may be chosen for videos and their files

# Whether a quota is what there is at any time, or what is used up in a calendar month (UTC).
# Minutes are started minutes: each run of a video counts its length, rounded up.
QUOTAS: Mapping[Kind, Period] = {
    "stored_bytes": "standing",
    "encoders": "standing",
    "encoded_minutes": "month",
    "converted_minutes": "month",
    "transcribed_minutes": "month",
    "model_tokens": "month",
}
# Tokens of what sets much more in motion than a record's change: an upload, a run.
START_COST = 10
BATCH_COST = 50
MAX_BATCH = 100  # operations
MAX_QUOTA = 10**15
MAX_PER_SECOND, MAX_BURST = 10_000.0, 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `per_second` tokens flow in, at most `burst` are there at once."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What the deployment's operators, and the workspace's admins, have chosen for it."""

    principal_rate: Rate  # of each key, member and client
    workspace_rate: Rate  # of all of them together
    quotas: Mapping[Kind, int]
    allowed_origins: tuple[str, ...] = ()  # web pages that may call the API (CORS)
    # Days after which new videos, and their files, are deleted by themselves; None: never.
    video_retention_days: int | None = None
    video_source_retention_days: int | None = None


_MINUTES_A_MONTH, _TIB = 31 * 24 * 60, 2**40
_DEFAULTS = WorkspaceSettings(
    principal_rate=Rate(50, 200),
    workspace_rate=Rate(200, 800),
    quotas={
        "stored_bytes": _TIB,
        "encoders": 400,
        "encoded_minutes": 10_000,
        "converted_minutes": 1_000,  # in stages that offer MediaConvert, which is much dearer
        "transcribed_minutes": 10_000,
        "model_tokens": 50_000_000,
    },
)
# On one's own machine there is nobody to protect; its disk and its models are free.
_LOCAL = WorkspaceSettings(
    principal_rate=Rate(5_000, 50_000),
    workspace_rate=Rate(10_000, 100_000),
    quotas={
        "stored_bytes": 10 * _TIB,
        "encoders": 10_000,
        "encoded_minutes": 10 * _MINUTES_A_MONTH,
        "converted_minutes": 10 * _MINUTES_A_MONTH,
        "transcribed_minutes": 10 * _MINUTES_A_MONTH,
        "model_tokens": 10_000_000_000,
    },
)


def defaults(stage: str) -> WorkspaceSettings:
    """Return the settings of a workspace for which nothing was chosen."""
    return _LOCAL if stage == "local" else _DEFAULTS
