"""What each function of this context reads from its environment."""

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings


class ApiSettings(WebSettings):
    identity_table: str
    audit_key: str  # KMS key: id, ARN or alias
    user_pool: str


class AuthorizeSettings(Settings):
    identity_table: str
    user_pool: str
    sign_in_client: str  # the app client of the hosted sign-in
    aws_endpoint_url: str = ""  # where an embedded cloud answers for AWS, as SDKs read it

    @property
    def issuer(self) -> str:
        """Return what our tokens name as their issuer; the same in every cloud."""
        return (
            f"https://cognito-idp.{self.user_pool.partition('_')[0]}.amazonaws.com/{self.user_pool}"
        )

    @property
    def keys_url(self) -> str:
        """Return where the pool publishes the keys that its tokens are signed with."""
        host, path = self.issuer.rsplit("/", 1)
        return f"{self.aws_endpoint_url or host}/{path}/.well-known/jwks.json"


class CheckSettings(Settings):
    identity_table: str


class CreateWorkspaceSettings(Settings):
    identity_table: str
    user_pool: str


class RecordAuditSettings(Settings):
    platform_table: str
    audit_key: str


class SealAuditSettings(Settings):
    platform_table: str
    audit_bucket: str


class TokenClaimsSettings(Settings):
    identity_table: str
    platform_table: str


class SetLimitsSettings(Settings):
    identity_table: str
    platform_table: str
