"""`make bench`: one table, every budget with what was measured in this run."""

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tests.bench import cloud, cold_import, handler, import_rows, simulate, transcode
from tests.bench.row import Row


def _requests() -> Iterator[Row]:
    for kind, each in handler.measure().items():
        yield Row(
            f"CPU of a warm {kind}, to the same botocore calls", each["budget"], each["ratio"]
        )


def _imports() -> Iterator[Row]:
    measured = cold_import.measure()
    for kind, chosen in (
        ("an API function", {name for name in measured if cold_import.is_api(name)}),
        ("an event function", {name for name in measured if not cold_import.is_api(name)}),
    ):
        worst = max(chosen, key=lambda name: measured[name]["ratio"])
        short = worst.removeprefix("functions.").removesuffix(".handler").replace(".", "/")
        each = measured[worst]
        yield Row(
            f"Cold import of {kind} (slowest: {short}, {each['import_ms']:.0f} ms), to boto3's",
            each["budget"],
            each["ratio"],
        )


def _rows() -> Iterator[Row]:
    measured = import_rows.measure()
    budget, each = 1e6 / measured["budget"], 1e6 / measured["rows_per_s"]
    yield Row("Our own CPU for a row of an import", budget, each, "µs")


_TRANSCODING = {
    "cpu": "Transcoding in chunks (encode, sound, packaging): CPU, to one plain ffmpeg command",
    "other_cpu": "Probe, poster, loudness analysis, sampled VMAF: CPU, to the same",
    "wall": "Upload complete to all renditions playable, 2 cores: wall, to the same",
    "first_10_s": "First 10 s of all rungs playable: wall, to the same",
    "price": "Price of that CPU on Lambda, to MediaConvert Basic's for the same rungs",
}


def _transcoding() -> Iterator[Row]:
    measured = transcode.measure()
    for name, what in _TRANSCODING.items():
        yield Row(what, measured["budgets"][name], measured["ratios"][name])


def _simulation() -> Iterator[Row]:
    measured = simulate.measure()
    others = ", ".join(
        f"{minutes} min {seconds:.0f} (Mux's median {measured['mux_median_s'][minutes]:g})"
        for minutes, seconds in measured["ready_s"].items()
        if minutes < 60
    )
    yield Row(
        f"A 60-minute call ready on {measured['workers']} Lambdas, simulated; {others}",
        measured["budget"],
        measured["seconds"],
        "s",
    )


def _cloud() -> Iterator[Row]:
    measured = cloud.measure()
    yield Row(
        "`make up`, everything cached", measured["up"]["budget"], measured["up"]["seconds"], "s"
    )
    yield Row("`make demo`", measured["demo"]["budget"], measured["demo"]["seconds"], "s")


def main() -> int:
    """Print the table; the exit code is 1 when a budget is exceeded."""
    console = Console(width=120)
    table = Table(box=None, pad_edge=False)
    for column in ("what", "budget", "measured", ""):
        table.add_column(column, justify="left" if column in ("what", "") else "right")
    rows: list[Row] = []
    for part in (_requests, _rows, _imports, _transcoding, _simulation, _cloud):
        rows += part()
    for row in rows:
        table.add_row(
            row.what,
            f"≤ {row.budget:g} {row.unit}",
            f"{row.measured:.2f} {row.unit}",
            "pass" if row.passed else "SHORT",
        )
    console.print(table)
    return int(not all(row.passed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
