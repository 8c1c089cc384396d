"""A DynamoDB that answers every request at once with canned bytes, in a process of its own.

It stands in for the network side of a benchmark: what is measured is our CPU and botocore's.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

WORKSPACE = "wsp_bench"
CONTACT_ID = "con_06bq3zv4m5n6p7q8r9s0t1v2w3"
CONTACT = {
    "pk": {"S": f"W#{WORKSPACE}#{CONTACT_ID}"},
    "sk": {"S": "RECORD"},
    "gsi1pk": {"S": f"W#{WORKSPACE}#contact#0"},
    "gsi1sk": {"S": f"2026-11-22T21:59:17.123Z#{CONTACT_ID}"},
    "id": {"S": CONTACT_ID},
    "object": {"S": "contact"},
    "created_at": {"S": "2026-11-22T21:59:17.123Z"},
    "updated_at": {"S": "2026-11-22T21:59:17.123Z"},
    "created_by": {"M": {"type": {"S": "api_key"}, "id": {"S": "key_bench"}}},
    "version": {"N": "7"},
    "name": {"S": "Ada Lovelace"},
    "email": {"S": "ada@example.com"},
    "phone": {"S": "+44 20 7946 0000"},
    "title": {"S": "Analyst"},
    "custom": {"M": {"region": {"S": "EMEA"}, "seats": {"N": "12"}}},
    "_events": {"L": []},
}
PAGE = 25
PLACE = "2026-11-22T21:59:17.{:03d}Z#" + CONTACT_ID
LISTED = [CONTACT | {"gsi1sk": {"S": PLACE.format(PAGE - each)}} for each in range(PAGE)]
DEFINED = [
    {
        **{name: CONTACT[name] for name in ("created_at", "updated_at", "created_by", "version")},
        "pk": {"S": f"W#{WORKSPACE}#FIELDS"},
        "sk": {"S": f"contact#{name}"},
        "id": {"S": f"fld_06bq3zv4m5n6p7q8r9s0t1v2w{number}"},
        "object": {"S": "field"},
        "record_type": {"S": "contact"},
        "name": {"S": name},
        "label": {"S": name.capitalize()},
        "type": {"S": kind},
    }
    for number, (name, kind) in enumerate((("region", "text"), ("seats", "number")))
]
SECRET = {"SecretString": "a signing secret of 32 characters"}
REPLIES: dict[str, object] = {
    "DynamoDB_20120810.GetItem": {"Item": CONTACT},
    "DynamoDB_20120810.Query": {"Items": LISTED, "Count": PAGE, "ScannedCount": PAGE},
    # the workspace's custom fields
    "DynamoDB_20120810.Query of FIELDS": {"Items": DEFINED, "Count": 2, "ScannedCount": 2},
    "DynamoDB_20120810.TransactWriteItems": {},
    # the rate limits' lease
    "DynamoDB_20120810.UpdateItem": {"Attributes": {"filled_at": {"N": "1"}}},
    "secretsmanager.GetSecretValue": SECRET,
}


def _replies() -> dict[str, bytes]:
    made = {}
    for target, reply in REPLIES.items():
        body = json.dumps(reply).encode()
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n"
            f"x-amzn-requestid: 00000000\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        made[target] = head.encode() + body
    return made


async def _serve() -> None:
    replies = _replies()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])
                }
                asked = await reader.readexactly(int(headers.get("content-length", 0)))
                what = " of FIELDS" if b'#FIELDS"' in asked else ""
                writer.write(replies[headers["x-amz-target"] + what])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def running() -> Iterator[str]:
    """Run the stub and give its URL."""
    command = [sys.executable, "-m", "tests.bench.dynamodb_stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve())
