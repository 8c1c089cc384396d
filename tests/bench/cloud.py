"""Wall time of `make up` and of the demo, on an embedded cloud of its own with empty data."""

import io
import tempfile
import time
from pathlib import Path

from rich.console import Console

from infra.cli.demo import Demo
from infra.local.cloud import Cloud
from infra.local.layout import Layout

UP_BUDGET, DEMO_BUDGET = 25.0, 180.0  # seconds


def measure() -> dict[str, dict[str, float]]:
    """Return the budget and the seconds of `up` (everything cached, nothing running) and of the
    whole demo, start included."""
    with tempfile.TemporaryDirectory(prefix="reelate-bench-") as folder:
        cloud = Cloud(Layout.at(Path(folder)))
        cloud.up()  # fills the caches: environments, weights, layers, assembly
        cloud.reset()
        try:
            started = time.monotonic()
            contract = cloud.up()
            up = time.monotonic() - started
            Demo(cloud.layout, contract, Console(file=io.StringIO())).run()
            demo = time.monotonic() - started
        finally:
            cloud.down()
    return {
        "up": {"budget": UP_BUDGET, "seconds": round(up, 1)},
        "demo": {"budget": DEMO_BUDGET, "seconds": round(demo, 1)},
    }
