"""One workspace's own settings: an item of the platform table, kept in memory for a minute.

    pattern                      requests                               units
    read the settings            0, or 1 GetItem once in 60 s           0.5 RRU
    change some of them          1 UpdateItem                           1 WRU

    item   pk W#<workspace>#SETTINGS   sk SETTINGS

What the item does not say is the stage's default. A change is seen by every execution
environment within KEPT_SECONDS.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from functions.shared.limits import QUOTAS, Rate, WorkspaceSettings, defaults
from functions.shared.table import Item, Table, Update

KEPT_SECONDS = 60.0
DAYS = ("video_retention_days", "video_source_retention_days")
MAX_KEPT = 2_000  # workspaces

_kept: "OrderedDict[tuple[str, str], tuple[float, WorkspaceSettings]]" = OrderedDict()


def settings_of(
    platform: Table,
    stage: str,
    *,
    fresh: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> WorkspaceSettings:
    """Return the settings of a table's workspace, at most a minute old; `fresh` asks the table
    in any case. Raises UnavailableError."""
    key, moment = (platform.name, platform.workspace), clock()
    known = _kept.get(key)
    if known is not None and moment < known[0] and not fresh:
        return known[1]
    item = platform.get(platform.key("SETTINGS"), "SETTINGS", consistent=fresh)
    found = read(item or {}, stage)
    _kept[key] = (moment + KEPT_SECONDS, found)
    _kept.move_to_end(key)
    if len(_kept) > MAX_KEPT:
        _kept.popitem(last=False)
    return found


def change(platform: Table, values: Mapping[str, Any]) -> Item:
    """Set attributes of the item, each on its own; None takes one back to its default. The names
    are `principal_per_second`, `principal_burst`, `workspace_per_second`, `workspace_burst`,
    `quota_<kind>`, `allowed_origins` (a list), those of DAYS. Returns the item; this process
    sees it at once. Raises UnavailableError."""
    if not values:
        pk, sk = platform.key("SETTINGS"), "SETTINGS"
        return platform.get(pk, sk, consistent=True) or {"pk": pk, "sk": sk}
    write = chosen(platform, values)
    item = platform.write(write)
    _kept.pop((platform.name, platform.workspace), None)
    return item or write.key


def chosen(table: Table, values: Mapping[str, Any], platform: str | None = None) -> Update:
    """Return the write that `change` makes, for a transaction; `platform` is the platform table's
    name where the transaction is another table's. Other processes see it within KEPT_SECONDS."""
    unknown = set(values) - NAMES
    if unknown:
        raise ValueError(f"no such settings: {sorted(unknown)}")
    names = {f"#{name}": name for name in values}
    kept = {f":{name}": value for name, value in values.items() if value is not None}
    sets = ", ".join(f"#{name} = :{name}" for name in values if f":{name}" in kept)
    removes = ", ".join(f"#{name}" for name in values if f":{name}" not in kept)
    parts = [f"SET {sets}"] * bool(sets) + [f"REMOVE {removes}"] * bool(removes)
    key = {"pk": table.key("SETTINGS"), "sk": "SETTINGS"}
    return Update(key, " ".join(parts), None, names, kept, platform)


def read(item: Mapping[str, Any], stage: str) -> WorkspaceSettings:
    """Return an item's settings, with the stage's defaults for what it does not say."""
    usual = defaults(stage)
    return WorkspaceSettings(
        principal_rate=_rate(item, "principal", usual.principal_rate),
        workspace_rate=_rate(item, "workspace", usual.workspace_rate),
        quotas={kind: item.get(f"quota_{kind}", usual.quotas[kind]) for kind in QUOTAS},
        allowed_origins=tuple(item.get("allowed_origins", usual.allowed_origins)),
        **{name: item.get(name, getattr(usual, name)) for name in DAYS},
    )


def forget() -> None:
    """Let the next read ask the table."""
    _kept.clear()


def _rate(item: Mapping[str, Any], whose: str, usual: Rate) -> Rate:
    return Rate(
        float(item.get(f"{whose}_per_second", usual.per_second)),
        int(item.get(f"{whose}_burst", usual.burst)),
    )


NAMES = frozenset(
    {f"{whose}_{what}" for whose in ("principal", "workspace") for what in ("per_second", "burst")}
    | {f"quota_{kind}" for kind in QUOTAS}
    | {"allowed_origins", *DAYS}
)
