"""`motcua counterparts`: run the doubles of the outside systems as a process of their own, until it is stopped."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from motcua.services.counterparts.national_portal import national_portal
from motcua.services.counterparts.payment_gateway import payment_gateway
from motcua.services.counterparts.running import RunningServer, serve


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("counterparts")(counterparts)


def counterparts(
    portal_port: Annotated[int, typer.Option(help="Port of the national portal; 0 for any free one.")] = 8901,
    gateway_port: Annotated[int, typer.Option(help="Port of the payment gateway; 0 for any free one.")] = 8902,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    state: Annotated[Path | None, typer.Option(help="Folder in which they remember; without it they forget.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one line of JSON.")] = False,
) -> None:
    """Run a local national portal and a local payment gateway, for tests, demonstrations and training.

    Example: motcua counterparts --portal-port 8901 --gateway-port 8902 --state var/counterparts
    """
    stopping = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stopping.set())
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    running: list[RunningServer] = []
    try:
        running.append(serve(national_portal(state_file=state and state / "national_portal.sqlite"), host, portal_port))
        running.append(serve(payment_gateway(state_file=state and state / "payment_gateway.sqlite"), host, gateway_port))
        addresses = {"national_portal": running[0].base_url, "payment_gateway": running[1].base_url}
        if as_json:
            typer.echo(json.dumps(addresses))
        else:
            typer.echo(f"National portal at {running[0].base_url}, payment gateway at {running[1].base_url}. Stop with Ctrl+C.")
        stopping.wait()
    finally:
        for server in running:
            server.stop()
