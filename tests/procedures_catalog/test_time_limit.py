"""Time limits as procedures state them, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.procedures_catalog.time_limit import LONGEST, TimeLimit, TimeLimitOutOfBounds, TimeLimitUnreadable, Unit


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("15 working days", TimeLimit(15, Unit.WORKING_DAYS)),
        ("1 working day", TimeLimit(1, Unit.WORKING_DAYS)),
        ("20 Calendar  Days", TimeLimit(20, Unit.CALENDAR_DAYS)),
        ("8 hours", TimeLimit(8, Unit.HOURS)),
        ("2 months", TimeLimit(2, Unit.MONTHS)),
        ("same day", TimeLimit(0, Unit.SAME_DAY)),
    ],
)
def test_a_limit_is_read_as_people_write_it(text: str, limit: TimeLimit) -> None:
    assert TimeLimit.parse(text) == limit


@given(st.sampled_from(list(LONGEST)), st.data())
def test_a_limit_is_written_as_it_is_read(unit: Unit, data: st.DataObject) -> None:
    limit = TimeLimit(data.draw(st.integers(1, LONGEST[unit])), unit)
    assert TimeLimit.parse(str(limit)) == limit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 working days", 'cannot be 0 working days; write "same day"'),
        ("0 hours", "cannot be 0 hours"),
        ("-3 calendar days", "cannot be -3 calendar days"),
        ("10000 working days", "the longest that can be counted is 2500"),
        ("10000 calendar days", "the longest that can be counted is 3650"),
        ("121 months", "the longest that can be counted is 120"),
    ],
)
def test_a_limit_of_nothing_or_of_decades_is_one_clear_error(text: str, words: str) -> None:
    with pytest.raises(TimeLimitOutOfBounds, match=words):
        TimeLimit.parse(text)


@pytest.mark.parametrize("text", ["", "soon", "15", "days", "1.5 hours", "15 weeks", "٣ hours", "99999999999 hours"])
def test_what_is_no_limit_is_refused_with_examples(text: str) -> None:
    with pytest.raises(TimeLimitUnreadable, match="15 working days"):
        TimeLimit.parse(text)


def test_the_bounds_hold_however_a_limit_is_made() -> None:
    with pytest.raises(TimeLimitOutOfBounds):
        TimeLimit(0, Unit.WORKING_DAYS)
