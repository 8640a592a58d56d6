"""The fee of a procedure as the published national list states it, and how far it can be used.

An amount is used only where it is one amount in đồng that nothing beside it restricts or contradicts. An amount that the list
itself flags as a thousand times too small counts only if the words beside it repeat it. A reduced rate for a stated time gives
dated values.
Everything else is unknown or in conflict, and what was stated is kept as a hint, so that a person can decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from motcua.procedures_catalog.national_limits import CUT

_FREE: Final = frozenset({"Miễn phí", "Không", "Phí : 0 Đồng", "Lệ phí : 0 Đồng", "Phí : Không Đồng", "Phí : không Đồng"})
_NOTHING: Final = frozenset({"", "Không có thông tin", "Không quy định", "Phí : Đồng", "Lệ phí : Đồng"})
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})*) VNĐ(?:\((.*)\))?", re.DOTALL)
_IN_WORDS = re.compile(r"(\d{1,3}(?:\.\d{3})+) ?(?:đồng|đ\b|vnđ)", re.IGNORECASE)
_REDUCED = re.compile(
    r"\(?áp dụng mức phí ([\d.]+) ?đồng/hồ sơ kể từ ngày (\d{1,2})/(\d{1,2})/(\d{4}) đến hết ngày (\d{1,2})/(\d{1,2})/(\d{4}) "
    r"theo Thông tư số ([\w/-]+)\)?"
)
_RESTRICTED = re.compile(r"miễn|riêng|trừ |trường hợp|áp dụng|từ ngày|\d%|đối với|chưa bao gồm", re.IGNORECASE)
_OTHER_WORDS = re.compile(r"(?:miễn|không thu|không mất)(?: thu)?(?: phí,?)?(?: lệ phí)?|(?:chi|kinh|học) phí", re.IGNORECASE)
_CURRENCY = re.compile(r"Việt Nam Đồng(\(.*\))?", re.DOTALL)
_SMALLEST: Final = 1_000
"""Below this many đồng an amount is a slip of the source: no fee of the administration is smaller."""


@dataclass(frozen=True, slots=True)
class StatedFee:
    """The fee of a row of the register, and what was stated and is not used."""

    fee: dict[str, Any]
    hints: tuple[str, ...] = ()


def stated_fee(fee_text: str, flagged: bool, note: str) -> StatedFee:
    """Read the columns fee_text, fee_flag (fee_suspect_thousands) and time_note of a full row."""
    parts = tuple(dict.fromkeys(" ".join(part.split()) for part in fee_text.split(" | ")))
    free = [part for part in parts if part in _FREE]
    silent = [part for part in parts if part in _NOTHING]
    priced = [part for part in parts if part not in _FREE and part not in _NOTHING]
    stated = f"national entry, {' | '.join(parts)}"
    if len(silent) == len(parts):
        return _unknown("the national entry gives no information; the desk enters the amount", "national entry")
    if not priced and not silent:
        return _of_free(stated, note)
    if not priced:
        return _unknown("the entry states no fee for some channels and nothing for others; the desk enters the amount", stated)
    if free:
        rule = "the entry says both that it is free and that it costs something; the desk enters the amount"
        return StatedFee(_fee("conflict", (), rule, "national entry"), (f"fee: {' | '.join(parts)}",))
    amounts = _amounts(_with_currency(parts, note), flagged)
    if amounts:
        return StatedFee(_fee("dated", amounts, "", stated))
    return StatedFee(
        _fee("unknown", (), f"{_why(parts, flagged)}; the desk enters the amount", "national entry"), (f"fee: {' | '.join(parts)}",)
    )


def _of_free(stated: str, note: str) -> StatedFee:
    left = _OTHER_WORDS.sub("", note.casefold())
    if "hội đồng nhân dân" in left and ("phí" in left or "mức" in left):
        return StatedFee(
            _fee("unknown", (), "set by the provincial People's Council; the desk enters the amount", stated),
            (f"note on fees: {note}",),
        )
    if re.search(r"\bphí\b|mức thu|\d ?(?:đồng|đ\b|usd)", left):
        rule = "the amount says that it is free, while the note speaks of a fee; the desk enters the amount"
        return StatedFee(_fee("conflict", (), rule, stated), (f"note on fees: {note}",))
    return StatedFee(_fee("free", (), "", stated))


def _with_currency(parts: tuple[str, ...], note: str) -> tuple[str, ...]:
    """A bare amount with the currency that the note begins with, and the words after it."""
    match = _CURRENCY.fullmatch(note)
    if len(parts) != 1 or not re.fullmatch(r"[\d,]+", parts[0]) or match is None or CUT in note or " | " in note:
        return parts
    return (f"{parts[0]} VNĐ{match[1] or ''}",)


def _amounts(parts: tuple[str, ...], flagged: bool) -> tuple[dict[str, Any], ...]:
    """The dated values, where all parts come to the same ones."""
    read = {_one_amount(part, flagged) for part in parts}
    if len(read) != 1:
        return ()
    (values,) = read
    keys = ("amount_vnd", "valid_from", "valid_until", "source")
    return tuple(dict(zip(keys, value, strict=True)) for value in values)


Value = tuple[int, str | None, str | None, str]


def _one_amount(part: str, flagged: bool) -> tuple[Value, ...]:
    match = _AMOUNT.fullmatch(part)
    if match is None or CUT in part:
        return ()
    amount, words = int(match[1].replace(",", "")), match[2] or ""
    reduced = _REDUCED.fullmatch(words)
    if reduced:
        return _with_reduction(amount, reduced)
    repeated = {int(each.replace(".", "")) for each in _IN_WORDS.findall(words)}
    if amount < _SMALLEST or (flagged and repeated != {amount}) or repeated - {amount} or _RESTRICTED.search(words):
        return ()
    return ((amount, None, None, f"national entry, {part}"),)


def _with_reduction(amount: int, reduced: re.Match[str]) -> tuple[Value, ...]:
    lower = int(reduced[1].replace(".", ""))
    first = date(int(reduced[4]), int(reduced[3]), int(reduced[2]))
    last = date(int(reduced[7]), int(reduced[6]), int(reduced[5]))
    rate: Value = (lower, first.isoformat(), last.isoformat(), f"circular {reduced[8]}, quoted in the national entry")
    if amount < _SMALLEST or amount < lower:
        return (rate,)  # the usual amount is a slip of the source: known is only the reduced one
    before: Value = (amount, None, (first - timedelta(days=1)).isoformat(), "national entry")
    after: Value = (amount, (last + timedelta(days=1)).isoformat(), None, "national entry")
    return (before, rate, after)


def _why(parts: tuple[str, ...], flagged: bool) -> str:
    if any(CUT in part for part in parts):
        return "the entry is cut off in the source"
    if len(parts) > 1:
        return "the entry states several amounts and names no cases"
    if re.fullmatch(r"[\d,]+", parts[0]):
        return "the entry states an amount without a currency"
    if "USD" in parts[0]:
        return "the entry states an amount in US dollars"
    if flagged:
        return "the amount is flagged as a thousand times too small"
    return "the amount holds under conditions that the entry only names in words"


def _unknown(rule: str, source: str) -> StatedFee:
    return StatedFee(_fee("unknown", (), rule, source))


def _fee(state: str, amounts: tuple[dict[str, Any], ...], rule: str, source: str) -> dict[str, Any]:
    return {"state": state, "amounts": list(amounts), "rule": rule, "source": source}
