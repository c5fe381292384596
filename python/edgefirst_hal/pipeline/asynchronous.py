# SPDX-License-Identifier: Apache-2.0
"""Runs for asyncio: frames are awaited, and sources may be asynchronous. No loop is blocked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
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

    def __aiter__(self) -> AsyncRun:
        return self

    async def __anext__(self) -> Frame:
        frame = await self._loop.run_in_executor(self._reader, next, self._run, None)
        if frame is None:
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
        """Drops the frames in flight and waits for the stages at work to return."""
        if self._async_source is not None:
            self._async_source.end()
        await self._loop.run_in_executor(None, self._run.cancel)
        self._reader.shutdown(wait=False)

    async def __aenter__(self) -> AsyncRun:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


async def _next(iterator: AsyncIterator[Any]) -> Any:
    try:
        return await iterator.__anext__()
    except StopAsyncIteration:
        return _END
