"""What is wrong with a record of the register: every fact that cannot be, with its line, its key, and one that would do.

Reading refuses at the first mistake; here all are named at once, because whoever mends a table wants the whole list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Any, Final

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority_kinds import kinds
from motcua.procedures_catalog.maturity import MATURITIES, maturity_of, unknown_figures
from motcua.procedures_catalog.procedure import FeeState, LimitState
from motcua.procedures_catalog.register_export import CODE, TEXT_KEYS
from motcua.procedures_catalog.register_file import DEFAULTS, KEYS, Mistake, Record
from motcua.procedures_catalog.tiers import TIERS
from motcua.procedures_catalog.time_limit import TimeLimit

CHANNELS: Final = ("direct", "online", "post")
_NEEDED: Final = ("name", "field", "field_name", "tiers", "limit_state", "fee", "source")
_LISTS: Final = ("tiers", "agencies", "authority_kinds", "channels", "subjects", "legal_basis", "limits", "hints", "unknown")
_COUNTS: Final = ("papers_count", "steps_count")

Found = Iterator[tuple[str, str, str]]
"""Key, what is wrong, and an example of what would do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the data. line: 0 where a whole file is meant.   example: what would do."""

    file: str
    line: int
    key: str
    problem: str
    example: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.problem}. For example: {self.example}"


def problems_of(record: Record) -> tuple[Problem, ...]:
    """Everything that is wrong with one record, in the order of its lines."""
    found = [_problem(record, *each) for check in _CHECKS for each in check(record.facts)]
    return tuple(sorted(found, key=lambda each: each.line))


def as_problem(file: str, mistake: Mistake) -> Problem:
    return Problem(file, mistake.line, mistake.key, mistake.problem, mistake.example)


def overlaps(records: Iterable[Record]) -> tuple[Problem, ...]:
    """Records of one code that are in force on one day."""
    by_code: dict[str, list[Record]] = {}
    for record in records:
        by_code.setdefault(str(record.facts.get("code")), []).append(record)
    found: list[Problem] = []
    for code, several in by_code.items():
        several.sort(key=lambda record: (_from(record), record.file, record.line))
        for earlier, later in pairwise(several):
            until = earlier.fact("in_force_until")
            if until is None or str(until) >= _from(later):
                where = f"{earlier.file}:{earlier.line}"
                problem = f"{code} stands in {where} too, and both are in force on {_from(later)}"
                found.append(
                    Problem(later.file, later.line, "code", problem, "end the earlier one: in_force_until, or take one out")
                )
    return tuple(found)


def _from(record: Record) -> str:
    return str(record.fact("in_force_from"))


def _problem(record: Record, key: str, problem: str, example: str) -> Problem:
    code = record.facts.get("code")
    return Problem(record.file, record.lines.get(key, record.line), key, f"{code}: {problem}", example)


def _keys(facts: Mapping[str, Any]) -> Found:
    code = facts.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        yield "code", f"{code!r} is no national code", 'code: "1.002740", between quotation marks'
    for key in facts:
        if key not in KEYS:
            yield key, f"the register knows no fact {key!r}", f"one of {', '.join(KEYS)}"
    for key in _NEEDED:
        if key not in facts:
            yield key, f"the fact {key} is missing", f'{key}: "…"'
    for key in TEXT_KEYS & set(facts):
        if not isinstance(facts[key], str):
            yield key, f"{facts[key]!r} should be text", f'{key}: "{facts[key]}"'
    for key in ("name", "source", "field"):
        if facts.get(key) == "":
            yield key, f"{key} is empty", '"national entry", or where it was read' if key == "source" else '"Đăng ký khai sinh"'


def _lists(facts: Mapping[str, Any]) -> Found:
    allowed = {"tiers": tuple(TIERS), "authority_kinds": tuple(sorted(kinds())), "channels": CHANNELS}
    for key in _LISTS:
        values = facts.get(key, [])
        if not isinstance(values, list):
            yield key, f"{values!r} should be a list", f'{key}: ["…"]'
            continue
        for value in values if key in allowed else ():
            if value not in allowed[key]:
                noun = {"tiers": "tier", "authority_kinds": "kind of authority", "channels": "channel"}[key]
                yield key, f"{value!r} is no {noun}", f'{key}: ["{allowed[key][0]}"]; one of {", ".join(allowed[key])}'
    for key in _COUNTS:
        count = facts.get(key)
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
            yield key, f"{count!r} is no number of things", f"{key}: 3; leave the line out where it is not known"


def _limits(facts: Mapping[str, Any]) -> Found:
    state, limits = facts.get("limit_state"), facts.get("limits", [])
    if state is not None and state not in tuple(LimitState):
        yield "limit_state", f"{state!r} is no state of a limit", f'"known"; one of {", ".join(LimitState)}'
    if not isinstance(limits, list):
        return
    for limit in limits:
        if not isinstance(limit, dict) or set(limit) != {"name", "text", "channels", "source"}:
            yield "limits", f"{limit!r} is no limit", '{"name": "", "text": "15 working days", "channels": [], "source": "…"}'
            continue
        try:
            TimeLimit.parse(str(limit["text"]))
        except InvalidInput:
            yield "limits", f'"{limit["text"]}" is no time limit', '"15 working days", "20 calendar days", "8 hours", "same day"'
        if not limit["source"]:
            yield "limits", f'the limit "{limit["text"]}" has no source', '"source": "national entry, 15 Ngày làm việc"'
        for channel in limit["channels"] if isinstance(limit["channels"], list) else [limit["channels"]]:
            if channel not in CHANNELS:
                yield "limits", f"{channel!r} is no channel", f"one of {', '.join(CHANNELS)}"
    names = [str(limit.get("name")) for limit in limits if isinstance(limit, dict)]
    fits = {
        "known": len(limits) == 1,
        "sector_rule": len(limits) == 1,
        "differs_by_case": len(limits) > 1 and len(set(names)) == len(names) and "" not in names,
        "conflict": len(limits) > 1,
        "placeholder": not limits,
        "unknown": not limits,
    }
    if not fits.get(str(state), True):
        example = "one limit is known, several with names differ by case, several without are in conflict, none is unknown"
        yield "limit_state", f'it is "{state}" with {len(limits)} stated limits', example
    if state not in ("known", None) and not facts.get("limit_note"):
        yield "limit_note", f'nothing says why the limit is "{state}"', 'limit_note: "the entry names no cases"'


def _fees(facts: Mapping[str, Any]) -> Found:
    fee = facts.get("fee")
    if fee is None:
        return
    if not isinstance(fee, dict) or set(fee) != {"state", "amounts", "rule", "source"}:
        yield "fee", f"{fee!r} is no fee", '{"state": "free", "amounts": [], "rule": "", "source": "national entry, Miễn phí"}'
        return
    if fee["state"] not in tuple(FeeState):
        yield "fee", f"{fee['state']!r} is no state of a fee", f'"free"; one of {", ".join(FeeState)}'
    if not fee["source"]:
        yield "fee", "the fee has no source", '"source": "national entry, Miễn phí"'
    if not isinstance(fee["amounts"], list):
        yield "fee", f"{fee['amounts']!r} should be a list of amounts", '"amounts": []'
        return
    if (fee["state"] == "dated") != bool(fee["amounts"]):
        yield "fee", f'a fee that is "{fee["state"]}" has {len(fee["amounts"])} amounts', '"dated" with amounts, or another without'
    periods: list[tuple[str, str]] = []
    for amount in fee["amounts"]:
        yield from _amount(amount, periods)
    for earlier, later in pairwise(sorted(periods)):
        if earlier[1] >= later[0]:
            yield "fee", f"two amounts hold on {later[0]}", 'end the earlier one: "valid_until": "2026-12-31"'


def _amount(amount: Any, periods: list[tuple[str, str]]) -> Found:
    if not isinstance(amount, dict) or set(amount) != {"amount_vnd", "valid_from", "valid_until", "source"}:
        yield "fee", f"{amount!r} is no amount", '{"amount_vnd": 50000, "valid_from": null, "valid_until": null, "source": "…"}'
        return
    value = amount["amount_vnd"]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        yield "fee", f"{value!r} is no amount in đồng", '"amount_vnd": 50000, a whole number without quotation marks'
    if not amount["source"]:
        yield "fee", f"the amount {value!r} has no source", '"source": "circular 64/2025/TT-BTC"'
    ends = (amount["valid_from"], amount["valid_until"])
    bad = [end for end in ends if end is not None and not _is_day(end)]
    for end in bad:
        yield "fee", f"{end!r} is no day", '"valid_from": "2025-07-01"'
    if not bad:
        periods.append((ends[0] or "", ends[1] or "9999-12-31"))


def _days(facts: Mapping[str, Any]) -> Found:
    first, last = facts.get("in_force_from", DEFAULTS["in_force_from"]), facts.get("in_force_until")
    for key, value in (("in_force_from", first), ("in_force_until", last)):
        if value is not None and not _is_day(value):
            yield key, f"{value!r} is no day", f'{key}: "2025-07-01"'
    if _is_day(first) and _is_day(last) and str(last) < str(first):
        yield "in_force_until", f"it ends on {last}, before it begins on {first}", 'in_force_until: "2026-06-30"'
    cut_off = facts.get("cut_off")
    if cut_off is not None and not (isinstance(cut_off, dict) and set(cut_off) == {"at", "source"} and _is_time(cut_off["at"])):
        yield "cut_off", f"{cut_off!r} is no hour of the day with its source", 'cut_off: {"at": "15:00", "source": "…"}'


def _derived(facts: Mapping[str, Any]) -> Found:
    """What follows from other facts and stands beside them for the reader."""
    try:
        maturity, unknown = maturity_of({**DEFAULTS, **facts}), list(unknown_figures({**DEFAULTS, **facts}))
    except (KeyError, TypeError):
        return  # what lacks or is no fact is named by the other checks
    if facts.get("maturity") in MATURITIES and facts["maturity"] != maturity:
        yield "maturity", f'its facts make it "{maturity}"', f'maturity: "{maturity}"'
    if "unknown" in facts and facts["unknown"] != unknown:
        yield "unknown", f"its facts leave unknown: {', '.join(unknown) or 'nothing'}", f"unknown: {unknown}".replace("'", '"')


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value)) and len(value) == 10
    except ValueError:
        return False


def _is_time(value: object) -> bool:
    try:
        time.fromisoformat(str(value))
    except ValueError:
        return False
    return True


_CHECKS: Final[tuple[Callable[[Mapping[str, Any]], Found], ...]] = (_keys, _lists, _limits, _fees, _days, _derived)
