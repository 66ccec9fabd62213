"""Stop: Ctrl-C and SIGTERM as a wish to end, where cutting a step in two would lose it."""

import signal
import threading
import time
from types import FrameType
from typing import Any

# What is nearly done may still be kept.
_GRACE = 2.0


class Interrupted(KeyboardInterrupt):
    """Stopped on request; ``signal`` says by which."""

    def __init__(self, number: int = signal.SIGINT):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number


class Stop:
    """Hears Ctrl-C and SIGTERM while it is entered; the second time it raises at once.

    Outside the main thread Python lets nobody listen, and it hears nothing.
    """

    def __init__(self) -> None:
        self._heard: int | None = None
        self._until = float("inf")
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def asked(self) -> bool:
        """Whether nothing more is to begin."""
        return self._heard is not None

    @property
    def due(self) -> bool:
        """Whether what has begun is to be given up."""
        return time.monotonic() >= self._until

    def error(self) -> Interrupted:
        """Return what to raise in the end."""
        return Interrupted(self._heard or signal.SIGINT)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise Interrupted(number)
        self._heard, self._until = number, time.monotonic() + _GRACE
