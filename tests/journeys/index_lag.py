"""How long after a write a list shows it, on the embedded cloud: outbox, bus, queue, index.

    python -m tests.journeys.index_lag 60        against the cloud that `make up` has started

prints the median and the 95th percentile of the time from a write's reply to the first list that
has the record, one write after the other (`quiet`) and all at once (`burst`)."""

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from infra.cli.api import Api
from infra.local import contract
from infra.local.layout import Layout
from tests.journeys.tenant import until

PATIENCE = 120.0  # seconds until a list must show a write
AT_ONCE = 8


def lag(api: Api) -> float:
    """Make a contact with a tag of its own; return the seconds until the tag's list has it."""
    tag = f"lag-{uuid4().hex[:12]}"
    made = api.post("/v1/contacts", {"name": "Lag", "tags": [tag]})["id"]
    began = time.monotonic()
    until(
        lambda: [each["id"] for each in api.get(f"/v1/contacts?tag={tag}")["data"]],
        lambda shown: made in shown,
        PATIENCE,
    )
    return time.monotonic() - began


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile, rounded."""
    cut = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": round(cut[49], 2), "p95": round(cut[94], 2), "max": round(max(seconds), 2)}


def measure(open_api: Callable[[], Api], writes: int) -> dict[str, dict[str, float]]:
    """Return the lags of writes that come one by one, and of as many that come together."""
    quiet = [lag(open_api()) for _ in range(writes)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        burst = list(pool.map(lambda _: lag(open_api()), range(writes)))
    return {"quiet": percentiles(quiet), "burst": percentiles(burst)}


def main(writes: int) -> None:
    """Measure against the running cloud, and print."""
    agreed = contract.read(Layout.at().contract)
    if agreed is None:
        raise SystemExit("The local cloud is down; `make up` starts it.")
    for how, found in measure(lambda: Api.to(agreed.api_url, agreed.api_key), writes).items():
        print(how, *(f"{name} {seconds:.2f} s" for name, seconds in found.items()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
