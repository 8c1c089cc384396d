"""What may be cached where: the policies that a route chooses from, declared beside it.

API Gateway's own cache is off. A reply about a workspace is never in a shared cache.
"""

from typing import Literal

Policy = Literal["no-store", "private, no-cache", "public, max-age=300"]

# Nobody keeps it: lists, writes, secrets, links that die soon. What routes do that choose nothing.
NO_STORE: Policy = "no-store"
# The caller's own client may keep it and asks each time whether its ETag is still good.
REVALIDATE: Policy = "private, no-cache"
# The same for everybody and rarely new: descriptions, not data.
PUBLIC: Policy = "public, max-age=300"

MEANINGS: dict[Policy, str] = {
    NO_STORE: "Not to be stored.",
    REVALIDATE: "Your own client may keep it, and asks with `If-None-Match` before using it.",
    PUBLIC: "Anyone may keep it for five minutes.",
}
