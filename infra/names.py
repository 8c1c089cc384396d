"""Names of everything, as constants of the stage: no stack needs another's outputs for them."""

from dataclasses import dataclass

from aws_cdk import Aws

from infra.stage import Stage

CONTEXTS = ("identity", "crm", "video", "insight")
TABLES = (*CONTEXTS, "platform")
# gsi1 lists; gsi2 is each context's own; gsi3 and gsi4 list an owner's and a team's records
INDEXES = {
    **dict.fromkeys(CONTEXTS, ("gsi1", "gsi2")),
    **dict.fromkeys(("crm", "video"), ("gsi1", "gsi2", "gsi3", "gsi4")),
    "platform": (),
}
BUCKETS = ("uploads", "media", "audit", "exchange")


@dataclass(frozen=True, slots=True)
class Names:
    """The names and ARNs of one stage's resources."""

    stage: Stage

    def of(self, *parts: str) -> str:
        """Return `reelate-<stage>-<part>-<part>`."""
        return "-".join(("reelate", self.stage.name, *parts)).replace("_", "-")

    def bucket(self, kind: str) -> str:
        """Return a bucket's name; account and region make it unique in the world."""
        return f"{self.of(kind)}-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    def bucket_arn(self, kind: str) -> str:
        return f"arn:{Aws.PARTITION}:s3:::{self.bucket(kind)}"

    def table_arn(self, context: str) -> str:
        return self.arn("dynamodb", f"table/{self.of(context)}")

    def function(self, context: str, folder: str) -> str:
        return self.of(context, folder)

    def function_arn(self, context: str, folder: str) -> str:
        return self.arn("lambda", f"function:{self.function(context, folder)}")

    def queue_url(self, context: str, folder: str) -> str:
        """Return the address of the queue that feeds a function."""
        name = self.of(context, folder)
        return f"https://sqs.{Aws.REGION}.{Aws.URL_SUFFIX}/{Aws.ACCOUNT_ID}/{name}"

    @property
    def bus(self) -> str:
        return self.of()

    @property
    def bus_arn(self) -> str:
        return self.arn("events", f"event-bus/{self.bus}")

    @property
    def state_machine_arn(self) -> str:
        return self.arn("states", f"stateMachine:{self.of('video')}")

    def machine_arn(self, context: str, name: str) -> str:
        return self.arn("states", f"stateMachine:{self.of(context, name)}")

    @property
    def schedule_prefix(self) -> str:
        """Of the names of this stage's schedules, which share the account's default group."""
        return f"{self.of()}-"

    @property
    def schedule_role(self) -> str:
        return self.of("reminders", "role")

    @property
    def schedule_role_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{self.schedule_role}"

    @property
    def mediaconvert_role(self) -> str:
        return self.of("mediaconvert")

    @property
    def mediaconvert_role_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{self.mediaconvert_role}"

    @property
    def signing_secret(self) -> str:
        return self.of("signing")

    @property
    def cdn_secret(self) -> str:
        return self.of("cdn")

    @property
    def audit_key(self) -> str:
        return f"alias/{self.of('audit')}"

    @property
    def model_key_secret(self) -> str:
        return self.of("model-api-key")

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
