"""Who may import whom; and the rules themselves, held against planted violations."""

import pytest

from tests.architecture import rules
from tests.architecture.source import Tree, load


@pytest.fixture(scope="module")
def tree() -> Tree:
    return load()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(tree: Tree, rule: rules.Rule) -> None:
    assert "\n".join(rule(tree)) == ""


# (rule, module, its text): each text breaks that rule and, without the rule, would pass.
PLANTED = [
    (rules.nobody_imports_a_handler, "functions.crm.planted",
     "from functions.crm.api.handler import app"),
    (rules.nobody_imports_a_handler, "functions.crm.planted",
     "from functions.crm.api import handler"),
    (rules.nobody_imports_a_handler, "infra.planted", "import functions.crm.api.handler"),
    (rules.only_handlers_wire_adapters, "functions.crm.api.planted",
     "from functions.crm import dynamodb"),
    (rules.only_handlers_wire_adapters, "functions.crm.service",
     "def read():\n    from functions.crm.dynamodb import contacts"),
    (rules.contexts_meet_only_in_shared, "functions.crm.planted",
     "from functions.identity.model import ApiKey"),
    (rules.contexts_meet_only_in_shared, "functions.shared.planted",
     "from functions.crm import model"),
    (rules.contexts_meet_only_in_shared, "functions.crm.planted", "import functions.identity"),
    (rules.concepts_import_concepts, "functions.crm.planted", "import boto3"),
    (rules.concepts_import_concepts, "functions.crm.planted", "import os"),
    (rules.concepts_import_concepts, "functions.crm.planted", "import os.path as paths"),
    (rules.concepts_import_concepts, "functions.crm.planted",
     "from aws_lambda_powertools import Logger"),
    (rules.concepts_import_concepts, "functions.crm.planted",
     "from functions.shared.aws import client"),
    (rules.concepts_import_concepts, "functions.crm.planted",
     "from functions.crm.dynamodb import contacts"),
    (rules.concepts_import_concepts, "functions.crm.planted",
     "from functions.crm.settings import ApiSettings"),
    (rules.concepts_import_concepts, "functions.shared.ids", "import botocore.session"),
    (rules.concepts_import_concepts, "functions.crm.planted", "import urllib.request"),
    (rules.adapters_keep_to_themselves, "functions.video.s3",
     "from functions.video.dynamodb import DynamoRunLog"),
    (rules.adapters_keep_to_themselves, "functions.video.planted_s3",
     "from functions.shared.aws import client"),
    (rules.adapters_keep_to_themselves, "functions.video.s3",
     "from functions.shared.table import Table"),
    (rules.the_web_stays_in_the_api, "functions.crm.service", "from fastapi import Request"),
    (rules.the_web_stays_in_the_api, "functions.crm.check.planted", "import mangum"),
    (rules.the_web_stays_in_the_api, "functions.shared.table", "from starlette import requests"),
    (rules.the_web_stays_in_the_api, "functions.outbox.publish.handler",
     "from functions.shared.web import build_app"),
    (rules.one_module_reads_the_environment, "functions.crm.dynamodb",
     "import os\nTABLE = os.environ['CRM_TABLE']"),
    (rules.one_module_reads_the_environment, "functions.crm.api.handler",
     "from os import getenv\nTABLE = getenv('CRM_TABLE')"),
    (rules.infra_knows_names_only, "infra.planted", "from functions.crm.model import Contact"),
    (rules.infra_knows_names_only, "infra.local.planted",
     "from functions.shared.table import Table"),
    (rules.functions_know_no_infra, "functions.crm.api.planted", "from infra.names import Names"),
    (rules.functions_know_no_infra, "functions.shared.planted", "import tests.architecture"),
    (rules.imports_are_visible_to_the_packager, "functions.crm.planted",
     "from .model import Contact"),
    (rules.imports_are_visible_to_the_packager, "functions.crm.planted",
     "import importlib\nmodel = importlib.import_module('functions.crm.model')"),
    (rules.imports_are_visible_to_the_packager, "functions.crm.planted",
     "from pathlib import Path\nTEXT = (Path(__file__).parent / 'prompt.txt').read_text()"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name", "text"), PLANTED)
def test_the_rule_catches_a_planted_violation(
    tree: Tree, rule: rules.Rule, name: str, text: str
) -> None:
    found = [said for said in rule(tree.planted(name, text)) if said.startswith(f"{name}:")]

    assert found


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(rules.RULES)


# (module, its text): what the rules must leave in peace.
ALLOWED = {
    "functions.crm.planted": """
import json
from pydantic import BaseModel
from functions.crm import model
from functions.shared.errors import ConflictError
""",
    "functions.crm.planted_dynamodb": """
from functions.shared.table import Table
from functions.shared.records import Records
from functions.crm.model import Deal
""",
    "functions.video.planted_s3": """
from botocore.exceptions import ClientError
from functions.video import keys
""",
    "functions.crm.api.planted": """
from fastapi import Response
from functions.shared.web import router
from functions.crm.service import read_timeline
""",
    "infra.planted": """
from functions.crm.settings import ApiSettings
from functions.shared.events import CATALOGUE
""",
}


@pytest.mark.parametrize(("name", "text"), ALLOWED.items())
def test_the_rules_leave_good_code_in_peace(tree: Tree, name: str, text: str) -> None:
    with_it = tree.planted(name, text)

    found = [said for rule in rules.RULES for said in rule(with_it) if said.startswith(name)]

    assert found == []
