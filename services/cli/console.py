"""Small things that several commands need of the terminal."""

from __future__ import annotations

import signal
import threading


def stop_event() -> threading.Event:
    """Set by Ctrl+C or SIGTERM."""
    stopping = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopping.set())
    return stopping


def wait_for_stop() -> None:
    """Until Ctrl+C or SIGTERM."""
    stop_event().wait()
