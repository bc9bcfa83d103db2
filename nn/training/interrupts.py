"""Ctrl-C at moments that leave nothing half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """`with Interrupts() as interrupts:` Ctrl-C raises KeyboardInterrupt at once, but not inside
    `with interrupts.held():`, where it waits for the end of the block; a second one does not.

    `torn` tells whether a block was left in its middle.  Outside the main thread, and where the
    program handles the signal itself, nothing changes.
    """

    def __init__(self) -> None:
        self.torn = False
        self._inside = self._pending = self._installed = False

    def __enter__(self) -> Interrupts:
        if (threading.current_thread() is threading.main_thread()
                and signal.getsignal(signal.SIGINT) is signal.default_int_handler):
            signal.signal(signal.SIGINT, self._handle)
            self._installed = True
        return self

    def __exit__(self, *error: object) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._inside and not self._pending:
            self._pending = True
            return
        raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block that Ctrl-C leaves at its end."""
        self._inside = True
        try:
            yield
        except KeyboardInterrupt:
            self.torn = True
            raise
        finally:
            self._inside = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt
