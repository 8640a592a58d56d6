"""What a counted deadline looks like: the policy it was counted by, the moment itself, and its explanation as records.

The explanation is part of the result, so that statistics, simulation, screens and letters all tell the same story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from motcua.engine.calendars import DayReason
from motcua.engine.recorded_exceptions import RecordedException
from motcua.errors import InvalidInput
from motcua.procedures_catalog.time_limit import TimeLimit

COUNTING = ("next_day", "from_receipt")
SUPPLEMENT = ("resume", "restart")
SCORE = ("as_law", "last_promise")


class PolicyUnknown(InvalidInput):
    """A policy names a way of counting that does not exist."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How an authority or a procedure counts where the law leaves a choice. The defaults are the general rule.

    The names come from the register and from settings, so they are checked when a policy is made (PolicyUnknown).

    counting: `next_day`, the day of the event is not counted (Civil Code 2015, art. 147); or `from_receipt`, a working day is
        8 working hours from the minute of receipt (seen in production; concerns limits in working days only).
    late_receipt: for limits that are not in hours, receipt later than this local time, or on a day off, counts as received at
        the opening of the next working day (one decree; None: nothing shifts).
    cut_off: for "same day", receipt later than this local time is due on the next working day (15:00 for civil status and
        certification; None: the sector has no such rule).
    supplement: after a supplement the clock goes on with what was left (`resume`) or starts from zero (`restart`); both are
        in use, by procedure.
    score: on time is judged against the law (`as_law`), or against the last lawful promise (`last_promise`).
    """

    counting: str = "next_day"
    late_receipt: time | None = None
    cut_off: time | None = None
    supplement: str = "resume"
    score: str = "as_law"

    def __post_init__(self) -> None:
        for name, known in (("counting", COUNTING), ("supplement", SUPPLEMENT), ("score", SCORE)):
            value = getattr(self, name)
            if value not in known:
                choices = " or ".join(f'"{choice}"' for choice in known)
                raise PolicyUnknown(f'The policy {name} cannot be "{value}"; choose {choices}.', policy=name, value=value)


DEFAULT_POLICY = Policy()


class DayCount(StrEnum):
    """What became of a day in the count."""

    COUNTED = "counted"
    DAY_OF_RECEIPT = "day_of_receipt"
    RECEIVED_LATE = "received_late"
    AFTER_CUT_OFF = "after_cut_off"
    DAY_OFF = "day_off"
    CLOCK_STOPPED = "clock_stopped"
    DAY_OF_RESUMPTION = "day_of_resumption"
    BEFORE_RESTART = "before_restart"
    OUTSIDE_HOURS = "outside_hours"
    ROLLED_FORWARD = "rolled_forward"


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day between receipt and `due_on`, both included.

    number: how many days have been counted by its end, itself included where `counted`.
    seconds: the working time counted on it, for limits that run through sessions; 0 for limits in days.
    """

    on: date
    counted: bool
    reason: DayCount
    day: DayReason
    number: int
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of counting, in words, with its source, in both languages."""

    code: str
    en: str
    vi: str
    source: str
    source_vi: str


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            Rule(
                "day_after_event",
                "the day of receipt is not counted",
                "không tính ngày tiếp nhận",
                "Civil Code 2015, art. 147",
                "Bộ luật Dân sự 2015, Điều 147",
            ),
            Rule(
                "calendar_days",
                "every day after the day of receipt is counted, days off too",
                "không tính ngày tiếp nhận, tính cả ngày nghỉ",
                "Civil Code 2015, art. 147",
                "Bộ luật Dân sự 2015, Điều 147",
            ),
            Rule(
                "months",
                "the same day of the month, or its last day",
                "ngày tương ứng của tháng, hoặc ngày cuối tháng",
                "Civil Code 2015, art. 147 and 148",
                "Bộ luật Dân sự 2015, Điều 147 và 148",
            ),
            Rule(
                "hours",
                "hours run from the moment of receipt, through office hours only",
                "tính theo giờ làm việc, từ thời điểm tiếp nhận",
                "Civil Code 2015, art. 147",
                "Bộ luật Dân sự 2015, Điều 147",
            ),
            Rule(
                "from_receipt",
                "a working day is 8 working hours from the minute of receipt",
                "một ngày làm việc là 8 giờ làm việc tính từ phút tiếp nhận",
                "policy of the authority: counting from receipt",
                "quy ước của cơ quan: tính từ phút tiếp nhận",
            ),
            Rule(
                "same_day", "due on the day of receipt", "trả trong ngày tiếp nhận", "the procedure's limit", "thời hạn của thủ tục"
            ),
            Rule(
                "same_day_off",
                "received on a day off, so due on the next working day",
                "tiếp nhận vào ngày nghỉ nên trả vào ngày làm việc kế tiếp",
                "Civil Code 2015, art. 148",
                "Bộ luật Dân sự 2015, Điều 148",
            ),
            Rule(
                "cut_off",
                "received after the cut-off, so due on the next working day",
                "tiếp nhận sau giờ chốt nên trả vào ngày làm việc kế tiếp",
                "cut-off of the sector's rule",
                "giờ chốt theo quy định của lĩnh vực",
            ),
            Rule(
                "late_receipt",
                "received late or on a day off, so counted as received at the next opening",
                "tiếp nhận muộn hoặc vào ngày nghỉ nên coi như tiếp nhận khi mở cửa lần kế tiếp",
                "policy of the authority: late receipt",
                "quy ước của cơ quan: tiếp nhận muộn",
            ),
            Rule(
                "resume",
                "the clock stood still and went on with what was left",
                "tạm dừng tính thời hạn, sau đó tính tiếp phần còn lại",
                "the decree on the one-stop shop: supplement requests",
                "nghị định về cơ chế một cửa: yêu cầu bổ sung hồ sơ",
            ),
            Rule(
                "supplement_once",
                "a supplement is asked once, in full; asked again as an exception, after which the dossier counts as late",
                "chỉ được yêu cầu bổ sung một lần; yêu cầu lần nữa là ngoại lệ và hồ sơ bị tính là quá hạn",
                "the decree on the one-stop shop: supplement requests",
                "nghị định về cơ chế một cửa: yêu cầu bổ sung hồ sơ",
            ),
            Rule(
                "off_the_clock",
                "a stage that is not counted, after which the clock went on with what was left",
                "giai đoạn không tính vào thời hạn, sau đó tính tiếp phần còn lại",
                "the sector's rule on time that is not counted",
                "quy định của lĩnh vực về thời gian không tính vào thời hạn",
            ),
            Rule(
                "restart",
                "the clock stood still and started again from zero",
                "tạm dừng tính thời hạn, sau đó tính lại từ đầu",
                "policy of the procedure: restart after a supplement",
                "quy ước của thủ tục: tính lại từ đầu sau khi bổ sung",
            ),
            Rule(
                "roll_forward",
                "the last day is no day of work that counts, so the limit ends with the next one",
                "ngày cuối không phải ngày làm việc được tính nên thời hạn kết thúc vào ngày làm việc kế tiếp",
                "Civil Code 2015, art. 148",
                "Bộ luật Dân sự 2015, Điều 148",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class DueEvent:
    """Something that set or moved the due date.

    kind: `receipt`, `late_receipt`, `cut_off`, `day_off`, `exception`, `pause`, `roll_forward`.
    at, until: when it happened, and for a pause when the clock ran again (`as_of` for one that is still open).
    moved_from, moved_to: `due_on` without and with it; `moved_from` is None for the receipt.
    rule: a key of RULES.   cause: of a pause, such as `supplement`.
    exception: who answers for it that the pause after it was possible, and why.
    """

    kind: str
    at: datetime
    moved_from: date | None
    moved_to: date
    rule: str
    until: datetime | None = None
    cause: str | None = None
    exception: RecordedException | None = None


class DueMoment(NamedTuple):
    """When a limit ends (TIME: due_on, due_at, expires_at), what it was counted from, and why.

    A named tuple because simulation makes millions of them, and making a frozen dataclass takes longer than the counting.

    due_on: the last day of the limit, always a working day.   due_at: the appointment.   expires_at: when it becomes late.
    provisional: the count reaches a year whose announcements are not known yet.
    as_of: set while the clock stands still: the moment is computed as though it ran again at this instant.
    days, events: the explanation; empty when it was not asked for.
    """

    due_on: date
    due_at: datetime
    expires_at: datetime
    provisional: bool
    days: tuple[CountedDay, ...]
    events: tuple[DueEvent, ...]
    received_at: datetime
    limit: TimeLimit
    policy: Policy
    as_of: datetime | None = None
