"""One inference at a time: a queue in front of one thread, so the machine is never overbooked."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from infra.local.models.errors import RefusalError

T = TypeVar("T")

_MOST_WAITING = 32


class Worker:
    """Runs functions in order on one daemon thread, which never holds up the end of the process."""

    def __init__(self) -> None:
        """The thread starts with the first job."""
        self._jobs: queue.Queue[tuple[Future[Any], Callable[[], Any]]] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    async def run(self, job: Callable[[], T]) -> T:
        """The job's result or its exception; raises RefusalError 503 when too many wait."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
            self._thread.start()
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((future, job))
        except queue.Full:
            raise RefusalError(
                "Too many requests wait for the offline models.", code="overloaded", status=503
            ) from None
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, job = self._jobs.get()
            # A caller who has gone away cancelled the future; its job is not started any more.
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - handed to the waiting caller
                future.set_exception(error)
