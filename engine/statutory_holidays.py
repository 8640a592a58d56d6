"""The holidays that the law itself gives, computed for any year by the package `holidays` (Tết and Hùng Kings by the lunar
calendar), without the swapped days that only an announcement can make.

The law leaves two choices to a yearly announcement: which five days Tết takes, and which neighbour of 2 September is off
(Labour Code 2019, art. 112). Where no announcement is known the package's usual choice stands in for it, provisionally.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

_NEVER_MOVED = frozenset(
    {
        "Tết Dương lịch",
        "Tết Nguyên Đán",
        "Mùng hai Tết Nguyên Đán",
        "Mùng ba Tết Nguyên Đán",
        "Ngày Giỗ Tổ Hùng Vương",
        "Ngày Chiến thắng",
        "Ngày Quốc tế Lao động",
        "Ngày Văn hóa Việt Nam",
    }
)


@dataclass(frozen=True, slots=True)
class StatutoryHoliday:
    """A day off by law. Compensatory: it makes up for a holiday that fell on a weekend (art. 111)."""

    on: date
    name: str
    compensatory: bool


def statutory_holidays(year: int) -> tuple[StatutoryHoliday, ...]:
    """Every holiday of the year by the general rule, in order, without swaps."""
    from holidays import country_holidays  # takes as long to load as all else together, and most commands count no days

    table: HolidayBase = country_holidays("VN", years=year, language="vi")
    swapped = table.tr(table.substituted_label).partition("%s")[0]
    observed = table.tr(table.observed_label).partition("%s")[2]
    return tuple(
        StatutoryHoliday(on, name, name.endswith(observed)) for on, name in sorted(table.items()) if not name.startswith(swapped)
    )


def fixed_holidays(year: int) -> tuple[StatutoryHoliday, ...]:
    """Those of them that no announcement can move."""
    return tuple(
        holiday
        for holiday in statutory_holidays(year)
        if (holiday.on.month, holiday.on.day) == (9, 2) or not _NEVER_MOVED.isdisjoint(holiday.name.split("; "))
    )
