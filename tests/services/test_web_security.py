"""What an attacker tries on the pages: script in names, forms from elsewhere, names of others, ways out of the site."""

from __future__ import annotations

import re
from typing import Any

import pytest

from motcua.engine.store import TaskFilter
from motcua.services.web.site import create_site
from tests.services.edge import OFFICER, Caller, EdgeBackend, complete_first, edge_backend, open_birth, token_in

NASTY = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'"


@pytest.fixture
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture
def officer(backend: EdgeBackend) -> Caller:
    return Caller(create_site(backend), OFFICER)


@pytest.fixture
def anyone(backend: EdgeBackend) -> Caller:
    return Caller(create_site(backend))


def test_markup_in_an_application_is_shown_as_text_everywhere(officer: Caller, backend: EdgeBackend) -> None:
    entries = {"child_name": NASTY, "child_born_on": "2026-02-20", "child_sex": "male", "birth_place": NASTY}
    code = open_birth(backend, applicant={"name": NASTY, "phone": "0912345678", "address": NASTY}, entries=entries)
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    pages = [officer.get(path).text for path in (f"/dossiers/{code}", f"/work/{task.id}", "/work")]
    complete_first(backend, code, completeness="accept")
    complete_first(backend, code, decision="refuse", refusal_reason=NASTY)
    pages.append(officer.get(f"/dossiers/{code}").text)
    token = token_in(officer.get(f"/track/{code}").text)
    pages.append(officer.post(f"/track/{code}", data={"form_token": token, "last_digits": "5678"}).text)
    assert sum("&lt;script&gt;alert(1)" in html for html in pages) >= 4, "the name was shown"
    for html in pages:
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "49" not in re.findall(r"alert\(1\)&gt;(\S{0,9})", html), "no template runs in data"


@pytest.mark.parametrize(
    "path", ["/procedures?search=", "/track?code=", "/work?assignee=", "/work?role=", "/sign-in?next=", "/dossiers/"]
)
def test_markup_in_an_address_is_shown_as_text_or_not_at_all(officer: Caller, path: str) -> None:
    html = officer.get(path + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in html


def test_no_page_allows_script_from_its_own_text_or_from_elsewhere(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    for path in ("/", "/work", f"/dossiers/{code}", "/procedures", f"/track/{code}", "/nothing"):
        answer = officer.get(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", "")
        assert "form-action 'self'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store", "an officer's page stays in no cache"
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text), "no inline script"
        assert not re.search(r'\son\w+="', answer.text), "no inline handler"
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text), "nothing from another host"


@pytest.mark.parametrize("given", ["", "guessed" * 8, None])
def test_a_form_without_the_pages_token_does_nothing(officer: Caller, backend: EdgeBackend, given: str | None) -> None:
    code = open_birth(backend)
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    officer.get(f"/work/{task.id}")
    fields = {"entry:completeness": "accept"} if given is None else {"form_token": given, "entry:completeness": "accept"}
    answer = officer.post(f"/work/{task.id}", data=fields)
    assert answer.status_code == 403
    assert backend.store.dossier(code).status == "filed"


def test_a_token_without_its_cookie_does_nothing(officer: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    token = token_in(officer.get(f"/work/{task.id}").text)
    officer.cookies.clear()
    assert officer.post(f"/work/{task.id}", data={"form_token": token, "entry:completeness": "accept"}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_the_form_came_from_elsewhere_is_believed(officer: Caller, backend: EdgeBackend, site: str) -> None:
    code = open_birth(backend)
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    fields = {"form_token": token_in(officer.get(f"/work/{task.id}").text), "entry:completeness": "accept"}
    assert officer.post(f"/work/{task.id}", data=fields, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert backend.store.dossier(code).status == "filed"


def test_cookies_are_kept_from_scripts_and_other_sites(anyone: Caller) -> None:
    cookie = anyone.get("/track").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


@pytest.mark.parametrize(
    "path", ["/work", "/work?role=officer", "/dossiers/H05.21-260302-0001", "/dossiers/H05.21-260302-0001/documents/x"]
)
def test_officers_pages_ask_who_is_looking(anyone: Caller, backend: EdgeBackend, path: str) -> None:
    open_birth(backend)
    answer = anyone.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/")


def test_a_name_that_is_entered_counts_only_on_ones_own_machine(anyone: Caller) -> None:
    token = token_in(anyone.get("/sign-in").text)
    fields = {"form_token": token, "actor": "nguyen.lan", "next": "/work"}
    assert anyone.post("/sign-in", data=fields).headers["location"] == "/work"
    assert anyone.get("/work").status_code == 200
    for through in ({"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"Host": "motcua.bacninh.gov.vn"}):
        assert anyone.get("/work", headers=through).status_code == 303, "behind a gateway the cookie is not believed"
        assert anyone.post("/sign-in", data=fields, headers=through).status_code == 403


def test_the_gateways_name_wins_over_an_entered_one(anyone: Caller) -> None:
    token = token_in(anyone.get("/sign-in").text)
    anyone.post("/sign-in", data={"form_token": token, "actor": "nguyen.lan", "next": "/work"})
    assert "officer.minh" in anyone.get("/work", headers={"X-Actor": "officer.minh"}).text


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", "evil"]
)
def test_signing_in_leads_to_no_other_site(anyone: Caller, wanted: str) -> None:
    token = token_in(anyone.get("/sign-in").text)
    answer = anyone.post("/sign-in", data={"form_token": token, "actor": "nguyen.lan", "next": wanted})
    assert answer.headers["location"] == "/work"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/static/..%2f..%2fsite.py", 404),
        ("/static/built/..%2f..%2f..%2fsite.py", 404),
        ("/dossiers/..%2f..%2fetc%2fpasswd", 404),
        ("/dossiers/H05.21-260302-0001/model/..%2fmain", 404),
        ("/dossiers/H05.21-260302-0001/model/no_such_part", 404),
        ("/procedures/..%2fmodels", 404),
        ("/track/%3Cscript%3E", 422),
    ],
)
def test_no_address_leads_out_of_its_folder(officer: Caller, backend: EdgeBackend, path: str, status: int) -> None:
    open_birth(backend)
    answer = officer.get(path)
    assert answer.status_code == status
    assert "create_site" not in answer.text


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"last_digits": "5678"}', "application/json", 415),
        (b"last_digits=5678&form_token=a&form_token=b", "application/x-www-form-urlencoded", 422),
        (b"&".join(b"a%d=1" % n for n in range(1000)), "application/x-www-form-urlencoded", 422),
        (b"a=\xff\xfe", "application/x-www-form-urlencoded", 422),
        (b"a=%ff", "application/x-www-form-urlencoded", 422),
        (b"x" * (2 * 1024 * 1024), "application/x-www-form-urlencoded", 413),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(
    anyone: Caller, backend: EdgeBackend, content: bytes, media_type: str, status: int
) -> None:
    code = open_birth(backend)
    assert anyone.post(f"/track/{code}", content=content, headers={"Content-Type": media_type}).status_code == status


def test_guesses_at_the_page_and_at_the_api_are_counted_together(anyone: Caller, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    token = token_in(anyone.get(f"/track/{code}").text)

    def guess_on_the_page() -> Any:
        return anyone.post(f"/track/{code}", data={"form_token": token, "last_digits": "0000"}).status_code

    def guess_at_the_api() -> Any:
        return anyone.post(f"/api/v1/tracking/{code}", json={"last_digits": "0000"}).status_code

    assert [guess_on_the_page() for _ in range(3)] + [guess_at_the_api() for _ in range(2)] == [403] * 5
    assert (guess_on_the_page(), guess_at_the_api()) == (429, 429)


def test_a_fault_of_ours_is_a_page_that_tells_nothing_of_the_inside(
    officer: Caller, backend: EdgeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(wanted: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(backend.store, "open_tasks", fail)
    answer = officer.get("/work")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Có lỗi ở phía chúng tôi" in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
