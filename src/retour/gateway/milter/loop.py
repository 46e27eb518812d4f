"""What a worker waits for: sockets that are ready, calls from other threads, and time.

An ordinary message is some 40 microseconds of work, and the loops of asyncio cost more than that.
They also wake every worker for each connection that comes, where the kernel wakes one if it is
asked to (``EPOLLEXCLUSIVE``, epoll_ctl(2)).
"""

import os
import sched
import select
import socket
import time
from collections import deque
from collections.abc import Callable

READABLE = select.EPOLLIN
WRITABLE = select.EPOLLOUT
GONE = select.EPOLLHUP
"""The peer neither writes nor reads any more (TCP: nor do we)."""
_IDLE_S = 60.0

Ready = Callable[[int], object]
"""Is given what a socket is ready for; errors and the peer's end count as readable."""


class Loop:
    """Waits, and calls whoever is concerned; all calls come from the thread that waits.

    Attributes:
        now: when it last woke (``time.monotonic``).
    """

    def __init__(self, complain: Callable[[Exception], None]) -> None:
        """Begin with nothing to wait for.

        Args:
            complain: hears of what a call raised; the loop goes on.
        """
        self._complain = complain
        self._epoll = select.epoll()
        self._watched: dict[int, Ready] = {}
        self._timers = sched.scheduler(time.monotonic)
        self._due_at = 0.0
        self.now = time.monotonic()
        self._calls: deque[Callable[[], None]] = deque()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._watched[self._bell] = self._answer_bell
        self._epoll.register(self._bell, READABLE)

    def close(self) -> None:
        """Wait no more."""
        self._epoll.close()
        os.close(self._bell)

    def watch(self, watched: socket.socket, ready: Ready, events: int = READABLE) -> None:
        """Call when a socket is ready."""
        self._watched[watched.fileno()] = ready
        self._epoll.register(watched, events)

    def watch_listener(self, listener: socket.socket, ready: Ready) -> None:
        """Call when a connection has come, unless another process was called for it."""
        self.watch(listener, ready, READABLE | select.EPOLLEXCLUSIVE)

    def change(self, watched: socket.socket, events: int) -> None:
        """Call for something else from now on."""
        self._epoll.modify(watched, events)

    def forget(self, watched: socket.socket) -> None:
        """Call no more, whatever is due; the socket is still open."""
        if self._watched.pop(watched.fileno(), None) is not None:
            self._epoll.unregister(watched)

    def call_soon(self, call: Callable[[], None]) -> None:
        """Call from the loop's thread; may be asked for from any thread and by a signal handler."""
        self._calls.append(call)
        os.eventfd_write(self._bell, 1)

    def call_later(self, seconds: float, call: Callable[[], None]) -> sched.Event:
        """Call after some time, unless it is cancelled."""
        timer = self._timers.enter(seconds, 0, self._run, (call,))
        self._due_at = min(self._due_at, timer.time)
        return timer

    def cancel(self, timer: sched.Event) -> None:
        """Call no more; the timer has not run."""
        self._timers.cancel(timer)

    def turn(self) -> None:
        """Wait until something is due, and do what is due."""
        found = self._epoll.poll(max(self._due_at - self.now, 0))
        self.now = time.monotonic()
        if self.now >= self._due_at:
            wait_s = self._timers.run(blocking=False)
            self._due_at = self.now + (_IDLE_S if wait_s is None else wait_s)
        for number, events in found:
            # What was called before may have closed this one.
            ready = self._watched.get(number)
            if ready is not None:
                try:
                    ready(events)
                except Exception as fault:
                    self._complain(fault)

    def _answer_bell(self, _: int) -> None:
        os.eventfd_read(self._bell)
        while self._calls:
            self._run(self._calls.popleft())

    def _run(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as fault:
            self._complain(fault)
