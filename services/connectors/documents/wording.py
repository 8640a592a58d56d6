"""Moments, dates and limits as a Vietnamese document writes them.

Decree 30/2020, annex I: days below ten and the months January and February get a leading zero.
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from motcua.procedures_catalog.time_limit import TimeLimit, Unit

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOT_DECLARED = "(không khai)"

_UNITS = {
    Unit.WORKING_DAYS: "ngày làm việc",
    Unit.CALENDAR_DAYS: "ngày",
    Unit.HOURS: "giờ làm việc",
    Unit.MONTHS: "tháng",
}


def day_in_words(day: date) -> str:
    """2026-03-02 → `ngày 02 tháng 3 năm 2026`."""
    return f"ngày {two_digit_day(day)} tháng {month_number(day)} năm {day.year}"


def two_digit_day(day: date) -> str:
    return f"{day.day:02d}"


def month_number(day: date) -> str:
    return f"{day.month:02d}" if day.month <= 2 else str(day.month)


def local_day(instant: datetime) -> date:
    return instant.astimezone(LOCAL_ZONE).date()


def moment_in_words(instant: datetime) -> str:
    """An aware instant, in the zone of Vietnam: `08 giờ 15 phút, ngày 02 tháng 3 năm 2026`."""
    local = instant.astimezone(LOCAL_ZONE)
    return f"{local:%H} giờ {local:%M} phút, {day_in_words(local.date())}"


def moment_in_figures(instant: datetime) -> str:
    """An aware instant, in the zone of Vietnam: `08:15 02/03/2026`."""
    return f"{instant.astimezone(LOCAL_ZONE):%H:%M %d/%m/%Y}"


def limit_in_words(limit: str) -> str:
    """`15 working days` → `15 ngày làm việc`. Raises TimeLimitUnreadable."""
    parsed = TimeLimit.parse(limit)
    return "trong ngày làm việc" if parsed.unit is Unit.SAME_DAY else f"{parsed.amount} {_UNITS[parsed.unit]}"


def plain(text: str) -> str:
    """Foreign text made safe for a paragraph: precomposed letters, no markup, lines kept."""
    return escape(unicodedata.normalize("NFC", text)).replace("\n", "<br/>")
