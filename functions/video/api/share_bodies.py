"""What the routes of shares take and show."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from functions.shared import natural_keys
from functions.shared.clock import now
from functions.video.model import Title
from functions.video.shares import MAX_DOMAINS, Domain, Recipient, Share

ContactId = Annotated[str, StringConstraints(pattern=r"^con_[0-9a-hjkmnp-tv-z]{26}$")]
Email = Annotated[
    str, StringConstraints(max_length=320), AfterValidator(natural_keys.email),
    Field(examples=["ada@example.com"]),
]  # fmt: skip
Passcode = Annotated[str, StringConstraints(min_length=6, max_length=128)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecipientBody(_Body):
    """For whom the link is. Of a contact, name and e-mail address are the contact's own where they
    are left out."""

    contact_id: ContactId | None = None
    email: Email | None = None
    name: Title | None = None


class NewShare(_Body):
    """A link for one recipient."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recipient": {"name": "Dana Reed", "email": "dana@harbor.example"},
                    "expires_in_s": 604_800,
                    "domains": ["www.harbor.example"],
                    "allow_download": False,
                }
            ]
        }
    )

    recipient: RecipientBody
    expires_in_s: int = Field(
        default=30 * 86_400, ge=60, le=366 * 86_400, description="30 days when left out."
    )
    passcode: Passcode | None = Field(
        default=None,
        description="Asked for when the link is opened; kept as a slow salted hash and never "
        "shown. Five wrong ones in a quarter of an hour lock the link until it is over, a hundred "
        "in a row for good.",
    )
    domains: list[Domain] = Field(
        default=[],
        max_length=MAX_DOMAINS,
        description="Whose pages may show the video, by the `Origin` (or `Referer`) that browsers "
        "send; `*.example.com` is all below it. It keeps the link from being embedded elsewhere; "
        "programs that are no browsers send what they like.",
    )
    allow_download: bool = Field(
        default=False,
        description="Whether the link also gives the video and its sound as one file. Without it "
        "the files are refused; whoever can watch can record.",
    )


class RecipientView(BaseModel):
    contact_id: str | None
    email: str | None
    name: str | None


class ShareView(BaseModel):
    """A link for one recipient."""

    id: str
    object: Literal["share"]
    video_id: str
    recipient: RecipientView
    state: Literal["active", "expired"]
    expires_at: str
    has_passcode: bool
    domains: list[str]
    allow_download: bool
    opened_count: int
    last_opened_at: str | None
    created_at: str
    updated_at: str
    created_by: dict[str, str]
    version: int

    @classmethod
    def of(cls, share: Share, **more: Any) -> Self:
        shown = {name: getattr(share, name) for name in ShareView.model_fields if name != "state"}
        return cls.model_validate(
            {
                **shown,
                "recipient": share.recipient.model_dump(),
                "domains": list(share.domains),
                "created_by": dict(share.created_by),
                "state": "expired" if share.has_expired(now()) else "active",
                **more,
            }
        )


class NewShareView(ShareView):
    """A new share with its token, which no other reply has."""

    token: str = Field(
        description="What the recipient's page sends to `POST /v1/playback/sessions`. Put it "
        "behind the `#` of your page's address: what stands there reaches no server's log."
    )


class SharePage(BaseModel):
    """A page of shares, newest first."""

    data: list[ShareView]
    next_cursor: str | None


class Knock(_Body):
    """A share's token, and its passcode where it has one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "eyJzIjoic2hyX…", "passcode": "harbor-2026"}]}
    )

    token: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    passcode: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None


class SessionView(BaseModel):
    """What a share opens: a playback link of one viewer, and what may be shown with it."""

    object: Literal["playback_session"] = "playback_session"
    url: str = Field(description="The HLS playlist; it ends with the share.")
    views_url: str = Field(description="Where the player tells what is watched.")
    expires_at: str
    title: str
    duration_ms: int | None
    recipient_name: str | None
    allow_download: bool


def recipient_of(body: RecipientBody, contact: dict[str, Any] | None) -> Recipient:
    """Return the recipient as it is kept; of a contact, `contact` is the record."""
    known = contact or {}
    return Recipient(
        contact_id=known.get("id"),
        email=body.email or known.get("email"),
        name=body.name or known.get("name"),
    )
