"""The cost ledger in the video table: one item for each run.

    pattern                   index  requests                     units
    note an invocation        table  1 UpdateItem                 1 WRU
    take a step's own word    table  1 UpdateItem                 1 WRU
    all of a video            table  1 Query a page of 1 MB       0.5 RRU per 4 KB

    ledger   pk W#<workspace>#<video>   sk SPENT#<run>   <step>:<amount> for each amount of a step

What an invocation took is added whenever one ends, also one that is a repeat: it is billed too. A
step's own word is said once and may be said again.
"""

from collections import defaultdict

from functions.shared.table import Table, Update
from functions.video.costs import Amounts
from functions.video.run_items import SPENT


class DynamoCosts:
    """What the runs of one workspace's videos took."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, video_id: str, run: int, step: str, amounts: Amounts) -> None:
        """Add what an invocation took; raises UnavailableError."""
        self._write(video_id, run, step, amounts, "ADD {}", "{} {}")

    def tell(self, video_id: str, run: int, step: str, amounts: Amounts) -> None:
        """Keep what a step says that it took in all; raises UnavailableError."""
        self._write(video_id, run, step, amounts, "SET {}", "{} = {}")

    def of_video(self, video_id: str) -> dict[int, dict[str, dict[str, int]]]:
        """Return run -> step -> amounts."""
        found: dict[int, dict[str, dict[str, int]]] = {}
        for item in self._table.items(self._table.key(video_id), begins_with=SPENT):
            steps: dict[str, dict[str, int]] = defaultdict(dict)
            for name, amount in item.items():
                step, colon, unit = name.partition(":")
                if colon:
                    steps[step][unit] = amount
            found[int(item["sk"].removeprefix(SPENT))] = dict(steps)
        return found

    def _write(
        self, video_id: str, run: int, step: str, amounts: Amounts, verb: str, form: str
    ) -> None:
        if not amounts:
            return
        units = list(amounts)
        parts = ", ".join(form.format(f"#{unit}", f":{unit}") for unit in units)
        self._table.write(
            Update(
                {"pk": self._table.key(video_id), "sk": f"{SPENT}{run:04d}"},
                verb.format(parts),
                names={f"#{unit}": f"{step}:{unit}" for unit in units},
                values={f":{unit}": amounts[unit] for unit in units},
            )
        )
