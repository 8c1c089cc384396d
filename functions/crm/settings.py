"""The environment of each of this context's Lambdas."""

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings


class ApiSettings(WebSettings):
    crm_table: str
    identity_check_function: str
    video_check_function: str


class SetupApiSettings(WebSettings):
    crm_table: str


class EmptyStageSettings(Settings):
    crm_table: str


class SweepSettings(Settings):
    crm_table: str


class CheckSettings(Settings):
    crm_table: str


class ReassignSettings(Settings):
    crm_table: str
    identity_check_function: str


class ProjectTimelineSettings(Settings):
    crm_table: str


class IndexRecordsSettings(Settings):
    crm_table: str
