# SPDX-License-Identifier: Apache-2.0
"""A bounded queue between two stages that can end, be cancelled, and tell how full it was.

queue.Queue can neither close nor hand over directly (capacity 0). Called by the threaded run.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):  # noqa: N818 - as StopIteration: an end, no error
    """Nothing more will come, or nothing more is taken."""


class Channel(Generic[T]):
    """First in, first out. With capacity 0 an item is put only while somebody waits for it.

    One thread at a time puts, and one at a time gets; others may close, abort and look.
    """

    def __init__(self, capacity: int, newest_wins: bool = False) -> None:
        self._capacity = capacity
        self._newest_wins = newest_wins
        self._items: deque[T] = deque()
        self._getters = 0
        self._closed = False
        self._lock = threading.RLock()
        self._room = threading.Condition(self._lock)
        self._filled = threading.Condition(self._lock)
        self._most = 0
        self._area_ns = 0
        self._began_ns = self._since_ns = time.monotonic_ns()

    def wait_for_room(self) -> None:
        """Until a put would not wait. Raises Closed."""
        with self._lock:
            self._room.wait_for(lambda: self._closed or self._newest_wins or self._has_room())
            if self._closed:
                raise Closed

    def put(self, item: T) -> list[T]:
        """Waits for room; where the newest wins, returns those it replaced. Raises Closed."""
        with self._lock:
            if self._newest_wins:
                return self._put_newest(item)
            self._room.wait_for(lambda: self._closed or self._has_room())
            if self._closed:
                raise Closed
            self._append(item)
            return []

    def get(self) -> T:
        """Waits for an item. Raises Closed when no more will come."""
        with self._lock:
            self._getters += 1
            if self._capacity == 0:
                self._room.notify()
            try:
                self._filled.wait_for(lambda: self._closed or bool(self._items))
            finally:
                self._getters -= 1
            if not self._items:
                raise Closed
            self._account()
            item = self._items.popleft()
            self._room.notify()
            return item

    def close(self) -> None:
        """What waits can still be got; afterwards get raises Closed."""
        with self._lock:
            self._end()

    def abort(self) -> list[T]:
        """Ends both sides at once; returns what was waiting."""
        with self._lock:
            self._account()
            left = list(self._items)
            self._items.clear()
            self._end()
            return left

    def fill(self) -> tuple[int, float]:
        """Items that waited: the most, and the mean over time."""
        with self._lock:
            self._account()
            lifetime = self._since_ns - self._began_ns
            return self._most, self._area_ns / lifetime if lifetime else 0.0

    def _end(self) -> None:
        self._closed = True
        self._room.notify_all()
        self._filled.notify_all()

    def _has_room(self) -> bool:
        return len(self._items) < max(self._capacity, min(self._getters, 1))

    def _put_newest(self, item: T) -> list[T]:
        if self._closed:
            raise Closed
        replaced = []
        while len(self._items) >= max(self._capacity, 1):
            self._account()
            replaced.append(self._items.popleft())
        self._append(item)
        return replaced

    def _append(self, item: T) -> None:
        self._account()
        self._items.append(item)
        self._most = max(self._most, len(self._items))
        self._filled.notify()

    def _account(self) -> None:
        now = time.monotonic_ns()
        self._area_ns += len(self._items) * (now - self._since_ns)
        self._since_ns = now
