"""Tasks' reminders: schedules under one prefix, made by one function, invoke another."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from functions.crm.settings import RemindSettings, ScheduleRemindersSettings
from functions.shared.events import CATALOGUE, detail_type
from infra.consumer import HouseConsumer, dead_letters
from infra.function import House, HouseFunction


class Reminders(Construct):
    """λ crm/schedule_reminders, λ crm/remind, and the schedules between them."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Reminders")
        names, timeout = house.names, Duration.seconds(30)
        dead = dead_letters(Construct(self, "RemindQueue"), names, "crm", "remind")
        remind = HouseFunction(
            self, house, "crm", "remind", settings=RemindSettings, timeout=timeout,
            dead_letters=dead,
        ).write("crm")  # fmt: skip
        role = iam.Role(
            self,
            "ScheduleRole",
            role_name=names.schedule_role,
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[remind.function.function_arn]
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead.queue_arn])
        )
        keep = HouseFunction(
            self, house, "crm", "schedule_reminders", settings=ScheduleRemindersSettings,
            timeout=timeout,
        )  # fmt: skip
        keep.read("crm").allow(
            ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
            names.arn("scheduler", f"schedule/default/{names.schedule_prefix}*"),
            because="This stage's schedules; their names end in a task's id.",
        ).allow(["iam:PassRole"], role.role_arn)
        told = [detail_type(each) for each in CATALOGUE if each.startswith("activity.")]
        HouseConsumer(self, names, keep, "crm", timeout=timeout).fed_by(
            "Tasks",
            {"source": ["reelate.crm"], "detail_type": told},
            events.EventBus.from_event_bus_name(self, "Bus", names.bus),
        )
