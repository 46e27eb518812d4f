"""A running milter for tests, in a thread."""

import threading
from collections.abc import Callable

from retour.gateway.deciding import Decider
from retour.gateway.journal import Journal
from retour.gateway.milter.listening import listen
from retour.gateway.milter.server import Limits, Server
from retour.gateway.recording import Recorder
from retour.gateway.rewriting import Policy, Verify
from retour.service.milter import MilterSettings, Place

LIMITS = Limits(
    decision_timeout_s=20, idle_timeout_s=600, connections_max=2_000, memory_max_bytes=10_000_000
)


class Running:
    """A server and its thread."""

    def __init__(
        self,
        place: Place,
        policy: Policy,
        limits: Limits = LIMITS,
        verify: Verify | None = None,
        make_recorder: Callable[[Journal], Recorder] | None = None,
    ) -> None:
        self.place = place
        self._journal = Journal()
        recorder = make_recorder(self._journal) if make_recorder else None
        self.recorder = recorder
        self.server = Server(policy, limits, self._journal, Decider(policy, verify), recorder)
        self._listener = listen(MilterSettings(socket=place, socket_mode=0o600))
        self._thread = threading.Thread(target=self.server.run, args=(self._listener, 5))
        self._thread.start()

    def stop(self) -> None:
        """Stop as SIGTERM does, and wait."""
        self.server.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._listener.close()


Start = Callable[..., Running]
