"""The environment of each of this context's Lambdas."""

from functions.shared.exchange_settings import WebSettings
from functions.shared.settings import Settings


class ApiSettings(WebSettings):
    crm_table: str
    identity_check_function: str
    video_check_function: str


class FindApiSettings(WebSettings):
    crm_table: str
    identity_check_function: str


class SetupApiSettings(WebSettings):
    crm_table: str
    identity_check_function: str


class ScoreLeadsSettings(Settings):
    crm_table: str


class EmptyStageSettings(Settings):
    crm_table: str


class SweepSettings(Settings):
    crm_table: str


class CheckSettings(Settings):
    crm_table: str


class ScheduleRemindersSettings(Settings):
    crm_table: str
    schedule_prefix: str
    schedule_role_arn: str
    remind_function_arn: str
    remind_dead_letters_arn: str


class RemindSettings(Settings):
    crm_table: str


class RunAutomationsSettings(Settings):
    crm_table: str
    identity_check_function: str


class LinkCompaniesSettings(Settings):
    crm_table: str


class ReassignSettings(Settings):
    crm_table: str
    identity_check_function: str


class ProjectTimelineSettings(Settings):
    crm_table: str


class IndexRecordsSettings(Settings):
    crm_table: str


class BulkApiSettings(WebSettings):
    crm_table: str
    exchange_bucket: str
    import_machine_arn: str
    export_machine_arn: str
    identity_check_function: str
    upload_lifetime_s: int = 6 * 3_600
    download_lifetime_s: int = 900


class DetectImportSettings(Settings):
    crm_table: str
    exchange_bucket: str


class SplitImportSettings(DetectImportSettings):
    import_lanes: int = 8


class ImportRowsSettings(DetectImportSettings):
    identity_check_function: str
    # of one import: a list's index partition takes 1,000 writes a second, the API needs some too
    import_rows_per_second: int = 800


class RevertRowsSettings(ImportRowsSettings):
    pass


class FinishImportSettings(DetectImportSettings):
    pass


class ExportRowsSettings(DetectImportSettings):
    pass


class ReindexSettings(Settings):
    crm_table: str


class MergeRecordsSettings(Settings):
    crm_table: str
