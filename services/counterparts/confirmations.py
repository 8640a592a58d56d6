"""The thread of the local gateway that tells of bank transactions, again and again until each is acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx

from motcua.services.counterparts.gateway_ledger import GatewayLedger
from motcua.services.counterparts.gateway_messages import confirmation

ANSWER_SECONDS = 10.0


class ConfirmationSender:
    """Sends what the ledger owes in rounds: at once when woken, then every `retry_seconds` while something is owed."""

    def __init__(self, ledger: GatewayLedger, partner: str, secret: str, retry_seconds: float) -> None:
        self._ledger = ledger
        self._partner = partner
        self._secret = secret
        self._retry_seconds = retry_seconds
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway-confirmations", daemon=True)

    def start(self) -> None:
        self._awake.set()
        self._thread.start()

    def wake(self) -> None:
        self._awake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._awake.set()
        self._thread.join(ANSWER_SECONDS)

    def _run(self) -> None:
        with httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=False, trust_env=False) as client:
            owing = True
            while not self._stopping.is_set():
                self._awake.wait(self._retry_seconds if owing else None)
                self._awake.clear()
                for transaction in self._ledger.owed():
                    if self._stopping.is_set():
                        return
                    self._ledger.told(transaction["number"], acknowledged=self._acknowledged(client, transaction))
                owing = bool(self._ledger.owed())

    def _acknowledged(self, client: httpx.Client, transaction: Mapping[str, Any]) -> bool:
        message = confirmation(transaction, self._partner, self._secret)
        try:
            answer = client.post(transaction["callback_url"], json=message)
            told = answer.json() if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
            return False
        return isinstance(told, dict) and told.get("MaLoi") == "00"
