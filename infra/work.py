"""The work stack: what nobody waits for. Streams to the bus and to the audit log, what the CRM
does on events, imports, exports, reminders, automations, the index.

A stack of its own because CloudFormation takes 500 resources in one. Like the service stack it
holds no data, and knows the other stacks by their names alone."""

from collections.abc import Mapping

from aws_cdk import Stack
from constructs import Construct

from infra import layers
from infra.audit import Audit
from infra.automations import Automations
from infra.bulk import BulkWork
from infra.crm import CrmWork
from infra.function import House
from infra.house import house_values, layer_versions
from infra.index import Index
from infra.names import CONTEXTS, Names
from infra.outbox import Outbox
from infra.reminders import Reminders
from infra.stage import Stage


class WorkStack(Stack):
    """Everything that works behind the API and has no state of its own."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        stage: Stage,
        stream_arns: Mapping[str, str],
        audit_key_arn: str,
        target: layers.Target,
    ) -> None:
        super().__init__(
            scope,
            "Work",
            stack_name=names.of("work"),
            description="Reelate: outbox, audit log, the CRM, imports, exports, index",
        )
        # W3005: CDK makes a function wait for its role, which it refers to anyway.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
        shelf = layer_versions(self, target, ("runtime", "crypto", "logic", "likeness"))
        house = House(names, stage, shelf, house_values(names, audit_key_arn))
        Outbox(self, house, {context: stream_arns[context] for context in CONTEXTS})
        Audit(self, house, stream_arns, audit_key_arn)
        BulkWork(self, house)
        Index(self, house)
        Reminders(self, house)
        CrmWork(self, house)
        Automations(self, house)
