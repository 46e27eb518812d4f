"""The milter as a daemon: one socket, several worker processes, and one process that minds them.

SIGTERM and SIGINT let messages in work come to their end; SIGHUP reads the settings again, starts
workers that know them, and lets the old ones end. A worker that dies is replaced.
"""

import atexit
import contextlib
import gc
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from retour.gateway.milter.recent import Recent
from retour.service.complaint import SettingsError
from retour.service.milter import MilterSettings
from retour.service.settings import Settings, find_store

if TYPE_CHECKING:
    from retour.gateway.journal import Journal

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM)
_READY_S = 30.0
"""How long workers may take until they accept connections."""
_RESPAWN_S = 1.0
"""A worker that dies at once is not started again in the same moment."""


Ready = Callable[[], None]


class StartError(Exception):
    """The daemon cannot start; one sentence."""


@dataclass(slots=True)
class _Child:
    """A process of ours.

    Attributes:
        serve: what it does; calls what it is given when it is ready to.
        is_worker: whether it takes mail.
        is_leaving: whether it was told to end.
    """

    serve: Callable[[Ready], None]
    is_worker: bool = True
    is_leaving: bool = False


def run_milter(load: Callable[[], Settings]) -> int:
    """Run the daemon until it is told to stop.

    Args:
        load: reads the settings; called again for SIGHUP.

    Returns:
        The exit status.

    Raises:
        StartError, SettingsError: it cannot start.
    """
    settings = load()
    if not (hasattr(select, "epoll") and hasattr(os, "eventfd")):
        raise StartError("retour milter runs on Linux only: it waits by epoll.")
    milter = settings.milter or MilterSettings()
    _share_metrics()
    # Behind the choice of the folder: the library looks at it when it is imported.
    from retour.gateway.journal import Journal  # noqa: PLC0415
    from retour.gateway.milter.listening import ListenError, listen, unlink  # noqa: PLC0415

    journal = Journal()
    try:
        listener = listen(milter)
    except ListenError as error:
        raise StartError(str(error)) from None
    try:
        return Supervisor(listener, load, settings, journal).run()
    finally:
        unlink(milter.socket)


class Supervisor:
    """Minds the workers."""

    def __init__(
        self,
        listener: socket.socket,
        load: Callable[[], Settings],
        settings: Settings,
        journal: "Journal",
    ) -> None:
        """Begin; no worker runs yet."""
        self._listener = listener
        self._load = load
        self._settings = settings
        self._milter = settings.milter or MilterSettings()
        self._journal = journal
        self._children: dict[int, _Child] = {}
        self._is_stopping = False
        self._recent: Recent | None = None

    def run(self) -> int:
        """Start the workers and mind them until all are gone."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        _raise_file_limit(self._milter.connections_max)
        self._warm_up()
        if self._milter.metrics:
            self._start_health()
        ready = self._start_workers()
        _tell_systemd("READY=1")
        self._journal.say("started", socket=str(self._milter.socket), workers=ready)
        while True:
            number = signal.sigwait(_SIGNALS)
            if number == signal.SIGCHLD:
                self._reap()
                if self._is_stopping and not self._children:
                    break
            elif number == signal.SIGHUP:
                self._reload()
            elif number == signal.SIGALRM:
                self._kill()
            else:
                self._stop()
        self._journal.say("stopped")
        return 0

    def _warm_up(self) -> None:
        """Load, before the workers are forked, what each of them would load for itself."""
        from retour.gateway.milter.worker import load_trail, make_policy, warm_up  # noqa: PLC0415

        warm_up(make_policy(self._settings, self._milter))
        if find_store(None, os.environ, self._settings):
            load_trail()
        gc.freeze()  # what workers share is not looked through, and so not copied

    def _start_workers(self) -> int:
        """Start the workers; return how many accept connections."""
        from retour.gateway.milter.worker import run_worker  # noqa: PLC0415

        settings, milter = self._settings, self._milter
        if self._recent is None or self._recent.window_s != milter.repeat_window_s:
            self._recent = Recent(milter.repeat_window_s)
        recent = self._recent

        def serve(number: int, ready: Ready) -> None:
            is_first = number == 0
            run_worker(self._listener, settings, milter, recent, is_first=is_first, ready=ready)

        reading, writing = os.pipe()
        for number in range(milter.workers):
            self._start(_Child(partial(serve, number)), lambda: _announce(writing))
        os.close(writing)
        return _count_announced(reading, milter.workers)

    def _start_health(self) -> None:
        from retour.gateway.milter.health import open_health  # noqa: PLC0415

        assert self._milter.metrics is not None
        try:
            health = open_health(self._milter.metrics, self._milter.socket)
        except OSError as error:
            raise StartError(f"milter.metrics: {self._milter.metrics}: {error.strerror}.") from None
        self._start(_Child(lambda _: health.serve_forever(), is_worker=False))

    def _start(self, child: _Child, ready: Ready = lambda: None) -> None:
        pid = os.fork()
        if pid == 0:
            _be_child(lambda: child.serve(ready), self._journal)
        self._children[pid] = child

    def _reap(self) -> None:
        """Take leave of those that ended, and replace those that should not have."""
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
            if child is None or child.is_leaving:
                continue
            self._journal.complain("worker died", pid_of_worker=pid, status=status)
            time.sleep(_RESPAWN_S)
            self._start(child)

    def _reload(self) -> None:
        """Read the settings again; wrong ones leave everything as it is."""
        try:
            settings = self._load()
        except SettingsError as error:
            self._journal.complain("settings not reloaded", error=str(error))
            return
        milter = settings.milter or MilterSettings()
        for name in ("socket", "socket_mode", "socket_group", "metrics"):
            if getattr(milter, name) != getattr(self._milter, name):
                self._journal.complain("setting needs a restart", setting=f"milter.{name}")
        old = [pid for pid, child in self._children.items() if child.is_worker]
        self._settings, self._milter = settings, milter
        self._warm_up()
        ready = self._start_workers()
        self._tell(old)
        self._journal.say("settings reloaded", workers=ready)

    def _stop(self) -> None:
        self._is_stopping = True
        _tell_systemd("STOPPING=1")
        self._tell(list(self._children))
        signal.alarm(self._milter.stop_timeout_s + 5)

    def _tell(self, pids: list[int]) -> None:
        for pid in pids:
            self._children[pid].is_leaving = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _kill(self) -> None:
        """End those that did not end in time."""
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _be_child(serve: Callable[[], None], journal: "Journal") -> None:
    """Do a child's work and end; the supervisor's own way must never be gone on."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of us
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        serve()
        status = 0
    except Exception as error:
        journal.complain("worker failed", error=f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads that hang on a message do not keep the process.
        os._exit(status)


def _announce(writing: int) -> None:
    """Tell the supervisor that this process is ready."""
    with contextlib.suppress(BrokenPipeError):  # it waits no longer
        os.write(writing, b".")
    os.close(writing)


def _count_announced(reading: int, most: int) -> int:
    """Wait until so many processes are ready, or no further one will be; return how many are."""
    count, end = 0, time.monotonic() + _READY_S
    while count < most:
        left_s = max(end - time.monotonic(), 0)
        if not select.select([reading], [], [], left_s)[0]:
            break
        said = os.read(reading, most)
        if not said:
            break
        count += len(said)
    os.close(reading)
    return count


def _raise_file_limit(connections: int) -> None:
    """Allow as many open files as there may be connections, as far as the system lets us."""
    least = connections + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < least:
        most = least if hard == resource.RLIM_INFINITY else min(least, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _share_metrics() -> None:
    """Give the processes a folder in which they put their numbers together."""
    folder = tempfile.mkdtemp(prefix="retour-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _tell_systemd(message: str) -> None:
    """Tell the service manager (sd_notify(3)), if there is one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier,
    ):
        notifier.connect("\0" + address[1:] if address[0] == "@" else address)
        notifier.sendall(message.encode())
