"""λ crm/setup_api: what an administrator sets up, over HTTP."""

from collections.abc import Collection

from functions.crm import dynamodb_rules
from functions.crm.conditions import fields_of
from functions.crm.definitions import Definitions
from functions.crm.dynamodb_automations import Automations
from functions.crm.dynamodb_definitions import Fields, read_definitions
from functions.crm.dynamodb_labels import DynamoLabels
from functions.crm.dynamodb_lead_sources import LeadSources
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.dynamodb_rates import Rates
from functions.crm.dynamodb_record_settings import Settings
from functions.crm.lead_fields import LeadFields
from functions.crm.lead_rules import (
    AssignmentRule,
    AssignmentRuleFields,
    AssignmentRulePatch,
    ScoringRule,
    ScoringRuleFields,
    ScoringRulePatch,
)
from functions.crm.model import Lead
from functions.crm.ports import DefinitionStore, PipelineStore, RuleStore
from functions.crm.settings import SetupApiSettings
from functions.crm.setup_api import (
    automations,
    fields,
    labels,
    lead_rules,
    lead_sources,
    pipelines,
    rates,
    record_settings,
    schemas,
)
from functions.crm.setup_api.lead_rules import RuleResource
from functions.crm.setup_api.rates import RateStore
from functions.shared.check import Door
from functions.shared.door import LambdaDoor
from functions.shared.exchange import Exchange
from functions.shared.ownership import OWNERSHIP
from functions.shared.table import Table
from functions.shared.web import build_app, lambda_handler


def _table(ask: Exchange) -> Table:
    return ask.table(SetupApiSettings.from_env().crm_table)


def _pipelines(ask: Exchange) -> PipelineStore:
    return Pipelines(_table(ask), ask.caller)


def _rates(ask: Exchange) -> RateStore:
    return Rates(_table(ask), ask.caller)


def _settings(ask: Exchange) -> Settings:
    return Settings(_table(ask), ask.caller)


def _sources(ask: Exchange) -> LeadSources:
    return LeadSources(_table(ask), ask.caller)


def _fields(ask: Exchange) -> DefinitionStore:
    return Fields(_table(ask), ask.caller)


def _definitions(ask: Exchange) -> Definitions:
    return read_definitions(_table(ask))


def _labels(ask: Exchange) -> labels.LabelStore:
    return DynamoLabels(_table(ask), ask.caller)


def _automations(ask: Exchange) -> automations.AutomationStore:
    return Automations(_table(ask), ask.caller)


def _trials(ask: Exchange) -> automations.TrialStand:
    # Here and not above: it can do what automations do, which no other route needs.
    from functions.crm.dynamodb_trials import Trials

    function = SetupApiSettings.from_env().identity_check_function
    return Trials(_table(ask), ask.caller, lambda asking: LambdaDoor(function, asking))


def _people(ask: Exchange) -> Door:
    return LambdaDoor(SetupApiSettings.from_env().identity_check_function, ask.caller)


def _scoring_rules(ask: Exchange) -> RuleStore[ScoringRule]:
    return dynamodb_rules.scoring_rules(_table(ask), ask.caller)


def _assignment_rules(ask: Exchange) -> RuleStore[AssignmentRule]:
    return dynamodb_rules.assignment_rules(_table(ask), ask.caller)


def _scored(ask: Exchange) -> Collection[str]:
    custom = _definitions(ask).of(Lead.OBJECT)
    return fields_of(LeadFields, custom) - set(OWNERSHIP)


def _assigned(ask: Exchange) -> Collection[str]:
    return {*_scored(ask), "score"}


app = build_app(
    "Reelate CRM setup",
    pipelines.routes(_pipelines, _definitions),
    labels.routes(_labels),
    rates.routes(_rates),
    fields.routes(_fields, _definitions),
    schemas.routes(_definitions),
    lead_rules.routes(
        RuleResource(
            "scoring-rules",
            ScoringRule,
            ScoringRuleFields,
            ScoringRulePatch,
            "Gives its points to every lead for which its condition holds, on each write, and in "
            "the background to leads that nobody writes.",
            _scoring_rules,
            _scored,
            _people,
        )
    ),
    lead_rules.routes(
        RuleResource(
            "assignment-rules",
            AssignmentRule,
            AssignmentRuleFields,
            AssignmentRulePatch,
            "Says whose new leads become that name no owner: the first rule, by position, whose "
            "condition holds and whose target has a member who is there.",
            _assignment_rules,
            _assigned,
            _people,
        )
    ),
    record_settings.routes(_settings),
    lead_sources.routes(_sources),
    automations.routes(automations.Bench(_automations, _definitions, _people, _trials)),
)
handler = lambda_handler(app)
