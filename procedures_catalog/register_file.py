r"""The register's own files: one for each field (lĩnh vực), one fact on a line, so that people can read, search and compare them.

    - code: "1.000627"
      name: "Đăng ký hoạt động của Trung tâm tư vấn pháp luật"
      tiers: ["province"]
      limits:
        - {"name": "", "text": "5 working days", "channels": [], "source": "national entry, 5 Ngày làm việc"}

It is YAML whose values are JSON. Any YAML reader takes it; this one needs no YAML reader, which would take a minute for what is
read here in a fraction of a second, and it knows the line of every fact, so that a mistake is named with its place. A code is
always between quotation marks: without them 1.002740 would be a number and lose its zero.

A record holds from `in_force_from` to `in_force_until`, both included. Two records of one code follow each other in time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from motcua.errors import InvalidInput

VALIDITY: Final[Mapping[str, str | None]] = {
    "in_force_from": "2025-07-01",
    "in_force_until": None,
    "validity_source": "assumed; from this day provinces and communes are the only tiers",
}
"""When a record is in force that does not say so itself."""

DEFAULTS: Final[Mapping[str, Any]] = {
    "tier_note": "",
    "agencies": [],
    "authority_kinds": [],
    "limits": [],
    "limit_note": "",
    "cut_off": None,
    "counting_policy": "next_day",
    "supplement_policy": "resume",
    "hints": [],
    "result": "",
    "papers_count": None,
    "steps_count": None,
    "online_level": "",
    "channels": [],
    "subjects": [],
    "issuer": "",
    "desk": "",
    "legal_basis": [],
    **VALIDITY,
}
"""What a fact is when its line is left out."""

KEYS: Final = (
    "code", "name", "maturity", "unknown", "field", "field_name", "tiers", "tier_note", "agencies", "authority_kinds", "desk",
    "limit_state", "limits", "limit_note", "cut_off", "counting_policy", "supplement_policy", "fee", "result", "papers_count",
    "steps_count", "online_level", "channels", "subjects", "issuer", "legal_basis", "hints", "in_force_from", "in_force_until",
    "validity_source", "source",
)  # fmt: skip
"""Every key of a record, in the order in which they are written."""

_LINED_UP: Final = ("limits", "hints")
"""Lists whose items have a line each."""

_RECORD = re.compile(r'^- code: *"([^"\n]*)" *$', re.MULTILINE)
_FACT = re.compile(r"(?:- |  )([a-z_]+):(?: (.*))?")


class RegisterFileUnreadable(InvalidInput):
    """A line of a file of the register cannot be read."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that cannot be read. key: the fact's name, or empty.   example: what would do."""

    line: int
    key: str
    problem: str
    example: str


@dataclass(frozen=True, slots=True)
class Record:
    """The facts of one procedure for a time, by their keys, and the line of each. Nothing is filled in."""

    file: str
    line: int
    facts: Mapping[str, Any]
    lines: Mapping[str, int]

    @property
    def code(self) -> str:
        return str(self.facts["code"])

    def fact(self, key: str) -> Any:
        """The fact as it stands, or what it is when its line is left out. Raises KeyError where it may not be left out."""
        return self.facts[key] if key in self.facts else DEFAULTS[key]


def record_places(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Code, start, end and first line of each record in a file's text, without reading the facts."""
    found = list(_RECORD.finditer(text))
    line, counted = 1, 0
    for match, end in zip(found, [*(each.start() for each in found[1:]), len(text)], strict=False):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        yield match[1], match.start(), end, line


def read_records(text: str, file: str, first_line: int = 1) -> tuple[Record, ...]:
    """Every record of a file's text. Raises RegisterFileUnreadable for the first line that cannot be read."""
    records, mistakes = read_leniently(text, file, first_line)
    if mistakes:
        first = mistakes[0]
        raise RegisterFileUnreadable(
            f"{file}, line {first.line}: {first.problem}. For example: {first.example}", file=file, line=first.line, key=first.key
        )
    return records


def read_leniently(text: str, file: str, first_line: int = 1) -> tuple[tuple[Record, ...], tuple[Mistake, ...]]:
    """The records as far as they can be read, and every line that cannot."""
    records: list[Record] = []
    mistakes: list[Mistake] = []
    facts: dict[str, Any] = {}
    lines: dict[str, int] = {}
    items: list[Any] | None = None
    for number, line in enumerate(text.split("\n"), start=first_line):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("    - ") and items is not None:
            _take(line[6:], number, next(reversed(lines)), items.append, mistakes)
            continue
        match = _FACT.fullmatch(line)
        if match is None:
            mistakes.append(
                Mistake(number, "", f"this is no fact of the register: {line.strip()[:60]}", 'name: "Đăng ký khai sinh"')
            )
            continue
        key, value = match[1], match[2]
        if line.startswith("- "):
            if key != "code":
                mistakes.append(Mistake(number, key, "a procedure begins with its code", '- code: "1.001193"'))
                continue
            facts, lines = {}, {}
            records.append(Record(file, number, facts, lines))
        elif not records:
            mistakes.append(Mistake(number, key, "a fact stands before the first procedure", '- code: "1.001193"'))
            continue
        if key in facts:
            mistakes.append(Mistake(number, key, f"{key} stands twice in one record", "one line for each fact"))
        lines[key] = number
        items = None
        if value is None:
            facts[key] = items = []
        else:
            _take(value, number, key, lambda read, key=key, facts=facts: facts.__setitem__(key, read), mistakes)
    return tuple(records), tuple(mistakes)


def _take(value: str, number: int, key: str, put: Any, mistakes: list[Mistake]) -> None:
    try:
        put(json.loads(value))
    except ValueError:
        mistakes.append(
            Mistake(number, key, f"the value of {key} is no JSON: {value[:60]}", f'{key}: "text between quotation marks"')
        )


def write_records(records: Iterable[Mapping[str, Any]], heading: str) -> str:
    """The text of a file: the facts in their order, those with their usual values left out. Same facts, same text."""
    lines = [f"# {heading}"]
    for facts in records:
        for key in KEYS:
            if key not in facts or (key in DEFAULTS and facts[key] == DEFAULTS[key]):
                continue
            start = "- " if key == "code" else "  "
            if key in _LINED_UP:
                lines.append(f"{start}{key}:")
                lines += [f"    - {_plain(item)}" for item in facts[key]]
            else:
                lines.append(f"{start}{key}: {_plain(facts[key])}")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
