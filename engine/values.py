"""The values that a process variable may hold, the same in memory, in the store, in forms and in messages.

Closed on purpose: whatever is not listed here is refused at the edge, with the path of the field, so that a saved dossier
always loads again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Value: TypeAlias = bool | int | Decimal | str | date | datetime | list["Value"] | dict[str, "Value"] | None
Variables: TypeAlias = Mapping[str, Value]
