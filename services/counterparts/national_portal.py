"""A local national portal, first generation: log-in, look-up, synchronisation, progress.

    POST /mapi/login   {"username", "password"} → {"session"}
    POST /mapi/g       {"session", "madonvi", "service", …}: TraCuuHoSo, DongBoHoSoMC, CapNhatTienDoHoSoMC
    POST /_sessions    {"end": true}: every session is over
    GET /_state        dossiers with their codes, progress rows and results; sums and counts

It is an upsert machine, as the real one: a progress row or an item that comes twice changes nothing and is counted. A dossier must
be synchronised before its progress; an update of an unknown dossier is refused; a second insert is error 3.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from motcua.services.counterparts import LOCAL_PASSWORD, LOCAL_UNIT, LOCAL_USERNAME
from motcua.services.counterparts.director import counterpart_app, json_object
from motcua.services.counterparts.portal_rules import (
    ALREADY_THERE,
    CONTENT_REFUSED,
    NOT_THERE,
    PROGRESS_MAX_ROWS,
    SESSION_OVER,
    PortalRefusal,
    check_dossier,
    check_progress,
)
from motcua.services.counterparts.state import State, counted

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (session TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS dossiers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE NOT NULL, item TEXT NOT NULL, codes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS progress (
    number INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL, item TEXT NOT NULL,
    UNIQUE (code, status, at));
"""


def national_portal(
    unit: str = LOCAL_UNIT,
    username: str = LOCAL_USERNAME,
    password: str = LOCAL_PASSWORD,
    state_file: Path | None = None,
) -> Starlette:
    """The application. state_file: where its state outlives it; None for memory."""
    portal = _Portal(unit, username, password, state_file)

    async def log_in(request: Request) -> JSONResponse:
        return JSONResponse(portal.log_in(await json_object(request) or {}))

    async def service(request: Request) -> JSONResponse:
        return JSONResponse(portal.serve(await json_object(request) or {}))

    async def sessions(request: Request) -> JSONResponse:
        portal.end_sessions()
        return JSONResponse({"sessions": 0})

    @asynccontextmanager
    async def remembering(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            portal.close()

    return counterpart_app(
        routes=[
            Route("/mapi/login", log_in, methods=["POST"]),
            Route("/mapi/g", service, methods=["POST"]),
            Route("/_sessions", sessions, methods=["POST"]),
        ],
        inspect=portal.inspect,
        lifespan=remembering,
    )


class _Portal:
    def __init__(self, unit: str, username: str, password: str, state_file: Path | None) -> None:
        self._unit = unit
        self._credentials = {"username": username, "password": password}
        self._state = State(_SCHEMA, state_file)
        self._services = {
            "TraCuuHoSo": self._look_up,
            "DongBoHoSoMC": self._synchronise,
            "CapNhatTienDoHoSoMC": self._take_progress,
        }

    def close(self) -> None:
        self._state.close()

    def log_in(self, body: dict[str, Any]) -> dict[str, Any]:
        if body != self._credentials:
            self._state.count("refused_log_in")
            return {"error_code": "-2", "message": "Sai tai khoan hoac mat khau"}
        session = secrets.token_hex(16)
        with self._state.transaction() as rows:
            rows.execute("INSERT INTO sessions VALUES (?)", (session,))
            counted(rows, "log_ins")
        return {"error_code": "0", "session": session}

    def end_sessions(self) -> None:
        with self._state.transaction() as rows:
            rows.execute("DELETE FROM sessions")

    def serve(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answer one call of a service; a refusal is an `error_code`."""
        try:
            if not self._state.rows("SELECT 1 FROM sessions WHERE session = ?", (str(body.get("session")),)):
                raise PortalRefusal(SESSION_OVER, "Phien lam viec khong hop le hoac da het han")
            if body.get("madonvi") != self._unit:
                raise PortalRefusal(CONTENT_REFUSED, "Ma don vi khong dung")
            if body.get("service") not in self._services:
                raise PortalRefusal(CONTENT_REFUSED, "Khong co dich vu nay")
            return {"error_code": 0, "message": "Thanh cong", **self._services[body["service"]](body)}
        except PortalRefusal as refusal:
            self._state.count(f"refused_{refusal.code}")
            return {"error_code": refusal.code, "message": refusal.reason}

    def inspect(self) -> dict[str, Any]:
        progress: dict[str, list[dict[str, Any]]] = {}
        for row in self._state.rows("SELECT code, item FROM progress ORDER BY number"):
            progress.setdefault(row["code"], []).append(json.loads(row["item"]))
        dossiers = {row["code"]: row for row in self._state.rows("SELECT * FROM dossiers ORDER BY number")}
        items = {code: json.loads(row["item"]) for code, row in dossiers.items()}
        return {
            "dossiers": {
                code: {
                    "current": item["TrangThaiHoSo"],
                    "statuses": json.loads(dossiers[code]["codes"]),
                    "progress": progress.get(code, []),
                    "results": item.get("DanhSachGiayToKetQua", []),
                    "item": item,
                }
                for code, item in items.items()
            },
            "statuses_synchronised": sum(len(rows) for rows in progress.values()),
            "counts": self._state.counts(),
        }

    def _look_up(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._state.rows("SELECT item FROM dossiers WHERE code = ?", (str(body.get("mahoso")),))
        return {"result": [json.loads(row["item"]) for row in found]}

    def _synchronise(self, body: dict[str, Any]) -> dict[str, Any]:
        updating = body.get("isUpdating")
        if updating not in ("True", "False"):
            raise PortalRefusal(CONTENT_REFUSED, "isUpdating phai la True hoac False")
        items = _items(body, at_most=50)
        for item in items:
            check_dossier(item)
        with self._state.transaction() as rows:
            for item in items:
                known = rows.execute("SELECT item, codes FROM dossiers WHERE code = ?", (item["MaHoSo"],)).fetchone()
                if updating == "False" and known is not None:
                    raise PortalRefusal(ALREADY_THERE, f"Ho so {item['MaHoSo']} da ton tai")
                if updating == "True" and known is None:
                    raise PortalRefusal(NOT_THERE, f"Chua co ho so {item['MaHoSo']}")
                before = json.loads(known["item"]) if known else {}
                codes = json.loads(known["codes"]) if known else []
                # An update replaces what it names and keeps the results that were published before.
                merged = {**item, "DanhSachGiayToKetQua": _merged_results(before, item)}
                if merged == before:
                    counted(rows, "repeated_item")
                if codes[-1:] != [item["TrangThaiHoSo"]]:
                    codes.append(item["TrangThaiHoSo"])
                rows.execute(
                    "INSERT INTO dossiers (code, item, codes) VALUES (?, ?, ?) "
                    "ON CONFLICT (code) DO UPDATE SET item = excluded.item, codes = excluded.codes",
                    (item["MaHoSo"], json.dumps(merged), json.dumps(codes)),
                )
        return {}

    def _take_progress(self, body: dict[str, Any]) -> dict[str, Any]:
        items = _items(body, at_most=PROGRESS_MAX_ROWS)
        for item in items:
            check_progress(item)
        with self._state.transaction() as rows:
            for item in items:
                code, status, at = item["MaHoSo"], item["TrangThai"], item["ThoiDiemXuLy"]
                if rows.execute("SELECT 1 FROM dossiers WHERE code = ?", (code,)).fetchone() is None:
                    raise PortalRefusal(NOT_THERE, f"Chua dong bo ho so {code}")
                latest = rows.execute("SELECT max(at) FROM progress WHERE code = ?", (code,)).fetchone()[0]
                added = rows.execute(
                    "INSERT INTO progress (code, status, at, item) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (code, status, at, json.dumps(item)),
                )
                if added.rowcount == 0:
                    counted(rows, "repeated_progress")
                elif latest is not None and at < latest:
                    counted(rows, "progress_out_of_order")
        return {}


def _items(body: dict[str, Any], at_most: int) -> list[dict[str, Any]]:
    items = body.get("data")
    if not isinstance(items, list) or not 1 <= len(items) <= at_most or not all(isinstance(item, dict) for item in items):
        raise PortalRefusal(CONTENT_REFUSED, f"data phai co tu 1 den {at_most} muc")
    return items


def _merged_results(before: dict[str, Any], item: dict[str, Any]) -> list[dict[str, Any]]:
    papers = {paper["GiayToId"]: paper for paper in before.get("DanhSachGiayToKetQua", [])}
    papers |= {paper["GiayToId"]: paper for paper in item.get("DanhSachGiayToKetQua", [])}
    return list(papers.values())
