"""The tiers of the administration and when each exists, so that nobody sends a dossier to a tier that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Tier:
    """label: as officers read it.   until: the last day on which it exists; None, while no end is known."""

    label: str
    until: date | None
    source: str


TIERS: Final[Mapping[str, Tier]] = {
    "ministry": Tier("Cấp bộ", None, "national catalogue"),
    "province": Tier("Cấp tỉnh", None, "national catalogue"),
    "district": Tier("Cấp huyện", date(2025, 6, 30), "from 1 July 2025 provinces and communes are the only local tiers"),
    "commune": Tier("Cấp xã", None, "national catalogue"),
    "other": Tier("Cơ quan khác", None, "national catalogue"),
}
"""Code → tier. "other" is how the national catalogue calls bodies outside the tiers."""


def tiers_on(tiers: tuple[str, ...], on: date) -> tuple[str, ...]:
    """Those of `tiers` that exist on that day, in the same order."""
    return tuple(tier for tier in tiers if (TIERS[tier].until or date.max) >= on)
