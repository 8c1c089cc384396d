"""The service stack: the API, and the functions that somebody waits for; no data."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra import layers
from infra.bulk import BulkApi
from infra.crm import Crm
from infra.docs import Docs
from infra.function import House
from infra.gateway import Gateway
from infra.house import house_values, layer_versions
from infra.identity import Identity
from infra.insight import Insight
from infra.names import Names
from infra.stage import Stage
from infra.video import Video
from infra.watch import dashboard


class ServiceStack(Stack):
    """Everything without a state of its own; may be deleted and made again."""

    def __init__(
        self,
        scope: Construct,
        names: Names,
        stage: Stage,
        audit_key_arn: str,
        sign_in: Mapping[str, str],
        target: layers.Target,
    ) -> None:
        super().__init__(
            scope,
            "Service",
            stack_name=names.of("service"),
            description="Reelate: the API and its functions",
        )
        # W3005: CDK makes a function wait for its role, which it refers to anyway.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
        shelf = layer_versions(self, target, [each for each in layers.NAMES if each != "ffmpeg"])
        house = House(names, stage, shelf, house_values(names, audit_key_arn) | dict(sign_in))
        identity = Identity(self, house)
        crm = Crm(self, house)
        bulk = BulkApi(self, house)
        insight = Insight(self, house)
        video = Video(self, house)
        identity.reads_audit(audit_key_arn)
        docs = Docs(self, house)
        gateway = Gateway(self, names, stage, identity.authorize)
        gateway.route(identity.api, "health", open_to_all=["GET"])
        gateway.route(identity.api, "me", "api-keys", "roles", "teams", "audit")
        gateway.route(identity.api, "members", "invitations/accept", "workspace", "workspaces")
        gateway.route(identity.api, "clients")
        gateway.route(identity.api, "usage", "limits")
        gateway.route(crm.api, "contacts", "companies", "deals", "activities")
        gateway.route(crm.api, "products", "leads")
        gateway.route(crm.setup_api, "scoring-rules", "assignment-rules")
        gateway.route(crm.find_api, "pipelines/{id}/board")
        gateway.route(
            crm.setup_api,
            "pipelines",
            "exchange-rates",
            "fields",
            "schemas",
            "record-settings",
            "lead-sources",
            "association-labels",
            "automations",
        )
        gateway.route(
            crm.find_api, "contacts/merge", "companies/merge", "deals/merge", "leads/merge"
        )
        gateway.route(crm.find_api, "merges")
        gateway.route(
            crm.find_api, "contacts/duplicates", "companies/duplicates", "leads/duplicates"
        )
        gateway.route(crm.api, "associations", "videos/{id}/associations")
        gateway.route(bulk.api, "imports", "exports")
        gateway.route(crm.find_api, "search", "views")
        gateway.route(insight.api, "videos/{id}/transcript", "videos/{id}/analysis")
        gateway.route(insight.api, "videos/{id}/transcript.vtt", "videos/{id}/transcript.srt")
        gateway.route(video.api, "videos")
        gateway.route(video.api, "playback", open_to_all=["GET", "POST"])
        gateway.page(
            docs.serve, "/v1/openapi.json", "/docs", "/docs/{proxy+}", "/problems/{proxy+}"
        )
        dashboard(self, names)
        self.api_stage_arn: str = gateway.api.deployment_stage.stage_arn
        CfnOutput(self, "ApiUrl", value=gateway.api.url)
        CfnOutput(self, "ApiId", value=gateway.api.rest_api_id)
