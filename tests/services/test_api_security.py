"""What an attacker, or a broken client, sends to the API: nothing gets further than it should."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.engine.dossier import DocumentRecord
from motcua.services.api.actors import RESERVED
from motcua.services.api.application import create_api
from motcua.services.api.documents import download
from motcua.services.api.guard import MAX_BODY_BYTES, MAX_HEADER_BYTES
from motcua.services.connectors.payment.messages import sealed
from tests.services.edge import MORNING, OFFICER, SECRET, Caller, EdgeBackend, birth_application, edge_backend, open_birth


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def api(backend: EdgeBackend) -> Caller:
    return Caller(create_api(backend), OFFICER)


def is_problem(answer: Any, status: int) -> bool:
    document = answer.json()
    return (
        answer.status_code == document["status"] == status
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "detail"} <= document.keys()
        and "Traceback" not in answer.text
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/dossiers/H05.21-260302-9999", 404),
        ("DELETE", "/api/v1/dossiers", 405),
        ("GET", "/api/v1/dossiers/not-a-code", 422),
        ("GET", "/api/v1/dossiers/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/api/v1/dossiers/%2e%2e/documents/x", 422),
        ("GET", "/api/v1/procedures/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/api/v1/procedures/1.001193%00", 422),
        ("GET", "/api/docs/..%2f..%2fpages.css", 404),
        ("GET", "/api/docs/stamp.txt", 404),
        ("GET", "/api/v1/tasks?limit=100000", 422),
        ("GET", "/api/v1/tasks/%27%3B%20drop%20table%20tasks", 422),
    ],
)
def test_whatever_is_not_there_or_not_right_is_a_problem_document(api: Caller, method: str, path: str, status: int) -> None:
    assert is_problem(api(method, path), status)


@pytest.mark.parametrize("actor", [None, "", "Nguyễn Lan", "a b", "x" * 101, "<script>", "worker:documents.result", *RESERVED])
def test_nobody_acts_without_a_name_or_under_one_of_ours(backend: EdgeBackend, actor: str | None) -> None:
    headers = {} if actor is None else {"X-Actor": actor.encode()}
    answer = Caller(create_api(backend))("GET", "/api/v1/dossiers", headers=headers)
    assert is_problem(answer, 401)


def test_a_task_is_not_delegated_to_a_name_of_ours(api: Caller, backend: EdgeBackend) -> None:
    open_birth(backend)
    task = api.get("/api/v1/tasks").json()[0]
    assert is_problem(api.post(f"/api/v1/tasks/{task['id']}/delegate", json={"to": "worker:x"}), 401)


def test_an_oversized_body_is_turned_away_before_it_is_read(api: Caller) -> None:
    body = birth_application(applicant={"name": "x" * MAX_BODY_BYTES})
    assert is_problem(api.post("/api/v1/dossiers", json=body), 413)


def test_a_body_that_hides_its_length_is_cut_off_at_the_limit(api: Caller) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 100 * MAX_BODY_BYTES:
            sent += 64 * 1024
            yield b"x" * (64 * 1024)

    answer = api.post("/api/v1/dossiers", content=endless(), headers={"Content-Type": "application/json"})
    assert is_problem(answer, 413)
    assert sent <= 2 * MAX_BODY_BYTES, "the rest was not taken in"


def test_huge_headers_and_addresses_are_turned_away(api: Caller) -> None:
    assert is_problem(api.get("/health/live", headers={"X-Padding": "x" * MAX_HEADER_BYTES}), 431)
    assert is_problem(api.get("/api/v1/procedures", params={"search": "x" * 5000}), 414)


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999"])
def test_a_content_length_that_is_none_is_refused(backend: EdgeBackend, length: str) -> None:
    status, _ = asyncio.run(_raw(backend, [(b"content-length", length.encode()), (b"content-type", b"application/json")]))
    assert status in (400, 413)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""]
)
def test_only_json_is_taken_so_no_foreign_form_can_post(api: Caller, media_type: str) -> None:
    answer = api.post("/api/v1/dossiers", content=json.dumps(birth_application()), headers={"Content-Type": media_type})
    assert is_problem(answer, 415)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b"nul",
        b"[" * 100_000,
        b'{"entries": ' + b"1" * 6000 + b"}",
        b"[]",
        b'"text"',
        b"NaN",
        b'{"applicant": NaN}',
    ],
)
def test_bad_json_is_refused_in_one_sentence(api: Caller, content: bytes) -> None:
    answer = api.post("/api/v1/dossiers", content=content, headers={"Content-Type": "application/json"})
    assert is_problem(answer, answer.status_code)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "returned"},
        {"applicant": {"name": "A", "is_admin": True}},
        {"entries": {"child_name": 1.5}},
        {"entries": {"child_name": {"$decimal": "1"}}},
        {"entries": {"child_name": "A", "authority_tier": "province"}},
        {"entries": {"child_name": "a\x00b"}},
        {"channel": "pigeon"},
        {"procedure_code": 1.001193},
        {"tier": ["commune"]},
    ],
)
def test_unknown_fields_and_wrong_kinds_are_refused_and_nothing_is_opened(api: Caller, changes: dict[str, Any]) -> None:
    assert is_problem(api.post("/api/v1/dossiers", json=birth_application(**changes)), 422)
    assert api.get("/api/v1/dossiers").json() == []


def test_a_refusal_does_not_repeat_what_was_sent(api: Caller) -> None:
    answer = api.post("/api/v1/dossiers", json=birth_application(channel="024190001234"))
    assert is_problem(answer, 422)
    assert "024190001234" not in answer.text


@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_json_document_at_all_brings_the_server_down(document: Any) -> None:
    answer = Caller(_SHARED, OFFICER).post(
        "/api/v1/dossiers", content=json.dumps(document), headers={"Content-Type": "application/json"}
    )
    assert 400 <= answer.status_code < 500


def test_markup_in_names_is_data_like_any_other(api: Caller) -> None:
    name = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{7*7}}"
    answer = api.post("/api/v1/dossiers", json=birth_application(applicant={"name": name}))
    assert answer.status_code == 201
    assert answer.json()["applicant"]["name"] == name
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", 'a"; filename="b.exe', "x\r\nSet-Cookie: a=b", "Giấy\u202efdp.exe", "", "...", "a/b\\c", "n" * 400]
)
def test_no_file_name_leaves_its_header_or_folder(name: str) -> None:
    record = DocumentRecord("1", "c", "result", name, "application/pdf", "0" * 64, 1, MORNING, "x")
    disposition = download(record, b"x").headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert not set("\r\n\\/\u202e") & set(disposition)
    assert disposition.count('"') == 2


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/javascript", "text/html; charset=x", "\r\nX: y"])
def test_a_document_never_comes_as_something_that_a_browser_runs(media_type: str) -> None:
    record = DocumentRecord("1", "c", "result", "a.html", media_type, "0" * 64, 1, MORNING, "x")
    answer = download(record, b"<script>alert(1)</script>")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_forged_payment_call_back_books_nothing(api: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    events = len(backend.store.events(code))
    message = {
        "LoaiBanTin": "CONFIRM",
        "MaLoi": "00",
        "MaDoiTac": "MOTCUA",
        "MaThamChieu": "MC0123456789ABCDEF0123",
        "SoTien": "75000",
        "MaTienTe": "VND",
        "MaGiaoDich": "FT1",
        "MaNganHang": "970400",
        "ThoiGianGD": "20260302080000",
        "ThongTinGiaoDich": "phi",
    }
    forged = api.post("/callbacks/payment", json={**message, "MaXacThuc": "0" * 64})
    assert forged.json()["MaLoi"] == "01", "the gateway's protocol answers a bad seal so"
    by_another = api.post("/callbacks/payment", json=sealed(message, "another secret"))
    assert by_another.json()["MaLoi"] == "01"
    unknown_order = api.post("/callbacks/payment", json=sealed(message, SECRET))
    assert is_problem(unknown_order, 409)
    assert backend.store.receipts(code) == []
    assert len(backend.store.events(code)) == events


@pytest.mark.parametrize("body", [[], "x", 1, None, {"LoaiBanTin": ["CONFIRM"]}, {"MaXacThuc": {"$ne": ""}}, {}])
def test_a_malformed_payment_call_back_is_never_taken(api: Caller, body: Any) -> None:
    answer = api.post("/callbacks/payment", json=body)
    assert answer.status_code == 422 or answer.json()["MaLoi"] not in ("00", "01")


def test_a_fault_of_ours_tells_the_caller_nothing_of_the_inside(
    api: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(wanted: object) -> None:
        raise RuntimeError("secret detail at /srv/motcua/engine.py")

    monkeypatch.setattr(backend.store, "dossiers", fail)
    answer = api.get("/api/v1/dossiers")
    assert is_problem(answer, 500)
    assert "secret detail" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_documentation_page_loads_nothing_from_elsewhere(api: Caller) -> None:
    page = api.get("/api/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_rule_of_law_that_forbids_an_act_keeps_the_status_of_the_protocol(
    api: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from motcua.engine.acts import ActOutOfOrder

    def refuse(code: str) -> None:
        raise ActOutOfOrder("The act cannot follow.", act="receive", status="received")

    monkeypatch.setattr(backend.store, "dossier", refuse)
    assert is_problem(api.get("/api/v1/dossiers/H05.21-260302-0001"), 409)


async def _raw(backend: EdgeBackend, headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """A request as a server hands it on, for headers that no client library would send."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/dossiers",
        "raw_path": b"/api/v1/dossiers",
        "query_string": b"",
        "headers": headers,
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await create_api(backend)(scope, receive, send)
    return said[0]["status"], said[1]["body"]


_SHARED = create_api(edge_backend())
