"""Roles, scopes and callers."""

import pytest

from functions.shared.caller import Caller
from functions.shared.errors import ForbiddenError
from functions.shared.policy import (
    ADMINISTRATION,
    EXCHANGE,
    RECORDS,
    ROLES,
    SCOPES,
    SETUP,
    effective,
)


def _named(scopes: frozenset[str]) -> set[str]:
    return {scope.partition(":")[0] for scope in scopes}


def test_a_viewer_reads_a_rep_also_writes_a_manager_also_leads_an_admin_does_all() -> None:
    assert ROLES["viewer"] < ROLES["rep"] < ROLES["manager"] < ROLES["admin"]
    assert all(scope.endswith(":read") for scope in ROLES["viewer"])
    assert _named(ROLES["rep"] - ROLES["viewer"]) == {*RECORDS, *EXCHANGE, "views"}
    assert _named(ROLES["manager"] - ROLES["rep"]) == {
        "teams", "workspace", "audit", "usage", "pipelines", "association_labels",
    }  # fmt: skip
    kept = {"teams", "associations"}  # not an admin's alone, and not to be purged
    administered = {*ADMINISTRATION, *SETUP, *RECORDS, "workspace"} - kept
    assert _named(ROLES["admin"] - ROLES["manager"]) == administered


def test_granted_scopes_narrow_a_role_and_never_widen_it() -> None:
    assert effective("rep", None) == ROLES["rep"]
    assert effective("rep", ["contacts:read", "api_keys:write", "made:up"]) == {"contacts:read"}
    assert effective("viewer", SCOPES) == ROLES["viewer"]
    assert effective("rep", []) == frozenset()
    assert effective("owner", None) == frozenset()


def test_a_caller_without_the_scope_is_told_which_one_is_missing() -> None:
    caller = Caller("wsp_one", "key_one", "viewer", frozenset({"contacts:read"}), "req_1")
    caller.require("contacts:read")
    with pytest.raises(ForbiddenError, match="contacts:write") as refused:
        caller.require("contacts:write")
    assert (refused.value.status, refused.value.code) == (403, "missing_scope")
