"""Who is asking: taken from the authorizer's context and nowhere else."""

from dataclasses import dataclass

from functions.shared.errors import ForbiddenError


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated principal of one request, inside one workspace."""

    workspace: str
    principal: str  # an API key or user id
    role: str
    scopes: frozenset[str]
    request_id: str
    kind: str = "api_key"

    def require(self, scope: str) -> None:
        """Raise ForbiddenError unless the caller holds `scope`, such as `contacts:write`."""
        if scope not in self.scopes:
            raise ForbiddenError(
                f"This credential lacks the scope '{scope}'.", code="missing_scope"
            )

    @classmethod
    def pipeline(cls, workspace: str, request_id: str) -> "Caller":
        """Return the system itself, as it works on a workspace's records on nobody's request."""
        return cls(
            workspace=workspace,
            principal="pipeline",
            role="system",
            scopes=frozenset(),
            request_id=request_id,
            kind="system",
        )

    @property
    def actor(self) -> dict[str, str]:
        """The caller as events and records name it."""
        return {"type": self.kind, "id": self.principal}
