"""Where runs and chunks lie in the video table, and what a run's item holds."""

from collections.abc import Mapping
from typing import Any

from functions.video.model import Run

MAX_RUNS = 9999
SPENT = "SPENT#"  # of the sort keys of what runs took; behind those of the runs themselves


def run_key(number: int) -> str:
    """Return a run's sort key: the newest run sorts first, right behind the record itself."""
    return f"RUN#{MAX_RUNS - number:04d}"


def chunk_partition(run: int) -> tuple[str, str]:
    """Return the parts of the partition key, after the video's id, of a run's chunks."""
    return "CHUNKS", f"{run:04d}"


def chunk_key(index: int) -> str:
    """Return a chunk's sort key."""
    return f"CHUNK#{index:05d}"


def run_attributes(run: Run) -> dict[str, Any]:
    """Return what a run's item holds besides its keys."""
    return run.model_dump(mode="json", exclude_none=True)


def run_of(item: Mapping[str, Any]) -> Run:
    """Return the run that an item holds."""
    return Run.model_validate(item)
