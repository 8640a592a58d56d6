"""The legal pauses of many dossiers at once, as arrays: a row for each dossier, a column for each of its pauses.

A place of the arrays that holds no pause has its end at its start. Columns need no order; `in_time` brings them into one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from motcua.engine.array_tables import Flags, Seconds
from motcua.engine.counting import SUPPLEMENT, PauseBackwards, closed_stops
from motcua.engine.dossier import LegalPause
from motcua.errors import InvalidInput

_NEVER = np.iinfo(np.int64).max // 2


class PauseArraysUneven(InvalidInput):
    """The arrays of the pauses do not fit together, or not to the receipts."""


@dataclass(frozen=True, eq=False)
class PauseArrays:
    """Closed pauses, all of the shape (dossiers, most pauses of a dossier).

    starts, ends: epoch seconds, int64.   supplement: whether the cause is a supplement, which may start the count again.
    Raises PauseArraysUneven, PauseBackwards.
    """

    starts: Seconds
    ends: Seconds
    supplement: Flags

    def __post_init__(self) -> None:
        if self.starts.ndim != 2 or not self.starts.shape == self.ends.shape == self.supplement.shape:
            raise PauseArraysUneven(
                "Pauses are three arrays of one shape, a row for each dossier and a column for each of its pauses; here "
                f"{self.starts.shape}, {self.ends.shape} and {self.supplement.shape}.",
            )
        if (self.ends < self.starts).any():
            row = int(np.argmax((self.ends < self.starts).any(axis=1)))
            raise PauseBackwards(f"A pause of row {row} ends before it starts. Correct its record.", row=row)

    @property
    def columns(self) -> range:
        return range(self.starts.shape[1])

    def of_rows(self, rows: Flags, columns: int | None = None) -> PauseArrays:
        """Those of some rows; of these the first columns only."""
        return PauseArrays(self.starts[rows, :columns], self.ends[rows, :columns], self.supplement[rows, :columns])

    def in_time(self) -> PauseArrays:
        """The pauses of each row in the order in which they start, those that are none at the end and never."""
        if len(self.columns) < 2:
            return self
        is_none = self.ends == self.starts
        starts, ends = np.where(is_none, _NEVER, self.starts), np.where(is_none, _NEVER, self.ends)
        order = np.lexsort((self.supplement, ends, starts), axis=-1)
        return PauseArrays(*(np.take_along_axis(each, order, axis=1) for each in (starts, ends, self.supplement)))

    def merged(self) -> PauseArrays:
        """Those that overlap or touch as one, in the place of the first of them; they come in time."""
        if len(self.columns) < 2:
            return self
        reached = np.maximum.accumulate(self.ends, axis=1)
        opens = np.ones(self.starts.shape, dtype=np.bool_)
        opens[:, 1:] = self.starts[:, 1:] > reached[:, :-1]
        ends = reached.copy()
        for column in reversed(self.columns[:-1]):
            ends[:, column] = np.where(opens[:, column + 1], reached[:, column], ends[:, column + 1])
        return PauseArrays(np.where(opens, self.starts, ends), ends, self.supplement)


def pause_arrays(pauses: Sequence[Sequence[LegalPause]], as_of: datetime | None = None) -> PauseArrays:
    """The arrays of records; an open pause ends at `as_of`. Raises what `closed_stops` raises."""
    rows = [closed_stops(each, as_of) for each in pauses]
    shape = (len(rows), max(map(len, rows), default=0))
    starts, supplement = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    ends = starts.copy()
    for row, stops in enumerate(rows):
        for column, stop in enumerate(stops):
            starts[row, column], ends[row, column] = int(stop.start.timestamp()), int(stop.end.timestamp())
            supplement[row, column] = stop.cause == SUPPLEMENT
    return PauseArrays(starts, ends, supplement)
