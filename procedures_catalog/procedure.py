"""What a procedure is: the facts of its row in the register, each with its source, and what is not known about it.

What is unknown stays unknown. A limit that the data leaves open, or that two sources give differently, is never guessed:
`Procedure.time_limit` raises an error that says what is missing and who can settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from motcua.errors import Conflict, InvalidInput, NotFound
from motcua.procedures_catalog.time_limit import TimeLimit


class LimitState(StrEnum):
    """How far the time limit is known (TIME contract, "Limits in the data")."""

    KNOWN = "known"
    SECTOR_RULE = "sector_rule"  # the national entry is a placeholder or silent; a cited rule of the sector gives the limit
    DIFFERS_BY_CASE = "differs_by_case"  # usable once a case is chosen; there is no default
    CONFLICT = "conflict"  # two readings; unknown until a person decides
    PLACEHOLDER = "placeholder"
    UNKNOWN = "unknown"


class FeeState(StrEnum):
    """How far the fee is known."""

    FREE = "free"
    DATED = "dated"  # `amounts` give it by the day of filing
    BY_QUANTITY = "by_quantity"  # the model reckons it from the application; `rule` says how
    CONFLICT = "conflict"
    UNKNOWN = "unknown"


class LimitUnknown(Conflict):
    """No limit is known for the procedure."""

    def __init__(self, code: str, because: str) -> None:
        super().__init__(
            f"The time limit of {code} is not known: {because}. Enter the limit that the province decided, with its source.",
            code=code,
            because=because,
        )


class CaseNeeded(InvalidInput):
    """The limit differs by case, and no case was given."""

    def __init__(self, code: str, cases: tuple[str, ...]) -> None:
        super().__init__(
            f"The time limit of {code} differs by case and there is no default. Choose one of: {', '.join(cases)}.",
            code=code,
            cases=list(cases),
        )


class LimitInConflict(Conflict):
    """Two readings of the limit contradict each other."""

    def __init__(self, code: str, readings: tuple[str, ...], because: str) -> None:
        super().__init__(
            f"The time limit of {code} is in conflict ({' or '.join(readings)}): {because}. It is unknown until a person decides.",
            code=code,
            readings=list(readings),
            because=because,
        )


class UnknownCase(NotFound):
    """The procedure has no case of that name."""

    def __init__(self, code: str, case: str, cases: tuple[str, ...]) -> None:
        known = f"its cases are {', '.join(cases)}" if cases else "it has no cases"
        super().__init__(f'{code} has no case "{case}": {known}.', code=code, case=case, cases=list(cases))


@dataclass(frozen=True, slots=True)
class LimitCase:
    """A limit as one source states it.

    name: empty where the procedure has no cases; a number where the source names none.
    text: for `TimeLimit.parse`.   channels: direct, online, post; empty means all.
    """

    name: str
    text: str
    channels: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """After this local time of receipt, the same day becomes the next working day."""

    at: time
    source: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A figure from elsewhere that is shown and never used: another province's limit, an amount that looks wrong."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class FeeAmount:
    """What one dossier costs when filed from `valid_from` to `valid_until`, both included; None means without bound."""

    amount_vnd: int
    valid_from: date | None
    valid_until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Fee:
    state: FeeState
    amounts: tuple[FeeAmount, ...]
    rule: str
    source: str

    def amount_on(self, filed_on: date) -> int | None:
        """The amount in đồng for one dossier filed on that day; None where it is not known or depends on the application."""
        if self.state is FeeState.FREE:
            return 0
        for each in self.amounts:
            if (each.valid_from or date.min) <= filed_on <= (each.valid_until or date.max):
                return each.amount_vnd
        return None


@dataclass(frozen=True, slots=True)
class Procedure:
    """One row of the register. Codes are text. `note` says what in this row is assumed, read or left open, and why.

    field: a folder name of `bpmn/models`.   papers_count: papers of the dossier in the national entry, of all its cases together.
    counting_policy, supplement_policy: policies of the deadline engine, by name.
    agencies: as the source names them, known by their kind or not.   channels: direct, online, post.   desk: whose desk at the
    centre it is: police, tax, social_insurance, treasury or bank; empty for the administration itself.
    What stands after `source` came later: left out of a row's JSON where it says nothing, so that earlier rows keep their hash.
    """

    code: str
    name: str
    field: str
    field_name: str
    tiers: tuple[str, ...]
    authority_kinds: tuple[str, ...]
    limit_state: LimitState
    limits: tuple[LimitCase, ...]
    limit_note: str
    cut_off: CutOff | None
    counting_policy: str
    supplement_policy: str
    fee: Fee
    hints: tuple[Hint, ...]
    result: str
    papers_count: int | None
    online_level: str
    legal_basis: tuple[str, ...]
    maturity: str
    source: str
    tier_note: str = ""
    agencies: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    steps_count: int | None = None
    issuer: str = ""
    desk: str = ""

    @property
    def cases(self) -> tuple[str, ...]:
        return tuple(limit.name for limit in self.limits) if self.limit_state is LimitState.DIFFERS_BY_CASE else ()

    def time_limit(self, case: str | None = None) -> TimeLimit:
        """The limit that holds, for `case` where the limit differs by case.

        Raises LimitUnknown, LimitInConflict, CaseNeeded, or UnknownCase.
        """
        if self.limit_state is LimitState.CONFLICT:
            raise LimitInConflict(self.code, tuple(limit.text for limit in self.limits), self.limit_note)
        if self.limit_state in {LimitState.UNKNOWN, LimitState.PLACEHOLDER}:
            raise LimitUnknown(self.code, self.limit_note)
        if self.limit_state is not LimitState.DIFFERS_BY_CASE:
            if case:
                raise UnknownCase(self.code, case, ())
            return TimeLimit.parse(self.limits[0].text)
        if not case:
            raise CaseNeeded(self.code, self.cases)
        for limit in self.limits:
            if limit.name == case:
                return TimeLimit.parse(limit.text)
        raise UnknownCase(self.code, case, self.cases)
