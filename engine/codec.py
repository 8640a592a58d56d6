"""Process values to plain JSON shapes and back, without loss, whatever the keys and texts are.

    None, bool, int, str     as they are
    Decimal                  {"$decimal": "1.50"}
    date                     {"$date": "2026-02-13"}
    datetime                 {"$instant": "2026-02-13T08:30:00+00:00"}   aware only, kept in UTC
    list                     a list
    dict                     an object; if one of its keys begins with "$": {"$map": [[key, value], ...]},
                             sorted by key, since databases keep no order of keys and digests must not depend on it

What cannot be held (a float, a naive datetime, a key that is no text, too deep, too long) is refused at the edge with the
path of the field, so that a saved dossier always loads again.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from motcua.engine.values import Value
from motcua.errors import InvalidInput

MAX_DEPTH = 32
MAX_TEXT = 1_000_000
MAX_INTEGER_BITS = 512
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


class ValueRefused(InvalidInput):
    """A value that a dossier cannot hold; `path` names the field."""


def _refuse(path: str, why: str) -> ValueRefused:
    return ValueRefused(f'The field "{path or "value"}" cannot be kept: {why}.', path=path)


def encode(value: Value, path: str = "", depth: int = 0) -> Any:
    """The plain shape of `value`. Raises ValueRefused."""
    if depth > MAX_DEPTH:
        raise _refuse(path, f"it is nested more than {MAX_DEPTH} levels deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise _refuse(path, f"the number has more than {MAX_INTEGER_BITS} bits")
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise _refuse(path, "it is not a finite number")
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _refuse(path, "the instant has no zone; write for example 2026-02-13T15:30:00+07:00")
        return {"$instant": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, list | tuple):
        return [encode(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, dict):
        pairs = []
        for key, item in value.items():
            if not isinstance(key, str):
                raise _refuse(path, f"the key {key!r} is not a text")
            pairs.append((_text(key, path), encode(item, f"{path}.{key}" if path else key, depth + 1)))
        if any(key.startswith("$") for key, _ in pairs):
            return {"$map": [[key, item] for key, item in sorted(pairs, key=lambda pair: pair[0])]}
        return dict(pairs)
    raise _refuse(path, f"a {type(value).__name__} is not one of text, whole number, decimal, yes/no, date, instant, list and map")


def _text(text: str, path: str) -> str:
    if len(text) > MAX_TEXT:
        raise _refuse(path, f"the text is longer than {MAX_TEXT:,} characters")
    if "\x00" in text or _HALF_A_PAIR.search(text):
        raise _refuse(path, "the text holds a character that cannot be stored (U+0000 or half of a surrogate pair)")
    return text


def decode(plain: Any) -> Value:
    """The value behind a plain shape made by `encode`."""
    if isinstance(plain, list):
        return [decode(item) for item in plain]
    if isinstance(plain, dict):
        if len(plain) == 1:
            ((tag, body),) = plain.items()
            if tag == "$decimal":
                try:
                    return Decimal(body)
                except InvalidOperation as cause:
                    raise _refuse(tag, f"{body!r} is no decimal") from cause
            if tag == "$date":
                return date.fromisoformat(body)
            if tag == "$instant":
                return datetime.fromisoformat(body).astimezone(UTC)
            if tag == "$map":
                return {key: decode(item) for key, item in body}
        return {key: decode(item) for key, item in plain.items()}
    return plain  # type: ignore[no-any-return]


def canonical(value: Any) -> bytes:
    """One byte string per value: sorted keys, no spaces, UTF-8. What digests are taken over."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
