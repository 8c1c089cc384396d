"""Custom fields for a test's workspace."""

from functions.crm.definition_fields import NewField
from functions.crm.definitions import FieldDefinition
from functions.crm.dynamodb_definitions import Fields
from functions.shared import aws
from functions.shared.caller import Caller
from functions.shared.table import Table
from tests.integration.cloud import ENVIRONMENT
from tests.integration.gateway import Api


def define(api: Api, record_type: str, **types: str) -> dict[str, FieldDefinition]:
    """Define custom fields, named by their types, in the workspace of an API's member."""
    caller = Caller(api.member.workspace, "key_setup", "admin", frozenset(), "req_setup")
    table = Table(aws.client("dynamodb"), ENVIRONMENT["CRM_TABLE"], caller.workspace)
    made = {}
    for name, kind in types.items():
        sent = {"record_type": record_type, "name": name, "label": name, "type": kind}
        field = FieldDefinition.of(NewField.model_validate(sent), caller)
        made[name] = Fields(table, caller).create(field)
    return made
