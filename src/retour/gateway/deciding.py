"""Decisions beside the event loop: a few threads, and no waiting line that grows without end."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from retour.gateway.rewriting import Decision, Envelope, Policy, Verify, Weigh, decide

_THREADS = 2
_WAITING_MAX = 32
"""Messages in work and waiting; a further one would come out too late anyway."""


class Decider:
    """Decides about messages in threads of its own."""

    def __init__(
        self, policy: Policy, verify: Verify | None = None, weigh: Weigh | None = None
    ) -> None:
        """Begin.

        Args:
            policy: the operator's.
            verify: asks the trail; may wait, and may raise.
            weigh: adds what the trail knows; may wait.
        """
        self._policy = policy
        self._verify = verify
        self._weigh = weigh
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="decide")
        self._room = threading.BoundedSemaphore(_WAITING_MAX)

    def submit(self, raw: bytes, envelope: Envelope) -> "Future[Decision] | None":
        """Begin to decide; None: too many are waiting.

        A message counts until its thread is done with it, even where nobody waits for it any more.
        """
        if not self._room.acquire(blocking=False):
            return None
        future = self._threads.submit(self._decide, raw, envelope)
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _decide(self, raw: bytes, envelope: Envelope) -> Decision:
        today = int(time.time()) // 86_400
        return decide(
            raw, envelope, self._policy, today=today, verify=self._verify, weigh=self._weigh
        )
