"""Identity: the authorizer, people and keys, what tokens say, and the operators' way to make a
workspace."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from functions.identity.settings import (
    ApiSettings,
    AuthorizeSettings,
    CheckSettings,
    CreateWorkspaceSettings,
    SetLimitsSettings,
    TokenClaimsSettings,
)
from infra.function import House, HouseFunction


class Identity(Construct):
    """functions/identity."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Identity")
        names = self._names = house.names
        table = names.table_arn("identity")
        pool = names.arn("cognito-idp", f"userpool/{house.values['user_pool']}")
        self.authorize = HouseFunction(
            self, house, "identity", "authorize", settings=AuthorizeSettings, layers=["crypto"]
        ).allow(["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], table)
        self.api = (
            HouseFunction(
                self, house, "identity", "api", settings=ApiSettings, layers=["web", "crypto"]
            )
            .write("identity", "platform")
            .allow(["dynamodb:BatchGetItem"], table)
            .allow(
                [
                    "cognito-idp:AdminCreateUser",
                    "cognito-idp:AdminGetUser",
                    "cognito-idp:CreateUserPoolClient",
                    "cognito-idp:DeleteUserPoolClient",
                ],
                pool,
            )
            .signs()
        )
        check = HouseFunction(self, house, "identity", "check", settings=CheckSettings)
        self.check = check.read("identity").looks_up("identity")
        self.create_workspace = (
            HouseFunction(
                self, house, "identity", "create_workspace", settings=CreateWorkspaceSettings
            )
            .allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], table)
            .allow(["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser"], pool)
        )
        self.token_claims = (
            HouseFunction(
                self,
                house,
                "identity",
                "token_claims",
                settings=TokenClaimsSettings,
                timeout=Duration.seconds(5),  # Cognito waits no longer
            )
            .allow(
                ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
                table,
                f"{table}/index/gsi2",
            )
            .notes_acts()
        )
        self.token_claims.function.add_permission(
            "SignIn",
            principal=iam.ServicePrincipal("cognito-idp.amazonaws.com"),
            source_arn=pool,
        )

        HouseFunction(self, house, "identity", "set_limits", settings=SetLimitsSettings).allow(
            ["dynamodb:GetItem"], names.table_arn("identity")
        ).sets_limits()

    def reads_audit(self, key_arn: str) -> None:
        """Let the API show what the audit log holds encrypted."""
        self.api.allow(["kms:Decrypt"], key_arn)
        self.api.allow(["dynamodb:BatchGetItem"], self._names.table_arn("platform"))
