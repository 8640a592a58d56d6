"""The pages in a real browser: they load, draw, can be worked with by keyboard, and ask nothing of any other host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from motcua.engine.store import TaskFilter
from motcua.services.counterparts.running import RunningServer, serve
from motcua.services.web.build import HERE, build_assets, built, install_test_tools
from motcua.services.web.site import create_site
from tests.services.edge import BIRTH, EdgeBackend, complete_first, edge_backend, open_birth

pytestmark = [pytest.mark.browser, pytest.mark.tools]


@pytest.fixture(scope="module")
def browser(tool: Callable[[str], Path]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(tool("chromium")), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def backend() -> EdgeBackend:
    return edge_backend()


@pytest.fixture(scope="module")
def server(backend: EdgeBackend) -> Iterator[RunningServer]:
    server = serve(create_site(backend))
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser, server: RunningServer) -> Iterator[Page]:
    """An officer's browser. At the end it must have found no fault, and asked no other host for anything."""
    context = browser.new_context(base_url=server.base_url, locale="vi-VN", viewport={"width": 1200, "height": 900})
    context.add_cookies([{"name": "motcua_actor", "value": "nguyen.thi.lan", "url": server.base_url}])
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((server.base_url, "data:", "blob:")) else faults.append(request.url),
    )
    yield page
    context.close()
    assert faults == []


_REPORT = """axe.run().then(result => ({
    passed: result.passes.length,
    violated: result.violations.map(each => each.id + ": " + each.nodes.map(node => node.target).join(" ")),
}))"""


def need_bundles() -> None:
    """The bundles of static/built, which `make assets` makes; in CI their absence is a failure."""
    if not built("diagram.js"):
        if os.environ.get("MOTCUA_REQUIRE_TOOLS") != "1":
            pytest.skip("The bundles are not built; run `make assets`.")
        build_assets()


def axe_source() -> str:
    """axe-core, installed for development only; it is never served."""
    path = HERE / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        if os.environ.get("MOTCUA_REQUIRE_TOOLS") != "1":
            pytest.skip("axe-core is not installed; run `python -m motcua.services.web.build --test-tools`.")
        install_test_tools()
    return path.read_text(encoding="utf-8")


def test_an_officer_completes_a_task_through_the_form(page: Page, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    page.goto("/work")
    page.locator("tr", has_text=code).get_by_role("link", name="Kiểm tra thành phần hồ sơ").click()
    page.get_by_label("Đủ, hợp lệ: tiếp nhận").check()
    page.get_by_role("button", name="Hoàn thành").click()
    page.wait_for_url(f"**/dossiers/{code}*")
    assert page.get_by_role("status").inner_text() == "Đã hoàn thành việc “Kiểm tra thành phần hồ sơ”."
    assert backend.store.dossier(code).status == "received"


def test_the_form_can_be_completed_by_keyboard_alone(page: Page, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    task = backend.store.open_tasks(TaskFilter(dossier_code=code))[0]
    page.goto(f"/work/{task.id}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop leads past the navigation"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dossiers/{code}*")
    assert backend.store.dossier(code).status == "received"


def test_the_diagram_marks_where_the_dossier_stands(page: Page, backend: EdgeBackend) -> None:
    need_bundles()
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    page.goto(f"/dossiers/{code}")
    page.wait_for_selector("[data-drawn=yes]")
    assert page.locator(".djs-element.is-current").get_attribute("data-element-id") == "appraise"
    assert page.locator(".djs-element.is-done[data-element-id=receive_and_check]").count() == 1
    assert page.locator(".bjs-powered-by").is_visible(), "bpmn.io's watermark stays visible, as its licence asks"


def test_the_citizen_sees_status_by_code_and_content_by_digits(page: Page, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    page.goto("/track")
    page.get_by_label("Mã hồ sơ").fill(code.lower())
    page.get_by_role("button", name="Tra cứu").click()
    page.wait_for_url(f"**/track/{code}")
    assert page.get_by_text("Mới nộp").is_visible()
    page.get_by_label("Bốn số cuối").fill("5678")
    page.get_by_role("button", name="Xem nội dung").click()
    page.get_by_text("Nguyễn Thị Hồng Ánh").wait_for()


def test_markup_in_a_name_runs_nothing(page: Page, backend: EdgeBackend) -> None:
    code = open_birth(
        backend, applicant={"name": "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"}
    )
    page.goto(f"/dossiers/{code}")
    assert page.title().startswith("Hồ sơ")


def test_the_page_of_the_api_is_drawn_from_our_own_bundle(page: Page) -> None:
    need_bundles()
    page.goto("/api/docs")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() >= 20


def test_no_page_scrolls_sideways_on_a_phone(page: Page, backend: EdgeBackend) -> None:
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/work", f"/dossiers/{code}", f"/track/{code}", "/procedures", f"/procedures/{BIRTH}"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_axe_finds_nothing_to_object_to(page: Page, backend: EdgeBackend) -> None:
    axe = axe_source()
    code = open_birth(backend)
    complete_first(backend, code, completeness="accept")
    complete_first(backend, code, decision="supplement", missing="Giấy chứng sinh")
    task = backend.store.open_tasks(TaskFilter(dossier_code=open_birth(backend)))[0]
    for path in (
        "/",
        "/work",
        f"/work/{task.id}",
        f"/dossiers/{code}",
        "/track",
        f"/track/{code}",
        "/procedures",
        f"/procedures/{BIRTH}",
        "/sign-in",
    ):
        page.goto(path)
        if built("diagram.js") and page.locator("[data-diagram]").count():
            page.wait_for_selector("[data-drawn=yes]")
        page.evaluate(axe)
        report = page.evaluate(_REPORT)
        assert report["passed"] > 10, "axe looked at the page"
        assert report["violated"] == [], path
