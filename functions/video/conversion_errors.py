"""What MediaConvert's errors mean to a user: its codes as typed reasons.

Codes and meanings: "Error codes" in AWS Elemental MediaConvert's user guide. The words that come
with a code name buckets and files, and reach nobody.
"""

import re
from collections.abc import Mapping
from typing import Any

from functions.video.model import Reason

_STEP = "encode"
# It cannot read what FFmpeg could: no file or stream, codec, settings that do not suit the input,
# a file that cannot be parsed or ends too early, sound that cannot be decoded.
UNREADABLE = frozenset((1010, 1020, 1021, 1030, 1040, 1043, 1056, 1060, 1075, 1076, 1092, 1093))
# It was not let at the file, the bucket or the role: the deployment's fault.
FORBIDDEN = frozenset((1401, 1404, 1432, 1433, 1434, 1515, 1517, 3457))
_CODE = re.compile(r'"errorCode"\s*:\s*"?(\d{4})\b', re.IGNORECASE)
_CANCELED = re.compile(r'"status"\s*:\s*"CANCELED"', re.IGNORECASE)
_TIMEOUTS = frozenset(("States.Timeout", "States.HeartbeatTimeout"))
_ELSE = "Set `engine` to `ffmpeg` and start a run from `inspect`."


def reason_of_job(failure: Mapping[str, Any], told: int | None = None) -> Reason:
    """Return why a job did not render the picture. `failure` is what Step Functions caught
    (`Error`, and `Cause`, which holds the job); `told` the code that its own event brought."""
    cause = str(failure.get("Cause") or "")
    found = _CODE.search(cause)
    code = int(found[1]) if found else told
    if str(failure.get("Error")) in _TIMEOUTS:
        return _reason("timeout", f"It took too long in MediaConvert. {_ELSE}")
    if code is None and _CANCELED.search(cause):
        return _reason("conversion_cancelled", "Its job was cancelled in MediaConvert.")
    if code in UNREADABLE:
        return _reason(
            "conversion_failed", f"MediaConvert cannot render this file (code {code}). {_ELSE}"
        )
    if code in FORBIDDEN:
        return _reason(
            "internal",
            f"MediaConvert was not let at the file (code {code}): its role must be looked at by "
            f"who runs this deployment. {_ELSE}",
        )
    shown = f" (code {code})" if code is not None else ""
    return _reason("internal", f"Something went wrong in MediaConvert{shown}. {_ELSE}")


def cut_short(made_s: float, wanted_s: float) -> Reason:
    """Return the reason of a job that is complete, and whose picture is not."""
    return _reason(
        "conversion_failed",
        f"MediaConvert rendered {made_s:.1f} of {wanted_s:.1f} seconds. {_ELSE}",
    )


def _reason(code: str, detail: str) -> Reason:
    return Reason(code=code, detail=detail, step=_STEP)
