"""What differs between stages: read from cdk.json, nowhere else."""

from typing import Literal, Self

from constructs import Node
from pydantic import BaseModel, ConfigDict, Field


class Cdn(BaseModel):
    """Where a stage's renditions are read through Amazon CloudFront instead of from S3."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: str  # such as media.example.com; a domain of one's own, for TLS 1.2 and up
    certificate: str  # its certificate's ARN, in us-east-1
    public_keys: tuple[str, ...] = Field(min_length=1, max_length=2)  # PEM; two while one replaces
    # What the first deployment prints. Until they are here, everything is read from S3.
    distribution: str = ""
    signing_key: str = ""  # the id of the public key whose private half signs

    @property
    def in_use(self) -> bool:
        """Whether playlists name the distribution."""
        return bool(self.distribution and self.signing_key)


class Stage(BaseModel):
    """One stage's settings (`context.stages.<name>` in cdk.json)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    retain: bool  # keep tables and buckets when a stack is deleted, refuse deleting the stack
    alarms: bool  # three for each function, 10 cents each a month; the queues' are always there
    waf: bool  # web ACL on the API: about $8 a month, whether used or not
    snapstart: bool  # API functions start from a snapshot: costs while idle
    log_retention_days: int
    audit_lock: Literal["GOVERNANCE", "COMPLIANCE"]  # may anyone lift the lock of a seal?
    audit_lock_days: int  # how long no seal of the audit log can be deleted
    encode_concurrency: int  # encoders that one video may have at work; a workspace: its quota
    cdn: Cdn | None = None
    mediaconvert: bool = False  # may render pictures too, where FFmpeg would take too long
    import_lanes: int = 8  # workers of one import
    cors_origins: list[str] = []  # web pages that may call the API, such as https://app.example
    # where the hosted sign-in may send people back to, and after signing out
    sign_in_callbacks: tuple[str, ...] = ("http://localhost:8000/callback",)

    @classmethod
    def of(cls, node: Node) -> Self:
        """Read the chosen stage (`-c stage=…`); raises ValueError for an unknown one."""
        name = str(node.get_context("stage"))
        stages = dict(node.get_context("stages"))
        if name not in stages:
            raise ValueError(f"stage '{name}' is not in cdk.json; known: {', '.join(stages)}")
        return cls(name=name, **stages[name])
