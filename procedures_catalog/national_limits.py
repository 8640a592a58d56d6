"""The time limit of a procedure as the published national list states it, and how far it can be used.

The list gives a limit for each channel ("Trực tuyến=15 Ngày làm việc; Trực tiếp=20 Ngày làm việc") and a note in words. What holds:

- one limit on every channel is known, unless the note states the same number in another unit: then the two are in conflict;
- limits that differ are unnamed cases; the same number in two units is a conflict;
- a lone number without a unit is a placeholder, and no information is unknown, unless the note is one sentence with one limit;
- a limit beside a placeholder, half a day, and words are unknown, and shown as a hint.

Nothing is rounded, completed or taken from elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from motcua.procedures_catalog.time_limit import TimeLimit, TimeLimitUnreadable

CHANNELS: Final = {"Trực tiếp": "direct", "Trực tuyến": "online", "Dịch vụ bưu chính": "post"}
ORDER: Final = ("direct", "online", "post")
CUT: Final = "…"
"""What the list puts where it cut a text off."""

_UNITS: Final = {"ngày làm việc": "working days", "ngày": "calendar days", "giờ": "hours", "tháng": "months"}
_STATED = re.compile(r"(\d+) (ngày làm việc|ngày|giờ|tháng)", re.IGNORECASE)
_LONE = re.compile(r"\d+(?: \(đơn vị không ghi\))?")
_NOTHING: Final = ("", "Không có thông tin", "Không quy định", "Không")
_FIGURE = re.compile(r"(\d+)\s*(?:\([^)]*\)\s*)?(ngày làm việc|ngày|giờ|tháng)(?! *\d)", re.IGNORECASE)
_SENTENCE = re.compile(
    r"0?(\d+) (ngày làm việc|ngày|giờ)(?: làm việc)?,? kể từ (?:ngày|khi) nhận (?:được|đủ)[^.;:\d]*", re.IGNORECASE
)
_FILLER = re.compile(r"\((?:không có|không)\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StatedLimit:
    """What a row of the register says about its limit: state, cases, a note, hints, and the channels that the entry lists."""

    state: str
    limits: tuple[dict[str, Any], ...] = ()
    note: str = ""
    hints: tuple[str, ...] = ()
    channels: tuple[str, ...] = field(default=())


def stated_limit(limit_text: str, modes: str, note: str) -> StatedLimit:
    """Read the columns time_limit_text, modes and time_note of a full row."""
    by_channel = _modes(modes)
    channels = tuple(channel for channel in ORDER if channel in {each for each, _ in by_channel})
    texts = tuple(dict.fromkeys(part.strip() for part in limit_text.split(" | ")))
    if CUT in limit_text:
        texts = tuple(text for text in texts if CUT not in text) or texts
    read = {text: _read(text) for text in texts}
    known = {text: limit for text, limit in read.items() if limit}
    from_note = _limit_in_words(note)
    if known and all(read.values()):
        return _of_known(known, by_channel, channels, note, modes)
    others = tuple(f"{text} ({_where(text, by_channel)})" for text in known)
    if from_note and all(limit == from_note[0] for limit in known.values()):
        source = f"national entry, note: {from_note[1]}"
        because = f"the entry itself states {' and '.join(text or 'nothing' for text in texts)}; its note gives the limit"
        return StatedLimit("known", (_case("", from_note[0], (), source),), because, (), channels)
    hints = tuple(f"{text}: {note}" for text in ("note on the limit",) if _FIGURE.search(note)) + others
    if known:
        silent = " and ".join(text or "nothing" for text in texts if text not in known)
        return StatedLimit("unknown", (), f"the entry states a limit for some channels and {silent} for others", hints, channels)
    lone = [text for text in texts if _LONE.fullmatch(text)]
    if lone and all(text.startswith(("1 ", "0 ")) or text in ("1", "0") for text in lone):
        return StatedLimit("placeholder", (), "the national entry states a lone number without a unit", hints, channels)
    if lone:
        return StatedLimit("unknown", (), f"the national entry states a number without a unit: {lone[0]}", hints, channels)
    if all(text in _NOTHING for text in texts):
        return StatedLimit("unknown", (), "the national entry gives no information", hints, channels)
    words = next(text for text in texts if text not in _NOTHING)
    return StatedLimit("unknown", (), f"the national entry states no countable limit: {words}", hints, channels)


def _of_known(
    known: dict[str, str], by_channel: list[tuple[str, str]], channels: tuple[str, ...], note: str, modes: str
) -> StatedLimit:
    contradiction = _contradiction(known, note)
    if contradiction:
        readings = (*(_case("", limit, (), f"national entry, {text}") for text, limit in known.items()), contradiction)
        return StatedLimit("conflict", readings, "the stated unit and the note contradict each other", (), channels)
    amounts = [limit.split(" ")[0] for limit in known.values()]
    if len(set(known.values())) > 1 and len(set(amounts)) < len(amounts):
        readings = tuple(
            _case("", limit, _on(text, by_channel, channels), f"national entry, {text}") for text, limit in known.items()
        )
        return StatedLimit("conflict", readings, "the entry states one number in two units", (), channels)
    other = "" if _agrees(known, note) else f"its note gives other figures: {note}"
    if len(known) == 1:
        ((text, limit),) = known.items()
        return StatedLimit("known", (_case("", limit, (), f"national entry, {text} on every channel"),), other, (), channels)
    cases = tuple(
        _case(str(number), limit, _on(text, by_channel, channels), f"national entry, {text}")
        for number, (text, limit) in enumerate(known.items(), start=1)
    )
    because = "the entry names no cases; the channels beside the limits are how it lists them, not what decides between them"
    if CUT in modes:
        because += "; its list of channels is cut off in the source"
    return StatedLimit("differs_by_case", cases, f"{because}; {other}" if other else because, (), channels)


def _case(name: str, text: str, channels: tuple[str, ...], source: str) -> dict[str, Any]:
    return {"name": name, "text": text, "channels": list(channels), "source": source}


def _modes(modes: str) -> list[tuple[str, str]]:
    """Channel and stated text, in the order of the entry; what was cut off in the source is left out."""
    pairs = (part.partition("=") for part in modes.split("; ") if CUT not in part)
    return [(CHANNELS[name], text) for name, _, text in pairs if name in CHANNELS]


def _on(text: str, by_channel: list[tuple[str, str]], channels: tuple[str, ...]) -> tuple[str, ...]:
    """The channels of one limit; none named where it is all of them, or none is known."""
    found = {channel for channel, stated in by_channel if stated == text}
    return () if found == set(channels) else tuple(channel for channel in ORDER if channel in found)


def _where(text: str, by_channel: list[tuple[str, str]]) -> str:
    return "national entry, " + (", ".join(_on(text, by_channel, ())) or "channel not stated")


def _read(text: str) -> str:
    """The limit in our words, or empty."""
    match = _STATED.fullmatch(text)
    if match is None:
        return ""
    try:
        return str(TimeLimit.parse(f"{match[1]} {_UNITS[match[2].lower()]}"))
    except TimeLimitUnreadable:
        return ""


def _figures(note: str) -> set[tuple[int, str]]:
    return {(int(number), _UNITS[unit.lower()]) for number, unit in _FIGURE.findall(note)}


def _contradiction(known: dict[str, str], note: str) -> dict[str, Any] | None:
    """The note's reading of a stated number, where it has another unit and never the stated one."""
    figures = _figures(note)
    for limit in known.values():
        amount, unit = TimeLimit.parse(limit).amount, TimeLimit.parse(limit).unit.value
        other = {"working days": "calendar days", "calendar days": "working days"}.get(unit)
        if other is None or (amount, other) not in figures or (amount, unit) in figures:
            continue
        reading = str(TimeLimit.parse(f"{amount} {other}"))
        if reading not in known.values():
            return _case("", reading, (), f"national entry, note: {note}")
    return None


def _agrees(known: dict[str, str], note: str) -> bool:
    """Whether the note is silent about days, or repeats a stated limit."""
    days = {(amount, unit) for amount, unit in _figures(note) if unit in ("working days", "calendar days")}
    stated = {(TimeLimit.parse(limit).amount, TimeLimit.parse(limit).unit.value) for limit in known.values()}
    return not days or bool(days & stated)


def _limit_in_words(note: str) -> tuple[str, str] | None:
    """The limit of a note that says nothing but one limit, whole and not cut off: our words and the note's."""
    parts = {_FILLER.sub("", part).strip().rstrip(".") for part in note.split(" | ")} - {""}
    found = {(match[1], match[2].lower()) for part in parts if (match := _SENTENCE.fullmatch(part))}
    if CUT in note or len(found) != 1 or not all(_SENTENCE.fullmatch(part) for part in parts):
        return None
    ((number, unit),) = found
    return str(TimeLimit.parse(f"{number} {_UNITS[unit]}")), min(parts)
