"""One dashboard over the whole stage."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.names import Names

_PERIOD = Duration.minutes(5)


def _metric(namespace: str, name: str, statistic: str, **dimensions: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dimensions or None,
        period=_PERIOD,
    )


def dashboard(scope: Construct, names: Names) -> cloudwatch.Dashboard:
    """Return a dashboard: requests and their latency, refusals, pipeline, queues."""
    api = {"ApiName": names.of("api")}
    machine = {"StateMachineArn": names.state_machine_arn}
    rows = [
        ("Requests", [_metric("AWS/ApiGateway", "Count", "Sum", **api)]),
        ("Latency p95 (ms)", [_metric("AWS/ApiGateway", "Latency", "p95", **api)]),
        (
            "Refusals",
            [_metric("AWS/ApiGateway", each, "Sum", **api) for each in ("4XXError", "5XXError")],
        ),
        (
            "Videos processed",
            [
                _metric("AWS/States", each, "Sum", **machine)
                for each in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
            ],
        ),
        ("Processing time p95 (ms)", [_metric("AWS/States", "ExecutionTime", "p95", **machine)]),
        (
            "Dead letters",
            [
                _metric(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    "Maximum",
                    QueueName=names.of(*queue, "dlq"),
                )
                for queue in (
                    ("crm", "project_timeline"),
                    ("video", "start"),
                    ("outbox", "publish"),
                    ("identity", "record_audit"),
                    ("identity", "seal_audit"),
                )
            ],
        ),
    ]
    board = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=names.of())
    widgets: list[cloudwatch.IWidget] = [
        cloudwatch.GraphWidget(title=title, left=list(metrics), width=8) for title, metrics in rows
    ]
    board.add_widgets(*widgets)
    return board
