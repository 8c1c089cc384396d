"""The house Lambda: one role with named actions, structured logs, tracing, alarms, its settings."""

from collections.abc import Mapping, Sequence

from aws_cdk import AssetHashType, Duration, RemovalPolicy, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.shared.settings import Settings
from infra import packaging
from infra.nag import acknowledge, acknowledge_pattern
from infra.names import INDEXES, Names
from infra.stage import Stage

AUDIT_KEYS = "W#*#AUDIT#*"  # partition keys of the audit log
RETENTION = {30: logs.RetentionDays.ONE_MONTH, 365: logs.RetentionDays.ONE_YEAR}


class House:
    """What all functions of a stage share: names, layers, and the values of their variables."""

    def __init__(
        self,
        names: Names,
        stage: Stage,
        layers: Mapping[str, lambda_.ILayerVersion],
        values: Mapping[str, str],
    ) -> None:
        self.names = names
        self.stage = stage
        self.layers = layers
        self.values = values

    def environment(self, settings: type[Settings]) -> dict[str, str]:
        """Return the environment that a function's settings ask for; raises KeyError for a
        required field that infra has no value for."""
        chosen = {
            field: self.values[field] if info.is_required() else self.values.get(field)
            for field, info in settings.model_fields.items()
        }
        return {field.upper(): value for field, value in chosen.items() if value is not None}


class HouseFunction(Construct):
    """One Lambda function. The folder's name is the construct's, the function's and the role's."""

    def __init__(
        self,
        scope: Construct,
        house: House,
        context: str,
        folder: str,
        *,
        settings: type[Settings],
        layers: Sequence[str] = (),
        memory: int = 1024,  # MB; 1,769 MB is one full vCPU
        timeout: Duration | None = None,
        scratch: int = 512,  # MB of /tmp
        concurrency: int | None = None,
        dead_letters: sqs.IQueue | None = None,  # for a function that is invoked asynchronously
    ) -> None:
        super().__init__(scope, "".join(part.capitalize() for part in folder.split("_")))
        timeout = timeout or Duration.seconds(30)
        self._house = house
        self.folder = folder
        name = house.names.function(context, folder)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=RETENTION[house.stage.log_retention_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = self._role()
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"functions/{context}/{folder}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{context}.{folder}.handler.handler",
            code=lambda_.Code.from_asset(
                str(packaging.stage(context, folder)),
                asset_hash=packaging.key(context, folder),
                asset_hash_type=AssetHashType.CUSTOM,
            ),
            layers=[house.layers[layer] for layer in ("runtime", *layers)],
            environment={
                **house.environment(settings),
                "POWERTOOLS_SERVICE_NAME": f"{context}/{folder}",
                "POWERTOOLS_METRICS_NAMESPACE": "Reelate",
                # else pydantic reads every installed package's metadata at each cold start
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
            },
            memory_size=memory,
            timeout=timeout,
            ephemeral_storage_size=Size.mebibytes(scratch),
            reserved_concurrent_executions=concurrency,
            dead_letter_queue=dead_letters,
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS
            if house.stage.snapstart and packaging.is_api(folder)
            else None,
        )
        for rule in ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"):
            acknowledge(
                self.function,
                id=rule,
                reason="python3.13 is the newest version that the third-party layers and the "
                "tests cover.",
            )
        if dead_letters is None:
            acknowledge(
                self.function,
                id="Serverless-LambdaDLQ",
                reason="Called synchronously, or fed by a queue or stream that has its own DLQ.",
            )
        self.target: lambda_.IFunction = self.function
        if house.stage.snapstart and packaging.is_api(folder):
            self.target = self.function.add_alias("live")
        if house.stage.alarms:
            self._alarms(timeout)

    def allow(
        self, actions: Sequence[str], *resources: str, because: str | None = None
    ) -> "HouseFunction":
        """Let this function do named actions on named resources; a pattern needs a reason."""
        self.role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=list(resources))
        )
        if because is not None:
            for resource in resources:
                acknowledge_pattern(self.role, resource, because)
        return self

    def read(self, *contexts: str) -> "HouseFunction":
        """Let this function read tables (no Scan)."""
        return self.allow(["dynamodb:GetItem", "dynamodb:Query"], *self._tables(contexts))

    def write(self, *contexts: str) -> "HouseFunction":
        """Let this function read and write tables; a transaction needs each action it holds.

        What lies in the platform table of the audit log nobody writes but λ record_audit, and
        seal_audit its seals.
        """
        if "platform" in contexts:
            self._keeps_off_the_audit_log()
        return self.allow(
            [
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            *self._tables(contexts),
        )

    def looks_up(self, context: str) -> "HouseFunction":
        """Let this function read many items of a table by their keys in one request."""
        return self.allow(["dynamodb:BatchGetItem"], self._house.names.table_arn(context))

    def asks(self, *contexts: str) -> "HouseFunction":
        """Let this function ask other contexts' `check`."""
        return self.allow(
            ["lambda:InvokeFunction"],
            *(self._house.names.function_arn(context, "check") for context in contexts),
        )

    def meters(self) -> "HouseFunction":
        """Let this function reserve, settle and release what counts against quotas."""
        self._keeps_off_the_audit_log()
        return self.allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            *self._tables(["platform"]),
        )

    def sets_limits(self) -> "HouseFunction":
        """Let this function set what a workspace may do how often and how much of."""
        self._keeps_off_the_audit_log()
        return self.allow(
            ["dynamodb:GetItem", "dynamodb:UpdateItem"], self._house.names.table_arn("platform")
        )

    def notes_acts(self) -> "HouseFunction":
        """Let this function tell the audit log of what it did (`functions.shared.audit.act`)."""
        self._keeps_off_the_audit_log()
        return self.allow(["dynamodb:PutItem"], self._house.names.table_arn("platform"))

    def _keeps_off_the_audit_log(self) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                resources=[self._house.names.table_arn("platform")],
                conditions={"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": AUDIT_KEYS}},
            )
        )

    def signs(self) -> "HouseFunction":
        """Let this function sign and verify cursors and links."""
        # Secrets Manager ends a secret's ARN with six random characters.
        return self.allow(
            ["secretsmanager:GetSecretValue"],
            self._house.names.arn(
                "secretsmanager", f"secret:{self._house.names.signing_secret}-??????"
            ),
        )

    def may_use_model_key(self) -> "HouseFunction":
        """Let this function read the model provider's API key, when a deployment has one."""
        return self.allow(
            ["secretsmanager:GetSecretValue"],
            self._house.names.arn(
                "secretsmanager", f"secret:{self._house.names.model_key_secret}-??????"
            ),
        )

    def signs_for_the_cdn(self) -> "HouseFunction":
        """Let this function sign what the CDN is asked for, when the stage has one."""
        return self.allow(
            ["secretsmanager:GetSecretValue"],
            self._house.names.arn(
                "secretsmanager", f"secret:{self._house.names.cdn_secret}-??????"
            ),
        )

    def allow_objects(self, actions: Sequence[str], bucket: str) -> "HouseFunction":
        """Let this function do named actions on the objects of a bucket of ours."""
        return self.allow(
            actions,
            f"{self._house.names.bucket_arn(bucket)}/*",
            because="The objects of one bucket; their keys are made while the system runs.",
        )

    def _tables(self, contexts: Sequence[str]) -> list[str]:
        arns = []
        for context in contexts:
            arn = self._house.names.table_arn(context)
            arns.append(arn)
            arns += [f"{arn}/index/{index}" for index in INDEXES[context]]
        return arns

    def _role(self) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{self.log_group.log_group_arn}"],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]
            )
        )
        acknowledge(
            role,
            id="AwsSolutions-IAM5[Resource::*]",
            reason="X-Ray's write actions know no resource-level permission.",
        )
        return role

    def _alarms(self, timeout: Duration) -> None:
        alarms = {
            "Errors": (self.function.metric_errors(period=Duration.minutes(5)), 1),
            "Throttles": (self.function.metric_throttles(period=Duration.minutes(5)), 1),
            "Duration": (
                self.function.metric_duration(period=Duration.minutes(5), statistic="p95"),
                timeout.to_milliseconds() * 0.8,
            ),
        }
        for kind, (metric, threshold) in alarms.items():
            cloudwatch.Alarm(
                self,
                f"{kind}Alarm",
                alarm_description=f"{kind} of {self.folder}. README.md#runbook-{kind.lower()}",
                metric=metric,
                threshold=threshold,
                evaluation_periods=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
