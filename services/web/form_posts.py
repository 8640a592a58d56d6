"""What a form of ours sent: read strictly, and only when it came from a page of ours.

Three locks against a form that another site sends in an officer's name: the cookies are same-site, the token in the form must
equal the token in the cookie, and a browser that says the request came from elsewhere is believed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from motcua.errors import InvalidInput, Refused
from motcua.services.web.rendering import TOKEN_COOKIE

TOKEN_FIELD = "form_token"
# Entries of a task's form travel under a prefix, so that no field of a model can pass for one of the page's own.
PREFIX = "entry:"


class FormNotOurs(Refused):
    """The form was not sent from a page of this server, or its page is too old."""

    http_status = 403


class FormUnreadable(InvalidInput):
    """The body is no form."""


async def posted(request: Request) -> Mapping[str, str]:
    """The fields of a form, each once. Raises FormNotOurs or FormUnreadable."""
    try:
        pairs = parse_qsl(
            (await request.body()).decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=400
        )
    except ValueError as cause:
        raise FormUnreadable("Không đọc được biểu mẫu. Hãy tải lại trang và gửi lại.") from cause
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise FormUnreadable("Biểu mẫu có một mục bị lặp lại. Hãy tải lại trang và gửi lại.")
    token, given = request.cookies.get(TOKEN_COOKIE) or "", fields.pop(TOKEN_FIELD, "")
    from_elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if from_elsewhere or len(token) < 32 or not hmac.compare_digest(token.encode(), given.encode()):
        raise FormNotOurs("Biểu mẫu không được gửi từ trang này, hoặc trang đã cũ. Hãy tải lại trang và gửi lại.")
    return fields


Posted = Annotated[Mapping[str, str], Depends(posted)]


def entries_of(fields: Mapping[str, str], form: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was entered, as the engine's forms read it: a yes-no field becomes a boolean, an empty one None, the rest is text.

    Fields that the form does not declare stay in, so that the engine refuses them by name.
    """
    kinds = {str(field["name"]): field["type"] for field in form}
    return {
        name.removeprefix(PREFIX): _value(text, kinds.get(name.removeprefix(PREFIX)))
        for name, text in fields.items()
        if name.startswith(PREFIX)
    }


def _value(text: str, kind: str | None) -> Any:
    if text.strip() == "":
        return None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text.replace("\r\n", "\n")
