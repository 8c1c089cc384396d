"""Where things lie in the exchange bucket: files on their way in and out, and what an import makes
of them meanwhile.

    imports/<workspace>/<job>              the file as it was sent; its arrival is an event
    work/<workspace>/<job>/utf-8           the same in UTF-8, where it was in UTF-16
    work/<workspace>/<job>/<n>/plan.json   pieces of the file, and what the scan found
    reports/<workspace>/<job>-<n>.csv      rows that were refused
    exports/<workspace>/<job>.<format>     what was asked for
"""

from functions.crm.csv_format import WIDE
from functions.crm.jobs import Import


def source_key(workspace: str, job: str) -> str:
    return f"imports/{workspace}/{job}"


def work_key(workspace: str, job: str, name: str) -> str:
    return f"work/{workspace}/{job}/{name}"


def report_key(workspace: str, job: str, name: str) -> str:
    return f"reports/{workspace}/{job}-{name}.csv"


def export_key(workspace: str, job: str, suffix: str) -> str:
    return f"exports/{workspace}/{job}.{suffix}"


def job_of(key: str) -> tuple[str, str] | None:
    """Return workspace and job whose file lies under a key; None for another object."""
    parts = key.split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "imports" else None


def readable_key(job: Import, workspace: str) -> str:
    """Return the key of an import's file in an encoding that records can be read from."""
    wide = job.format is not None and job.format.encoding in WIDE
    return work_key(workspace, job.id, "utf-8") if wide else source_key(workspace, job.id)


def plan_key(job: Import, workspace: str) -> str:
    """Return the key of the plan of an import's current act."""
    return work_key(workspace, job.id, f"{job.plan}/plan.json")
