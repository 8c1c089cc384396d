"""Bulk work of the CRM: imports and exports, their API, their state machines."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from functions.crm import settings
from infra.consumer import HouseConsumer
from infra.function import RETENTION, House, HouseFunction
from infra.nag import acknowledge
from infra.packaging import ROOT

_CORE = 1769  # MB of memory that buy one full vCPU
_LONG = Duration.minutes(15)


class BulkApi(Construct):
    """functions/crm/bulk_api."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "BulkApi")
        names = house.names
        self.api = (
            HouseFunction(
                self, house, "crm", "bulk_api", settings=settings.BulkApiSettings, layers=["web"]
            )
            .write("crm", "platform")
            .signs()
            .asks("identity")
            .allow(
                ["states:StartExecution"],
                names.machine_arn("crm", "import"),
                names.machine_arn("crm", "export"),
            )
            .allow_objects(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], "exchange")
            .allow(["s3:ListBucket"], names.bucket_arn("exchange"))
        )


class BulkWork(Construct):
    """What imports and exports do: the functions behind the API, and their state machines."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Bulk")
        self._house = house
        self._detects()
        workers = {
            "SplitImport": self._worker("split_import", settings.SplitImportSettings, 3008),
            "ImportRows": self._worker("import_rows", settings.ImportRowsSettings),
            "RevertRows": self._worker("revert_rows", settings.RevertRowsSettings),
            "FinishImport": self._worker("finish_import", settings.FinishImportSettings),
        }
        for name in ("ImportRows", "RevertRows"):
            workers[name].looks_up("crm").asks("identity")
        self._machine("import", workers)
        self._machine(
            "export", {"ExportRows": self._worker("export_rows", settings.ExportRowsSettings)}
        )

    def _detects(self) -> None:
        timeout = Duration.seconds(60)
        function = self._reads(
            HouseFunction(
                self,
                self._house,
                "crm",
                "detect_import",
                settings=settings.DetectImportSettings,
                timeout=timeout,
            )
        )
        names = self._house.names
        HouseConsumer(self, names, function, "crm", timeout=timeout).fed_by(
            "Arrived",
            {
                "source": ["aws.s3"],
                "detail_type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [names.bucket("exchange")]},
                    "object": {"key": [{"prefix": "imports/"}]},
                },
            },
        )

    def _worker(self, folder: str, reads: type, memory: int = _CORE) -> HouseFunction:
        function = HouseFunction(
            self, self._house, "crm", folder, settings=reads, memory=memory, timeout=_LONG
        )
        return self._reads(function).allow_objects(
            ["s3:AbortMultipartUpload", "s3:PutObject"], "exchange"
        )

    def _reads(self, function: HouseFunction) -> HouseFunction:
        # Without ListBucket S3 answers 403, not 404, for an object that is not there (yet).
        return (
            function.write("crm")
            .allow_objects(["s3:GetObject"], "exchange")
            .allow(["s3:ListBucket"], self._house.names.bucket_arn("exchange"))
        )

    def _machine(self, name: str, steps: Mapping[str, HouseFunction]) -> None:
        names = self._house.names
        here = Construct(self, name.capitalize())
        role = iam.Role(
            here, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com")
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[step.function.function_arn for step in steps.values()],
            )
        )
        log_group = logs.LogGroup(
            here,
            "MachineLogs",
            log_group_name=f"/aws/vendedlogs/states/{names.of('crm', name)}",
            retention=RETENTION[self._house.stage.log_retention_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        stepfunctions.StateMachine(
            here,
            "Machine",
            state_machine_name=names.of("crm", name),
            definition_body=stepfunctions.DefinitionBody.from_file(
                str(ROOT / "infra" / f"{name}.asl.json")
            ),
            definition_substitutions={
                f"{step}Arn": function.function.function_arn for step, function in steps.items()
            },
            role=role,
            tracing_enabled=True,
            logs=stepfunctions.LogOptions(
                destination=log_group,
                level=stepfunctions.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        for finding in ("Resource::*", "Action::*"):
            acknowledge(
                role,
                id=f"AwsSolutions-IAM5[{finding}]",
                reason="Log delivery and X-Ray know no resource-level permission.",
            )
