"""The user pool and its clients: who can make an account, how one signs in, what a token lives."""

import pytest

from tests.infra.templates import Resource, Template, flat


@pytest.fixture
def pool(data: Template) -> Resource:
    (found,) = data.of("AWS::Cognito::UserPool")
    return found


@pytest.fixture
def people(data: Template) -> Resource:
    (found,) = data.of("AWS::Cognito::UserPoolClient")
    return found


def test_an_account_is_an_address_that_was_invited_and_verified(pool: Resource) -> None:
    assert pool.properties["UsernameAttributes"] == ["email"]
    assert pool.properties["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool.properties["AutoVerifiedAttributes"] == ["email"]
    assert pool.properties["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool.properties["UserAttributeUpdateSettings"] == {
        "AttributesRequireVerificationBeforeUpdate": ["email"]
    }


def test_passwords_are_long_and_a_second_factor_is_an_app_s_not_a_text_message(
    pool: Resource,
) -> None:
    assert pool.properties["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert pool.properties["MfaConfiguration"] == "OPTIONAL"
    assert pool.properties["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]


def test_accounts_outlive_the_stack_where_a_stage_retains(pool: Resource) -> None:
    assert pool.deletion == "Retain"
    assert pool.properties["DeletionProtection"] == "ACTIVE"


def test_the_trigger_makes_tokens_of_machines_too_and_may_be_called_by_the_pool_alone(
    pool: Resource, service: Template
) -> None:
    assert pool.properties["UserPoolTier"] == "ESSENTIALS"
    trigger = pool.properties["LambdaConfig"]["PreTokenGenerationConfig"]
    assert trigger["LambdaVersion"] == "V3_0"
    assert flat(trigger["LambdaArn"]).endswith(":function:reelate-local-identity-token-claims")
    (permission,) = [
        each.properties
        for each in service.of("AWS::Lambda::Permission")
        if each.properties["Principal"] == "cognito-idp.amazonaws.com"
    ]
    function = service.named(permission["FunctionName"])
    assert function.properties["FunctionName"] == "reelate-local-identity-token-claims"
    assert ":userpool/<import " in flat(permission["SourceArn"])


def test_people_sign_in_by_code_alone_and_their_client_keeps_no_secret(people: Resource) -> None:
    assert people.properties["AllowedOAuthFlows"] == ["code"]
    assert people.properties["GenerateSecret"] is False
    assert people.properties["CallbackURLs"] == ["http://localhost:8000/callback"]
    assert people.properties["PreventUserExistenceErrors"] == "ENABLED"
    # who can write the address could take somebody else's invitation
    assert people.properties["WriteAttributes"] == ["name"]


def test_tokens_live_shortly_and_refresh_tokens_are_used_once(people: Resource) -> None:
    assert people.properties["AccessTokenValidity"] == 15
    assert people.properties["TokenValidityUnits"]["AccessToken"] == "minutes"
    assert people.properties["RefreshTokenRotation"]["Feature"] == "ENABLED"
    assert people.properties["EnableTokenRevocation"] is True
    # Cognito refuses it beside rotation
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in people.properties["ExplicitAuthFlows"]


def test_machines_have_a_scope_to_ask_for(data: Template) -> None:
    (server,) = data.of("AWS::Cognito::UserPoolResourceServer")

    assert server.properties["Identifier"] == "reelate"
    assert [scope["ScopeName"] for scope in server.properties["Scopes"]] == ["api"]
