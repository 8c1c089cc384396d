"""What each function of this context reads from its environment."""

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings


class ApiSettings(WebSettings):
    identity_table: str
    audit_key: str  # KMS key: id, ARN or alias


class AuthorizeSettings(Settings):
    identity_table: str


class CheckSettings(Settings):
    identity_table: str


class CreateWorkspaceSettings(Settings):
    identity_table: str


class RecordAuditSettings(Settings):
    platform_table: str
    audit_key: str


class SealAuditSettings(Settings):
    platform_table: str
    audit_bucket: str
