"""Identity: the authorizer, keys, and the operators' way to make a workspace."""

from constructs import Construct

from functions.identity.settings import (
    ApiSettings,
    AuthorizeSettings,
    CheckSettings,
    CreateWorkspaceSettings,
)
from infra.function import House, HouseFunction


class Identity(Construct):
    """functions/identity."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Identity")
        names = self._names = house.names
        self.authorize = HouseFunction(
            self, house, "identity", "authorize", settings=AuthorizeSettings
        ).allow(["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], names.table_arn("identity"))
        self.api = (
            HouseFunction(
                self, house, "identity", "api", settings=ApiSettings, layers=["web", "crypto"]
            )
            .write("identity", "platform")
            .signs()
        )
        check = HouseFunction(self, house, "identity", "check", settings=CheckSettings)
        self.check = check.looks_up("identity")
        self.create_workspace = HouseFunction(
            self, house, "identity", "create_workspace", settings=CreateWorkspaceSettings
        ).allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], names.table_arn("identity"))

    def reads_audit(self, key_arn: str) -> None:
        """Let the API show what the audit log holds encrypted."""
        self.api.allow(["kms:Decrypt"], key_arn)
        self.api.allow(["dynamodb:BatchGetItem"], self._names.table_arn("platform"))
