"""How a run is asked to pause, go on or stop; safe to call from any thread."""

from __future__ import annotations

import threading


class RunControl:
    """Two wishes that the training loop reads once a step."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()

    def stop(self) -> None:
        """Ask the run to end in order and keep its result; a paused run wakes up to do so."""
        self._stop.set()
        self._go.set()

    def pause(self) -> None:
        """Ask the run to wait after the step it is in."""
        self._go.clear()

    def resume(self) -> None:
        """Let a paused run go on."""
        self._go.set()

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stop.is_set()

    @property
    def pausing(self) -> bool:
        """Whether the run was asked to wait."""
        return not self._go.is_set()

    def wait_until_resumed(self) -> None:
        """Block while the run is paused."""
        self._go.wait()
