"""The CDK application: five stacks of one stage."""

import sys
from typing import cast

from aws_cdk import App, Tags

from infra.data import DataStack
from infra.edge import EdgeStack
from infra.layers import Target
from infra.media import MediaStack
from infra.nag import check
from infra.names import Names
from infra.service import ServiceStack
from infra.stage import Stage
from infra.work import WorkStack


def build(app: App) -> tuple[DataStack, ServiceStack, WorkStack, MediaStack, EdgeStack]:
    """Define the stacks of the stage that `app`'s context names."""
    stage = Stage.of(app.node)
    names = Names(stage)
    # The bytes of third-party layers: AWS's (default) or this machine's. The template is the same.
    target = cast(Target, app.node.try_get_context("layers") or "lambda")
    data = DataStack(app, names, stage)
    streams = {context: str(table.table_stream_arn) for context, table in data.tables.items()}
    sign_in = {
        "user_pool": data.sign_in.pool.user_pool_id,
        "sign_in_client": data.sign_in.client.user_pool_client_id,
    }
    service = ServiceStack(app, names, stage, data.audit_key.key_arn, sign_in, target)
    work = WorkStack(app, names, stage, streams, data.audit_key.key_arn, target)
    media = MediaStack(app, names, stage, data.audit_key.key_arn, target)
    edge = EdgeStack(app, names, stage, service.api_stage_arn)
    edge.add_stack_dependency(data)
    Tags.of(app).add("application", "reelate")
    Tags.of(app).add("stage", stage.name)
    return data, service, work, media, edge


def main() -> int:
    """Synthesise into the cloud assembly that CDK asked for."""
    app = App()
    build(app)
    check(app)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
