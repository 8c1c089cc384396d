"""The embedded AWS process: MiniStack with a front door for the API and a memory for restarts.

`python -m infra.local.ministack_server` under `.venv-cloud`. It starts MiniStack 1.5.33 (pinned)
and mends what would make a laptop differ from AWS; tests guard each of these:

- `front`: a second port on which `/<path>` means the deployed API, so that people get a URL that
  works with curl as it is; API Gateway's size limit and its words for a failed integration;
- `__main__`: calls from this machine count as TLS, for the policies that demand it;
- `memory`: undelivered stream records, open multipart uploads and running executions survive a
  restart, and a power cut loses seconds, not a day;
- `maps`: Distributed Maps in JSONata;
- `unpacking`: a layer's files keep their permissions and are unpacked once, not once per worker.
"""
