"""Plain Python values to and from DynamoDB's typed JSON.

boto3 has the same in `boto3.dynamodb.types`, but importing it loads boto3's resource layer in
every function (about 20 ms of each cold start), and it turns every number into a Decimal.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def marshal(value: Any) -> dict[str, Any]:
    """Return DynamoDB's form of a value: None, bool, int, float, Decimal, str, bytes, list, dict
    or a non-empty set of strings. Raises TypeError for anything else."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": {key: marshal(item) for key, item in value.items()}}
        case list() | tuple():
            return {"L": [marshal(item) for item in value]}
        case bytes():
            return {"B": value}
        case set() | frozenset():
            return {"SS": sorted(value)}
    raise TypeError(f"DynamoDB has no form for {type(value).__name__}")


def unmarshal(typed: Mapping[str, Any]) -> Any:
    """Return the plain value of DynamoDB's typed JSON; whole numbers become int, others float."""
    ((kind, value),) = typed.items()
    match kind:
        case "S" | "B" | "BOOL":
            return value
        case "N":
            return int(value) if value.lstrip("-").isdigit() else float(value)
        case "M":
            return {key: unmarshal(item) for key, item in value.items()}
        case "L":
            return [unmarshal(item) for item in value]
        case "NULL":
            return None
        case "SS":
            return set(value)
        case "NS":
            return {unmarshal({"N": item}) for item in value}
    raise TypeError(f"unknown DynamoDB type {kind}")


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Marshal a whole item."""
    return {name: marshal(value) for name, value in item.items()}


def unmarshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Unmarshal a whole item."""
    # most attributes are strings, and every read of a record passes here
    return {name: value["S"] if "S" in value else unmarshal(value) for name, value in item.items()}
