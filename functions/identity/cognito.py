"""Accounts and app clients in a Cognito user pool."""

import secrets
import string
from typing import Any, NoReturn

from functions.shared.errors import FieldProblem, InvalidError, UnavailableError

MACHINE_SCOPE = "reelate/api"  # infra/sign_in.py: the resource server
TOKEN_MINUTES = 15
_TRANSIENT = frozenset(
    {"InternalErrorException", "LimitExceededException", "TooManyRequestsException"}
)
_SYMBOLS = "!#%+-.:=?@_"


class UserPool:
    """One user pool, through its administrators' API."""

    def __init__(self, client: Any, pool: str) -> None:
        self._client = client
        self._pool = pool

    def ensure_account(self, email: str, name: str) -> str:
        """Make an account for an address, unless there is one; return its `sub`. Cognito sends a
        new one its temporary password, and with it proves that the address is theirs."""
        subject, _made = self._account(email, name, DesiredDeliveryMediums=["EMAIL"])
        return subject

    def account_with_password(self, email: str, name: str) -> tuple[str, str | None]:
        """As `ensure_account` for an operator, who hands the temporary password over; it is None
        when there was an account before."""
        password = _password()
        subject, made = self._account(
            email, name, MessageAction="SUPPRESS", TemporaryPassword=password
        )
        return subject, password if made else None

    def verified_email(self, subject: str) -> str | None:
        """Return an account's address if it is verified, None otherwise."""
        from botocore.exceptions import ClientError

        try:
            found = _attributes(self._get(subject)["UserAttributes"])
        except ClientError as error:
            if _code(error) == "UserNotFoundException":
                return None
            raise
        return found.get("email") if found.get("email_verified") == "true" else None

    def create_client(self, name: str) -> tuple[str, str]:
        """Make an app client for client credentials; return its id and secret."""
        made = self._call(
            self._client.create_user_pool_client,
            ClientName=name,
            GenerateSecret=True,
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=[MACHINE_SCOPE],
            ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],  # no way to sign a person in
            AccessTokenValidity=TOKEN_MINUTES,
            TokenValidityUnits={"AccessToken": "minutes"},
            EnableTokenRevocation=True,
        )["UserPoolClient"]
        return made["ClientId"], made["ClientSecret"]

    def delete_client(self, client_id: str) -> None:
        """Delete an app client; one that is not there is as good."""
        from botocore.exceptions import ClientError

        try:
            self._call(self._client.delete_user_pool_client, ClientId=client_id)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise

    def _account(self, email: str, name: str, **how: Any) -> tuple[str, bool]:
        from botocore.exceptions import ClientError

        attributes = {"email": email, "email_verified": "true", "name": name}
        try:
            made = self._call(
                self._client.admin_create_user,
                Username=email,
                UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
                **how,
            )
        except ClientError as error:
            if _code(error) == "UsernameExistsException":
                return _attributes(self._get(email)["UserAttributes"])["sub"], False
            if _code(error) in ("InvalidParameterException", "CodeDeliveryFailureException"):
                _refuse_address(error)
            raise
        return _attributes(made["User"]["Attributes"])["sub"], True

    def _get(self, username: str) -> Any:
        return self._call(self._client.admin_get_user, Username=username)

    def _call(self, call: Any, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(UserPoolId=self._pool, **arguments)
        except ClientError as error:
            if _code(error) in _TRANSIENT:
                raise UnavailableError("Sign-in is busy; please try again.") from error
            raise
        except BotoCoreError as error:
            raise UnavailableError("Sign-in did not answer; please try again.") from error


def _attributes(listed: list[dict[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in listed}


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])


def _refuse_address(error: Exception) -> NoReturn:
    raise InvalidError(
        "No account can be made for this address.",
        errors=[FieldProblem("/email", "undeliverable", "Mail cannot be sent to this address.")],
    ) from error


def _password() -> str:
    """Return a temporary password that keeps to the pool's policy."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    needed = [secrets.choice(kind) for kind in kinds]
    letters = needed + [secrets.choice("".join(kinds)) for _ in range(16)]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)
