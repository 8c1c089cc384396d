"""Cold starts: what importing each handler costs against `import boto3` and one client.

`python -m tests.bench.cold_import` prints CPU times of fresh processes and their ratios. The
processes see what a Lambda's layers hold: packages that only the laptop has are hidden, and all
modules are compiled already, as they are in layers and zips.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra import packaging

ROOT = Path(__file__).parents[2]
API_BUDGET, EVENT_BUDGET = 1.7, 1.4

# FastAPI and pydantic load them when they find them; no layer has them.
_HIDDEN = ["email_validator", "pydantic.v1"]
_CHILD = """
import sys, time
for name in {hidden!r}: sys.modules[name] = None
started = time.process_time()
{work}
sys.stdout.write(str((time.process_time() - started) * 1000))
"""
_BASELINE = "import boto3; boto3.client('dynamodb', region_name='eu-central-1')"
# As infra sets it: without it pydantic reads every installed package's metadata, looking for
# plug-ins.
_ENVIRONMENT = {
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode-bench"),
    "PYTHONDONTWRITEBYTECODE": "",
}


def handlers() -> list[str]:
    """Return the modules of all Lambdas: `functions.crm.api.handler`."""
    found = sorted((ROOT / "functions").glob("*/*/handler.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found]


def is_api(name: str) -> bool:
    """Say whether a handler's module answers HTTP."""
    return packaging.is_api(name.split(".")[-2])


def measure(runs: int = 7) -> dict[str, dict[str, Any]]:
    """Return, for each handler, its budget, import CPU (ms, least of `runs`) and the ratio to
    the baseline measured in the same turns."""
    works = {"baseline": _BASELINE, **{name: f"import {name}" for name in handlers()}}
    least = dict.fromkeys(works, float("inf"))
    for _ in range(runs):
        for name, work in works.items():
            least[name] = min(least[name], _cpu(work))
    baseline = least.pop("baseline")
    return {
        name: {
            "budget": API_BUDGET if is_api(name) else EVENT_BUDGET,
            "import_ms": round(cost, 1),
            "boto3_ms": round(baseline, 1),
            "ratio": round(cost / baseline, 2),
        }
        for name, cost in least.items()
    }


def modules(name: str) -> set[str]:
    """Return the modules that importing a handler loads."""
    work = f"import {name}; sys.stdout.write(' '.join(sys.modules) + ' ')"
    return set(_output(work).split()[:-1])


def _cpu(work: str) -> float:
    return float(_output(work))


def _output(work: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", _CHILD.format(hidden=_HIDDEN, work=work)],
        cwd=ROOT,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        check=True,
        text=True,
    ).stdout


if __name__ == "__main__":
    results = measure()
    sys.stdout.write(json.dumps(results, indent=1) + "\n")
    sys.exit(any(each["ratio"] > each["budget"] for each in results.values()))
