"""The counterparts as a process of their own: they can be killed and started again where they stood, and a busy port is said."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette

from motcua.services.connectors.payment.connector import PaymentConnector, PaymentSettings
from motcua.services.counterparts import LOCAL_PARTNER, LOCAL_SECRET
from motcua.services.counterparts.running import PortBusy, ServerDidNotStart, serve
from tests.services.outside_systems import HTTP, Receiver, a_call, running

COMMAND = (
    "import typer; from motcua.services.cli.counterparts import register; app = typer.Typer(); app.callback()(lambda: None); "
    "register(app); app()"
)


@contextmanager
def counterparts(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    arguments = [sys.executable, "-c", COMMAND, "counterparts", "--json", "--portal-port", "0", *options]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_payment_booked_before_a_kill_is_told_after_the_restart(tmp_path: Path) -> None:
    receiver = Receiver()
    ours = serve(receiver.app())
    ours.stop()
    with counterparts("--gateway-port", "0", "--state", str(tmp_path)) as (process, at):
        settings = PaymentSettings(at["payment_gateway"], LOCAL_PARTNER, LOCAL_SECRET, "970436", "1012345678", ours.base_url)
        connector = PaymentConnector(settings)
        reference = connector.call(a_call("payment.collect", amount_vnd=15000, purpose="Lệ phí")).reference  # type: ignore[union-attr]
        connector.close()
        HTTP.post(f"{at['payment_gateway']}/_citizen/pay", json={"reference": reference}).raise_for_status()
        process.send_signal(signal.SIGKILL)
        process.wait()
    back = serve(receiver.app(), port=ours.port)
    with counterparts("--gateway-port", at["payment_gateway"].rpartition(":")[2], "--state", str(tmp_path)) as (process, again):
        assert again["payment_gateway"] == at["payment_gateway"]
        assert receiver.wait_for(1)[0]["MaThamChieu"] == reference
        process.terminate()
        assert process.wait() == 0
    back.stop()


def test_a_busy_port_is_told_in_one_sentence_with_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortBusy, match=f"127.0.0.1:{port}.*choose another port") as refusal:
            serve(Starlette(), port=port)
    assert refusal.value.exit_status == 2


def test_a_server_that_gives_up_while_starting_is_not_waited_for() -> None:
    def lifespan(app: Starlette) -> None:
        raise RuntimeError("no")

    with pytest.raises(ServerDidNotStart):
        serve(Starlette(lifespan=lifespan))  # type: ignore[arg-type]


def test_a_stopped_server_gives_its_port_back_and_may_be_stopped_again() -> None:
    with running(Starlette()) as server:
        server.stop()
        with running(Starlette()) as _, socket.create_server(("127.0.0.1", server.port)):
            pass
