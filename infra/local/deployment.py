"""Deploys synthesised templates to the embedded cloud through CloudFormation, as root there."""

import hashlib
import io
import os
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from infra.local.assembly import Asset, Template
from infra.local.failure import CloudError
from infra.local.ministack import ACCOUNT, REGION, ROOT

ASSET_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
DEADLINE = 120.0
POLL = 0.1
CONFIG = Config(
    connect_timeout=5,
    read_timeout=120,
    retries={"max_attempts": 3, "mode": "standard"},
)
_1980 = (1980, 1, 1, 0, 0, 0)


def client(service: str, endpoint: str) -> Any:
    """Return a boto3 client for the embedded cloud at `endpoint`, as root there."""
    return _session().client(  # type: ignore[call-overload]
        service, endpoint_url=endpoint, region_name=REGION, config=CONFIG, **ROOT
    )


@cache
def _session() -> boto3.Session:
    # Nothing of the caller's own AWS settings: a profile that needs signing in is no business of
    # this machine's cloud.
    settings = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(botocore_session=Session(session_vars=settings))


@dataclass(frozen=True)
class Deployer:
    """Puts templates onto the cloud at `endpoint`; `say` is told what happens."""

    endpoint: str
    say: Callable[[str], None]

    def upload(self, assets: Sequence[Asset]) -> None:
        """Put every asset under its key; what is there already under that key stays."""
        s3 = client("s3", self.endpoint)
        try:
            s3.head_bucket(Bucket=ASSET_BUCKET)
        except ClientError:
            s3.create_bucket(Bucket=ASSET_BUCKET)
        for asset in assets:
            # A layer's key names its definition, not this machine's bytes: compare those as well.
            mark = fingerprint(asset.source)
            try:
                present = s3.head_object(Bucket=ASSET_BUCKET, Key=asset.key)["Metadata"]
            except ClientError:
                present = {}
            if present.get("source") == mark:
                continue
            body = zip_folder(asset.source) if asset.zipped else asset.source.read_bytes()
            s3.put_object(Bucket=ASSET_BUCKET, Key=asset.key, Body=body, Metadata={"source": mark})

    def deploy(self, template: Template, parameters: Mapping[str, str]) -> None:
        """Create or update one stack and wait for it.

        Raises:
            CloudError: the stack failed; the sentence names each failed resource and why.
        """
        cloudformation = client("cloudformation", self.endpoint)
        declared = template.body().get("Parameters", {})
        if "BootstrapVersion" in declared:
            self._bootstrap()
        status = self._status(cloudformation, template.stack)
        request = {
            "StackName": template.stack,
            "TemplateURL": self._published(template),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters.items()
                if name in declared
            ],
        }
        if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}:
            self.say(f"{template.stack}: removing a failed first attempt")
            cloudformation.delete_stack(StackName=template.stack)
            self._settled(cloudformation, template.stack)
            status = None
        started = time.time()
        try:
            if status is None:
                cloudformation.create_stack(**request, RetainExceptOnCreate=True)
            else:
                cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise CloudError(f"{template.stack} was refused: {error}") from error
        reached = self._settled(cloudformation, template.stack)
        if reached not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            reasons = self._reasons(cloudformation, template.stack, started)
            raise CloudError(
                f"{template.stack} ended as {reached}: {reasons}",
                "`make logs` shows MiniStack's own words.",
            )

    def resources(self, stack: str, kind: str) -> dict[str, str]:
        """Return logical id → physical id of a stack's resources of one type."""
        cloudformation = client("cloudformation", self.endpoint)
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == kind
        }

    def lock_buckets(self, template: Template) -> None:
        """Give buckets the Object Lock that their template declares: the emulator's CloudFormation
        passes over it, its S3 does not."""
        s3 = client("s3", self.endpoint)
        declared = template.body()["Resources"]
        for logical, bucket in self.resources(template.stack, "AWS::S3::Bucket").items():
            properties = declared[logical]["Properties"]
            if properties.get("ObjectLockEnabled"):
                s3.put_object_lock_configuration(
                    Bucket=bucket, ObjectLockConfiguration=properties["ObjectLockConfiguration"]
                )

    def exists(self, stack: str) -> bool:
        """Say whether the stack stands complete."""
        status = self._status(client("cloudformation", self.endpoint), stack)
        return status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}

    def _published(self, template: Template) -> str:
        """Put the template where CloudFormation reads it: in a request it may have 51,200 bytes."""
        body = template.file.read_bytes()
        key = f"{hashlib.sha256(body).hexdigest()}.json"
        client("s3", self.endpoint).put_object(Bucket=ASSET_BUCKET, Key=key, Body=body)
        return f"{self.endpoint}/{ASSET_BUCKET}/{key}"

    def _bootstrap(self) -> None:
        client("ssm", self.endpoint).put_parameter(
            Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True
        )

    def _status(self, cloudformation: Any, stack: str) -> str | None:
        try:
            (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if found["StackStatus"] == "DELETE_COMPLETE" else str(found["StackStatus"])

    def _settled(self, cloudformation: Any, stack: str) -> str | None:
        deadline = time.monotonic() + DEADLINE
        while (status := self._status(cloudformation, stack)) and status.endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise CloudError(f"{stack} is still {status} after {DEADLINE:.0f} s.")
            time.sleep(POLL)
        return status

    def _reasons(self, cloudformation: Any, stack: str, since: float) -> str:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [
            f"{event['LogicalResourceId']} ({event.get('ResourceStatusReason', 'no reason given')})"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
            and event["Timestamp"].timestamp() >= since - 1
        ]
        return "; ".join(reversed(failed)) or "no resource gave a reason"


def fingerprint(source: Path) -> str:
    """Return a hash of a file's or folder's names and contents."""
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(f"{file.relative_to(source)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def zip_folder(folder: Path) -> bytes:
    """Return the folder's files as an uncompressed zip with their permissions, always the same."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _1980)
                entry.external_attr = (0o100000 | (path.stat().st_mode & 0o777)) << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
