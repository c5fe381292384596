# SPDX-License-Identifier: Apache-2.0
"""Runs for asyncio: frames are awaited, and sources may be asynchronous. No loop is blocked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from inspect import isasyncgen
from types import TracebackType
from typing import Any

from edgefirst_hal.pipeline.frame import Frame
from edgefirst_hal.pipeline.run import Run, RunStatistics

_END = object()


class AsyncSource:
    """An asynchronous source read from another thread than its loop's."""

    def __init__(self, source: AsyncIterable[Any], loop: asyncio.AbstractEventLoop) -> None:
        self._iterator = source.__aiter__()
        self._loop = loop
        self._pending: Future[Any] | None = None
        self._ended = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._pending = asyncio.run_coroutine_threadsafe(_next(self._iterator), self._loop)
        if self._ended:
            self._pending.cancel()
        try:
            item = self._pending.result()
        except CancelledError:
            raise StopIteration from None
        if item is _END:
            raise StopIteration
        return item

    def end(self) -> None:
        """Lets the reader go that waits for an item. Called in the loop's thread."""
        self._ended = True
        if self._pending is not None:
            self._pending.cancel()

    async def aclose(self) -> None:
        """Closes a generator, once the reader has gone."""
        if isasyncgen(self._iterator):
            while self._iterator.ag_running:  # its cancellation is under way in this loop
                await asyncio.sleep(0)
            await self._iterator.aclose()


class AsyncRun:
    """What Run is, for `async for` and `async with`; aclose() cancels what is left."""

    def __init__(
        self, start: Callable[[Iterable[Any]], Run], source: Iterable[Any] | AsyncIterable[Any]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._async_source: AsyncSource | None = None
        if isinstance(source, AsyncIterable):
            self._async_source = source = AsyncSource(source, self._loop)
        self._run = start(source)
        self._reader = ThreadPoolExecutor(1, "pipeline-reader")
        self._has_ended = False
        self._left_waiting: deque[Future[Frame | None]] = deque()

    def __aiter__(self) -> AsyncRun:
        return self

    async def __anext__(self) -> Frame:
        """May be cancelled, as by asyncio.wait_for: the frame then goes to whoever asks next."""
        if self._has_ended:
            await self.aclose()  # which may have been cancelled
            raise StopAsyncIteration
        waiting = self._left_waiting
        asked = waiting.popleft() if waiting else self._reader.submit(_next_of, self._run)
        try:
            frame = await asyncio.shield(asyncio.wrap_future(asked))
        except asyncio.CancelledError:
            waiting.append(asked)
            raise
        if frame is None:
            self._has_ended = True
            await self.aclose()
            raise StopAsyncIteration
        return frame

    def stop(self) -> None:
        """Takes nothing more from the source; the frames in flight still come out."""
        self._run.stop()

    def statistics(self) -> RunStatistics:
        """May be asked while it runs."""
        return self._run.statistics()

    async def aclose(self) -> None:
        """Drops the frames in flight and waits for the stages at work to return.

        An asynchronous generator is closed as well. Raises what on_drop raised.
        """
        if self._async_source is not None:
            self._async_source.end()
        try:
            await self._loop.run_in_executor(None, self._run.cancel)
        finally:
            await self._drop_unread()
            self._reader.shutdown(wait=False)
            if self._async_source is not None:
                await self._async_source.aclose()

    async def _drop_unread(self) -> None:
        """Frames that came out for readers that were cancelled."""
        while self._left_waiting:
            asked = self._left_waiting.popleft()
            with suppress(Exception):  # of the source, which nobody reads any more
                frame = await asyncio.wrap_future(asked)
                if frame is not None:
                    self._run.reject(frame)
        self._run.cancel()  # raises what on_drop did with them

    def __del__(self) -> None:
        waiting = getattr(self, "_left_waiting", ())
        if waiting:
            with suppress(Exception):  # nobody is left to get it
                self._run.cancel()
        for asked in waiting:
            asked.add_done_callback(partial(_reject, self._run))

    async def __aenter__(self) -> AsyncRun:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def _next_of(run: Run) -> Frame | None:
    return next(run, None)


def _reject(run: Run, asked: Future[Frame | None]) -> None:
    frame = None if asked.cancelled() or asked.exception() else asked.result()
    if frame is not None:
        run.reject(frame)


async def _next(iterator: AsyncIterator[Any]) -> Any:
    try:
        return await iterator.__anext__()
    except StopAsyncIteration:
        return _END
