"""The explanation of a due moment in words, for letters, screens and the command line, in Vietnamese and English.

A person who reads it with a calendar beside it must come to the same date, so it says which days were counted, which were
not and why, what moved the date, under which rule, and what about it is not certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Literal

from motcua.engine.calendars import VIETNAM, DayKind
from motcua.engine.due_moments import RULES, CountedDay, DayCount, DueEvent, DueMoment
from motcua.procedures_catalog.days_off import Confidence
from motcua.procedures_catalog.time_limit import TimeLimit, Unit

Language = Literal["vi", "en"]

_WEEKDAYS: Mapping[Language, Sequence[str]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
}
_REASONS: Mapping[DayCount, Mapping[Language, str]] = {
    DayCount.COUNTED: {"en": "counted", "vi": "tính"},
    DayCount.DAY_OF_RECEIPT: {"en": "day of receipt", "vi": "ngày tiếp nhận"},
    DayCount.RECEIVED_LATE: {"en": "received late", "vi": "tiếp nhận muộn"},
    DayCount.AFTER_CUT_OFF: {"en": "after the cut-off", "vi": "sau giờ chốt"},
    DayCount.CLOCK_STOPPED: {"en": "clock stopped", "vi": "tạm dừng tính thời hạn"},
    DayCount.DAY_OF_RESUMPTION: {"en": "day on which the clock ran again", "vi": "ngày tính tiếp thời hạn"},
    DayCount.BEFORE_RESTART: {"en": "before the clock started again", "vi": "trước khi tính lại từ đầu"},
    DayCount.OUTSIDE_HOURS: {"en": "outside office hours", "vi": "ngoài giờ làm việc"},
    DayCount.ROLLED_FORWARD: {"en": "the next working day, on which the limit ends", "vi": "ngày làm việc kế tiếp, hết thời hạn"},
}
_KINDS: Mapping[DayKind, Mapping[Language, str]] = {
    DayKind.WORKING: {"en": "working day", "vi": "ngày làm việc"},
    DayKind.WEEKEND: {"en": "weekend", "vi": "nghỉ hằng tuần"},
    DayKind.HOLIDAY: {"en": "holiday", "vi": "nghỉ lễ"},
    DayKind.SWAPPED_OFF: {"en": "swapped day off", "vi": "nghỉ hoán đổi"},
    DayKind.MAKEUP_WORKING: {"en": "make-up working day", "vi": "làm bù"},
    DayKind.COMPENSATORY: {"en": "compensatory day off", "vi": "nghỉ bù"},
}
_CAUSES: Mapping[str, Mapping[Language, str]] = {
    "supplement": {"en": "supplement", "vi": "bổ sung hồ sơ"},
    "tax_payment": {"en": "tax payment", "vi": "nộp nghĩa vụ tài chính"},
    "verification": {"en": "verification", "vi": "xác minh"},
    "consultation": {"en": "consultation", "vi": "lấy ý kiến"},
    "on_site_check": {"en": "on-site check", "vi": "kiểm tra thực địa"},
}
_UNITS_VI = {Unit.WORKING_DAYS: "ngày làm việc", Unit.CALENDAR_DAYS: "ngày", Unit.HOURS: "giờ làm việc", Unit.MONTHS: "tháng"}


@dataclass(frozen=True, slots=True)
class ExplanationRow:
    """One day of the count as words. `hours` is the working time counted on it, or None for limits in days.

    source: who says that the day is special; empty for an ordinary one.
    """

    on: date
    weekday: str
    counted: bool
    number: int
    hours: float | None
    reason: str
    source: str = ""


def explanation_table(moment: DueMoment, language: Language = "vi") -> tuple[ExplanationRow, ...]:
    """A row for each day between receipt and the due date, in order; none when the moment was computed without a trace."""
    by_time = any(day.seconds for day in moment.days)
    return tuple(
        ExplanationRow(
            day.on,
            _WEEKDAYS[language][day.on.weekday()],
            day.counted,
            day.number,
            day.seconds / 3600 if by_time else None,
            _why(day, language),
            day.day.source,
        )
        for day in moment.days
    )


def explain(moment: DueMoment, language: Language) -> str:
    """The whole explanation as sentences, one after another."""
    return " ".join(_sentences_en(moment) if language == "en" else _sentences_vi(moment))


def _sentences_en(moment: DueMoment) -> Iterator[str]:
    receipt, due_on = moment.received_at, _day(moment.due_on, "en")
    yield f"Received at {_clock(receipt)} on {_day(_local(receipt), 'en')}, with a limit of {moment.limit}."
    yield f"It is due on {due_on}, at {_clock(moment.due_at)}, and late after {_expiry(moment, 'en')}."
    for event in moment.events:
        yield f"{_event(event, 'en')} ({RULES[event.rule].source})."
    if moment.days:
        yield f"Day by day: {_days(moment, 'en')}."
    if doubtful := _to_check(moment):
        yield f"To be checked against the announcement: {doubtful}."
    if moment.provisional:
        yield "Provisional: it reaches a year whose days off are not announced yet, and will be counted again when they are."
    if moment.as_of is not None:
        resumption = f"{_clock(moment.as_of)} on {_day(_local(moment.as_of), 'en')}"
        yield f"The clock still stands; this is the date if it runs again at {resumption}."


def _sentences_vi(moment: DueMoment) -> Iterator[str]:
    receipt, due_on = moment.received_at, _day(moment.due_on, "vi")
    yield f"Tiếp nhận lúc {_clock(receipt)} {_day(_local(receipt), 'vi')}, thời hạn {limit_in_vietnamese(moment.limit)}."
    yield f"Hẹn trả lúc {_clock(moment.due_at)} {due_on}, quá hạn sau {_expiry(moment, 'vi')}."
    for event in moment.events:
        yield f"{_event(event, 'vi')} ({RULES[event.rule].source_vi})."
    if moment.days:
        yield f"Từng ngày: {_days(moment, 'vi')}."
    if doubtful := _to_check(moment):
        yield f"Cần đối chiếu với thông báo: {doubtful}."
    if moment.provisional:
        yield "Tạm tính: thời hạn kéo sang năm chưa có thông báo nghỉ lễ, sẽ tính lại khi có thông báo."
    if moment.as_of is not None:
        yield f"Đang tạm dừng; đây là ngày hẹn nếu tính tiếp từ {_clock(moment.as_of)} {_day(_local(moment.as_of), 'vi')}."


def limit_in_vietnamese(limit: TimeLimit) -> str:
    """ "15 working days" as "15 ngày làm việc"."""
    return "trong ngày" if limit.unit is Unit.SAME_DAY else f"{limit.amount} {_UNITS_VI[limit.unit]}"


def _event(event: DueEvent, language: Language) -> str:
    rule = RULES[event.rule]
    words, to = (rule.en, _day(event.moved_to, "en")) if language == "en" else (rule.vi, _day(event.moved_to, "vi"))
    if event.kind == "receipt":
        return f"Rule: {words}; so {to}" if language == "en" else f"Quy tắc: {words}; tính đến {to}"
    if event.exception is not None:
        basis = f" ({event.exception.basis})" if event.exception.basis else ""
        head = "Exception by" if language == "en" else "Ngoại lệ do"
        return f"{head} {event.exception.author}, “{event.exception.reason}”{basis}: {words}"
    if event.kind == "pause":
        known = _CAUSES.get(event.cause or "")
        cause = known[language] if known else event.cause
        ran_again_at = event.until or event.at
        stretch = f"{_clock(event.at)} {_short(_local(event.at))} – {_clock(ran_again_at)} {_short(_local(ran_again_at))}"
        head = f"Pause for {cause}, {stretch}" if language == "en" else f"Tạm dừng ({cause}) {stretch}"
        words = f"{head}: {words}"
    else:
        words = words[0].upper() + words[1:]
    if event.moved_from == event.moved_to:
        return f"{words}; still {to}" if language == "en" else f"{words}; vẫn là {to}"
    return f"{words}; now {to}" if language == "en" else f"{words}; chuyển sang {to}"


def _days(moment: DueMoment, language: Language) -> str:
    def alike(day: CountedDay) -> tuple[object, ...]:
        return day.reason, day.day.kind, day.day.name, day.seconds

    parts = []
    for _, group in groupby(moment.days, alike):
        run = list(group)
        span = _short(run[0].on) if len(run) == 1 else f"{_short(run[0].on)}–{_short(run[-1].on)}"
        parts.append(f"{span} {_why(run[-1], language, first=run[0].number)}")
    return "; ".join(parts)


def _why(day: CountedDay, language: Language, first: int | None = None) -> str:
    kind = _KINDS[day.day.kind][language] + (f": {day.day.name}" if day.day.name else "")
    if day.reason is DayCount.DAY_OFF:
        return kind
    words = _REASONS[day.reason][language]
    if day.counted and day.seconds:
        words += f" {_hours(day.seconds)} h" if language == "en" else f" {_hours(day.seconds)} giờ"
    elif day.counted:
        numbers = f"{day.number}" if first in (None, day.number) else f"{first}–{day.number}"
        words += f" ({'day' if language == 'en' else 'ngày'} {numbers})"
    return words if day.day.kind is DayKind.WORKING else f"{words}, {kind}"


def _to_check(moment: DueMoment) -> str:
    return ", ".join(f"{_short(day.on)} ({day.day.name})" for day in moment.days if day.day.confidence is Confidence.TO_CHECK)


def _expiry(moment: DueMoment, language: Language) -> str:
    if moment.expires_at == moment.due_at:
        return f"{_clock(moment.due_at)}" if language == "en" else f"{_clock(moment.due_at)} cùng ngày"
    return "24:00 that day" if language == "en" else "24:00 cùng ngày"


def _local(instant: datetime) -> date:
    return instant.astimezone(VIETNAM).date()


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(VIETNAM):%H:%M}"


def _day(day: date, language: Language) -> str:
    if language == "en":
        return f"{_WEEKDAYS['en'][day.weekday()]} {day.isoformat()}"
    return f"{_WEEKDAYS['vi'][day.weekday()]} ngày {day:%d/%m/%Y}"


def _short(day: date) -> str:
    return f"{day:%d/%m}"


def _hours(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")
