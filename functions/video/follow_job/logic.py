"""λ follow_job: what MediaConvert's events (`MediaConvert Job State Change`) tell of a run's job.

An event names its run by the job's user metadata, which `plan` wrote. What it names is looked up
and held against the run's record by the log's own conditions: an event of another job, of a run
that is over, or of a video that is gone changes nothing; nor does one that comes twice or late.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.shared.ids import is_id


class JobLog(Protocol):
    """What is kept of one run's job. Raises UnavailableError."""

    def job_progressed(self, job: str, percent: int) -> None:
        """Record how much of a job is done; what is less than was told before changes nothing."""

    def job_warned(self, job: str, code: int) -> None:
        """Record a job's warning, each once and at most ten."""

    def job_failed(self, job: str, code: int) -> None:
        """Record why a job failed."""


class _Detail(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Progress(_Detail):
    percent: Annotated[int, Field(alias="jobPercentComplete", ge=0, le=100)] = 0


class _Warning(_Detail):
    code: int


class _Metadata(_Detail):
    workspace: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}_[0-9a-z]{1,40}$")]
    video: str
    run: Annotated[int, Field(ge=1, le=9_999)]


class News(_Detail):
    """The parts of an event's detail that matter here."""

    status: str
    job: Annotated[str, StringConstraints(min_length=1, max_length=64), Field(alias="jobId")]
    of: _Metadata = Field(alias="userMetadata")
    progress: _Progress = Field(alias="jobProgress", default=_Progress())
    warning: int | None = Field(alias="warningCode", default=None)
    warnings: tuple[_Warning, ...] = ()
    error: int | None = Field(alias="errorCode", default=None)


def take_in(detail: Mapping[str, Any], log_of: Callable[[str, str, int], JobLog]) -> str:
    """Keep what one event tells; returns its status. Raises ValueError (pydantic's) for what is no
    such event, and UnavailableError."""
    news = News.model_validate(detail)
    if not is_id(news.of.video, "vid"):
        raise ValueError("the metadata names no video")
    log = log_of(news.of.workspace, news.of.video, news.of.run)
    match news.status:
        case "STATUS_UPDATE":
            log.job_progressed(news.job, news.progress.percent)
        case "COMPLETE":
            log.job_progressed(news.job, 100)
        case "ERROR" if news.error is not None:
            log.job_failed(news.job, news.error)
    told = [warning.code for warning in news.warnings]
    for code in (*told, *(() if news.warning is None else (news.warning,))):
        log.job_warned(news.job, code)
    return news.status
