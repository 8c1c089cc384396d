"""The data stack: what must outlive every deployment (tables, buckets, accounts, bus, secrets)."""

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.nag import acknowledge
from infra.names import INDEXES, TABLES, Names
from infra.sign_in import SignIn
from infra.stage import Stage

SOURCE_COOLS = Duration.days(30)


class DataStack(Stack):
    """Everything with a state of its own."""

    def __init__(self, scope: Construct, names: Names, stage: Stage) -> None:
        super().__init__(
            scope,
            "Data",
            stack_name=names.of("data"),
            description="Reelate: tables, buckets, accounts, event bus, secrets",
            termination_protection=stage.retain,
        )
        self._names = names
        self._removal = RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY
        self.tables = {context: self._table(context) for context in TABLES}
        # Exported here, in this order: left to CDK, the outputs' order differs between syntheses.
        for context in TABLES:
            self.export_value(self.tables[context].table_stream_arn)
        self.sign_in = SignIn(self, names, stage)
        for crossing in (self.sign_in.pool.user_pool_id, self.sign_in.client.user_pool_client_id):
            self.export_value(crossing)
        logs = self._bucket("logs", expire_days=stage.log_retention_days)
        acknowledge(
            logs, id="AwsSolutions-S1", reason="This bucket holds the access logs of the others."
        )
        self._uploads(logs)
        self._exchange(logs)
        self._media(logs, stage)
        lock = (
            s3.ObjectLockRetention.compliance
            if stage.audit_lock == "COMPLIANCE"
            else s3.ObjectLockRetention.governance
        )
        self._bucket("audit", logs=logs, lock=lock(Duration.days(stage.audit_lock_days)))
        self.audit_key = kms.Key(
            self,
            "AuditKey",
            alias=names.audit_key,
            description="Wraps the data keys of the audit log's values, one for each subject",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        self.export_value(self.audit_key.key_arn)
        events.EventBus(self, "Bus", event_bus_name=names.bus)
        self._secrets()

    def _table(self, context: str) -> dynamodb.TableV2:
        table = dynamodb.TableV2(
            self,
            f"{context.capitalize()}Table",
            table_name=self._names.of(context),
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at_epoch",
            dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            removal_policy=self._removal,
            deletion_protection=self._removal is RemovalPolicy.RETAIN,
        )
        for index in INDEXES[context]:
            table.add_global_secondary_index(
                index_name=index,
                partition_key=dynamodb.Attribute(
                    name=f"{index}pk", type=dynamodb.AttributeType.STRING
                ),
                sort_key=dynamodb.Attribute(name=f"{index}sk", type=dynamodb.AttributeType.STRING),
                projection_type=dynamodb.ProjectionType.ALL,
            )
        return table

    def _bucket(
        self,
        kind: str,
        *,
        logs: s3.Bucket | None = None,
        expire_days: int | None = None,
        cors: list[s3.CorsRule] | None = None,
        rules: list[s3.LifecycleRule] | None = None,
        lock: s3.ObjectLockRetention | None = None,
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            f"{kind.capitalize()}Bucket",
            bucket_name=self._names.bucket(kind),
            # The log writer of S3 can only use S3's own keys; so can CloudFront, for the key that
            # AWS manages in KMS takes no policy that would let it in.
            encryption=s3.BucketEncryption.S3_MANAGED
            if kind in ("logs", "media")
            else s3.BucketEncryption.KMS_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=logs is not None,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{kind}/" if logs else None,
            cors=cors,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="abort-abandoned-uploads",
                    abort_incomplete_multipart_upload_after=Duration.days(2),
                    noncurrent_version_expiration=Duration.days(7)
                    if logs and lock is None
                    else None,
                    expiration=Duration.days(expire_days) if expire_days else None,
                ),
                *(rules or []),
            ],
            object_lock_default_retention=lock,
            removal_policy=self._removal,
        )

    def _uploads(self, logs: s3.Bucket) -> None:
        uploads = self._bucket(
            "uploads",
            logs=logs,
            cors=[_cors(s3.HttpMethods.PUT)],
            rules=[
                # A source is read again only by a run from `inspect`. Glacier Instant Retrieval is
                # read as fast, at about a sixth of the price a month (and 0.03 USD a GB read);
                # what is purged within its 90 days pays for the rest of them. S3 leaves alone what
                # is below 128 KiB, the least that the class charges for.
                s3.LifecycleRule(
                    id="cheaper-sources",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                            transition_after=SOURCE_COOLS,
                        )
                    ],
                )
            ],
        )
        _tell_the_bus(uploads)

    def _media(self, logs: s3.Bucket, stage: Stage) -> None:
        """Renditions: presigned addresses are the way in, and the stage's CDN once it is known."""
        media = self._bucket(
            "media", logs=logs, cors=[_cors(s3.HttpMethods.GET, s3.HttpMethods.HEAD)]
        )
        if stage.cdn is None or not stage.cdn.in_use:
            return
        distribution = f"arn:{Aws.PARTITION}:cloudfront::{Aws.ACCOUNT_ID}:distribution/"
        media.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Cdn",
                actions=["s3:GetObject"],
                resources=[media.arn_for_objects("*")],
                principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                conditions={
                    "StringEquals": {"aws:SourceArn": distribution + stage.cdn.distribution}
                },
            )
        )

    def _exchange(self, logs: s3.Bucket) -> None:
        """Files on their way in and out: each is gone as soon as nobody can want it any more."""
        kept = {"imports": 30, "work": 31, "reports": 30, "exports": 7}  # days
        exchange = self._bucket(
            "exchange",
            logs=logs,
            cors=[_cors(s3.HttpMethods.PUT, s3.HttpMethods.GET)],
            rules=[
                s3.LifecycleRule(
                    id=f"expire-{prefix}", prefix=f"{prefix}/", expiration=Duration.days(days)
                )
                for prefix, days in kept.items()
            ],
        )
        _tell_the_bus(exchange)

    def _secrets(self) -> None:
        signing = secretsmanager.Secret(
            self,
            "SigningSecret",
            secret_name=self._names.signing_secret,
            description="Signs cursors and playback tokens",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=self._removal,
        )
        acknowledge(
            signing,
            id="AwsSolutions-SMG4",
            reason="Rotating it would invalidate every cursor and link at once; it is rotated by "
            "hand as the runbook says.",
        )


def _tell_the_bus(bucket: s3.Bucket) -> None:
    # The property itself, because the high-level switch brings a function of CDK's own along.
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows the type
    resource.add_property_override(
        "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
    )


def _cors(*methods: s3.HttpMethods) -> s3.CorsRule:
    # A presigned URL is the permission; any page that was given one may use it.
    return s3.CorsRule(
        allowed_origins=["*"],
        allowed_methods=list(methods),
        allowed_headers=["content-type", "if-none-match", "range", "x-amz-*"],
        exposed_headers=["ETag", "x-amz-checksum-sha256"],
        max_age=3600,
    )
