"""One event loop in a thread of its own, so that whoever asks need not know that asking is asynchronous."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_LOOK_EVERY_SECONDS = 0.1


class Engine:
    """Runs coroutines of any thread on one loop; started when first used."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.while_waiting: Callable[[], None] | None = None
        """Called now and then in the thread that waits: it shows the progress."""

    def submit(self, work: Coroutine[Any, Any, _Result]) -> concurrent.futures.Future[_Result]:
        """Starts work; the future has its result."""
        return asyncio.run_coroutine_threadsafe(work, self._started())

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Starts work and waits for it; an interrupt cancels it."""
        future = self.submit(work)
        try:
            return self.result(future)
        except BaseException:
            future.cancel()
            raise

    def result(self, future: concurrent.futures.Future[_Result]) -> _Result:
        """Waits for what `submit` has started."""
        while self.while_waiting is not None:
            if concurrent.futures.wait([future], timeout=_LOOK_EVERY_SECONDS).done:
                break
            self.while_waiting()
        return future.result()

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls a function within the loop, soon; if nothing ever ran there, there is nothing to call it for."""
        with self._lock:
            loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(function, *arguments)

    def cancel_all(self) -> None:
        """Cancels what is still under way and waits until it has ended."""
        with self._lock:
            loop = self._loop
        if loop is not None:
            asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(timeout=10)

    def stop(self) -> None:
        """Ends the thread; nothing may be under way."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="behavior-contract", daemon=True)
                self._thread.start()
            return self._loop


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
