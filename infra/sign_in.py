"""Sign-in: the user pool, its hosted pages and the app client that people's browsers use.

It stands in the data stack: accounts and machine clients live in the pool, front-ends know the
client's id, and partners the domain, so all three must outlive a deployment of the service.
"""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.nag import acknowledge
from infra.names import Names
from infra.stage import Stage

# A token cannot be called back, so it lives shortly; what it may do is looked up anew for each
# request that the gateway has no cached answer for (infra/gateway.py, AUTHORIZER_CACHE).
ACCESS_TOKEN = Duration.minutes(15)
REFRESH_TOKEN = Duration.days(30)
# A refresh token is used once; for so long a client whose reply was lost may ask again.
ROTATION_GRACE = Duration.seconds(30)


class SignIn(Construct):
    """Accounts by e-mail address; authorization code with PKCE for people, client credentials for
    machines, whose clients the API makes (`/v1/clients`)."""

    def __init__(self, scope: Construct, names: Names, stage: Stage) -> None:
        super().__init__(scope, "SignIn")
        self.pool = self._pool(names, stage)
        self.pool.add_domain(
            "Domain",
            # one in the world has this name in a region, hence the account's number
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"{names.of()}-{Aws.ACCOUNT_ID}"
            ),
        )
        # Cognito grants machines nothing without a scope of a resource server; what a client may
        # do is in its record, and token_claims puts it into its tokens.
        self.pool.add_resource_server(
            "Api",
            identifier="reelate",
            user_pool_resource_server_name="Reelate API",
            scopes=[
                cognito.ResourceServerScope(
                    scope_name="api", scope_description="Do what the client was granted"
                )
            ],
        )
        self.client = self._client(stage)

    def _pool(self, names: Names, stage: Stage) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=names.of(),
            # client credentials tokens get claims in the plan Essentials and above
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            # An account comes with an invitation, or with the workspace that an operator makes.
            self_sign_up_enabled=False,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(7),
            ),
            deletion_protection=stage.retain,
            removal_policy=RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY,
        )
        pool.add_trigger(
            cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
            # By its name, which is a constant: the function is in the service stack, which in
            # turn knows the pool. There it also lets the pool call it.
            lambda_.Function.from_function_attributes(
                self,
                "TokenClaims",
                function_arn=names.function_arn("identity", "token_claims"),
                same_environment=False,
                skip_permissions=True,
            ),
            cognito.LambdaVersion.V3_0,
        )
        for rule, reason in {
            "AwsSolutions-COG2": "A second factor (TOTP) is every person's choice; a workspace "
            "without its own devices could otherwise not sign in at all.",
            "AwsSolutions-COG3": "Threat protection needs the Plus plan, which costs per user and "
            "month; sign-ins are limited by Cognito itself and audited by us.",
            "AwsSolutions-COG8": "As COG3: the Essentials plan has all that the product uses.",
        }.items():
            acknowledge(pool, id=rule, reason=reason)
        return pool

    def _client(self, stage: Stage) -> cognito.UserPoolClient:
        return self.pool.add_client(
            "People",
            user_pool_client_name="people",
            generate_secret=False,  # a browser keeps no secret: PKCE instead
            auth_flows=cognito.AuthFlow(user_srp=True),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[
                    cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE,
                ],
                callback_urls=list(stage.sign_in_callbacks),
                logout_urls=list(stage.sign_in_callbacks),
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            access_token_validity=ACCESS_TOKEN,
            id_token_validity=ACCESS_TOKEN,
            refresh_token_validity=REFRESH_TOKEN,
            refresh_token_rotation_grace_period=ROTATION_GRACE,
            enable_token_revocation=True,
            prevent_user_existence_errors=True,
            read_attributes=cognito.ClientAttributes().with_standard_attributes(
                email=True, email_verified=True, fullname=True
            ),
            # not the address: an invitation is for the one that was verified
            write_attributes=cognito.ClientAttributes().with_standard_attributes(fullname=True),
        )  # fmt: skip
