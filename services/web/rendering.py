"""How a page is made: escaped templates, a token in every form, and headers that let nothing in from elsewhere."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from motcua import __version__
from motcua.engine.explanations import limit_in_vietnamese
from motcua.procedures_catalog.roles import ROLES
from motcua.procedures_catalog.time_limit import TimeLimit
from motcua.services.web import words
from motcua.services.web.build import built

TOKEN_COOKIE = "motcua_form"
# bpmn-js places its overlays with style attributes; no style sheet and no script comes from a page's text.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _limit_words(text: str) -> str:
    return limit_in_vietnamese(TimeLimit.parse(text))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("motcua.services.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        instant=words.instant, day=words.day, plain=words.plain_value, vnd=words.vnd, limit_words=_limit_words
    )
    environment.globals.update(words=words, roles=ROLES, release=__version__, built=built)
    return environment


_templates = _environment()


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render `templates/<template>`. Every page may hold forms, so every page carries their token."""
    token = request.cookies.get(TOKEN_COOKIE) or ""
    fresh = len(token) < 32
    token = secrets.token_urlsafe(32) if fresh else token
    content = _templates.get_template(template).render(
        path=request.url.path, actor=getattr(request.state, "actor", None), form_token=token, **context
    )
    response = HTMLResponse(content, status, headers={"Content-Security-Policy": POLICY, "Content-Language": "vi"})
    if fresh:
        set_cookie(request, response, TOKEN_COOKIE, token)
    return response


def set_cookie(request: Request, response: Any, name: str, value: str) -> None:
    """A cookie of this session that scripts cannot read and other sites cannot send."""
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/")


def query_of(**parameters: str | None) -> Mapping[str, str]:
    """The parameters that are set."""
    return {name: value for name, value in parameters.items() if value}
