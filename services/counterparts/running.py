"""Running a counterpart inside this process: a thread with its own event loop and a socket on the loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from motcua.errors import Unavailable

STOP_SECONDS = 5.0


class PortBusy(Unavailable):
    """Another program listens where the server should."""


class ServerDidNotStart(Unavailable):
    """The server gave up while starting."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `base_url` until `stop` is called."""

    base_url: str
    port: int
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        """Stop answering and close the socket. A second call does nothing."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self._server.force_exit = True
        self._thread.join(STOP_SECONDS)


def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> RunningServer:
    """Serve `app`; with port 0 on any free port. Returns once it answers. Raises PortBusy, ServerDidNotStart."""
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, log_level="critical", access_log=False, lifespan="on", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=_run, args=(server, listening), name=f"counterpart-{port}", daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            listening.close()
            raise ServerDidNotStart(
                f"The server for {host}:{port} gave up while starting; run it alone to see why.", host=host, port=port
            )
        time.sleep(0.005)
    return RunningServer(base_url=f"http://{host}:{port}", port=port, _server=server, _thread=thread)


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    # uvicorn ends a failed start with SystemExit, which is meant for a process of its own; `serve` sees that the thread is over.
    with contextlib.suppress(SystemExit):
        server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        # A server that was just stopped leaves connections in TIME_WAIT; they must not keep its successor from the port.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as cause:
        listening.close()
        raise PortBusy(
            f"Cannot listen on {host}:{port} ({cause.strerror}); stop the program that uses the port, or choose another port.",
            host=host,
            port=port,
        ) from cause
    return listening
