"""From the published lists of districts and communes to authorities: People's Committees with the days on which they exist.

Codes below the province are ours: the division's code of the general statistics office after the province's, so that nothing has
to be thought up and a list that is imported again gives the same codes. They are marked as assumed. The lists do not say what
happened between them: no commune or district has a named successor.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Final

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority import Authority

PROVINCES: Final[Mapping[str, str]] = {"Bắc Giang": "H02", "Vĩnh Phúc": "H62", "Bắc Ninh": "H05", "Phú Thọ": "H44"}
COLUMNS: Final = ("province_code", "province", "commune_code", "commune")
_LAST_OLD_DAY: Final = date(2025, 6, 30)
_FIRST_NEW_DAY: Final = date(2025, 7, 1)
_OLD: Final = "list published for 2022-2024; ended with its province at the latest, what happened before that day is not known"
_NEW: Final = "list of communes from 1 July 2025"


class DivisionsUnreadable(InvalidInput):
    """The file is no list of districts and communes of the provinces that we know."""


def is_division_list(text: str) -> bool:
    """By the columns in its first line."""
    return set(COLUMNS) <= set(text.partition("\n")[0].strip().split(","))


def authorities_of_divisions(text: str, listed: Mapping[str, Authority]) -> dict[str, tuple[Authority, ...]]:
    """Province code → its districts and communes, by code. Those that `listed` names by division code already are left out.

    A list with districts is of the time before 1 July 2025. Raises DivisionsUnreadable.
    """
    known = {(each.code.partition(".")[0], each.division_code) for each in listed.values()}
    found: dict[str, dict[str, Authority]] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        province = PROVINCES.get(row["province"])
        if province is None or not row["commune_code"].isdigit():
            raise DivisionsUnreadable(
                f"Line {number}: no list of the provinces {', '.join(PROVINCES)} has the division "
                f"{row['commune_code']} of {row['province']}. Remove the line, or name the province's code in divisions.py.",
                line=number,
            )
        of_province = found.setdefault(province, {})
        district = row.get("district_code")
        if not district:
            if (province, row["commune_code"]) not in known:
                commune = _authority(province, row["commune_code"], row["commune"], "commune", first=_FIRST_NEW_DAY, source=_NEW)
                of_province[commune.code] = commune
            continue
        above = _authority(province, district, row["district"], "district", last=_LAST_OLD_DAY, source=_OLD)
        commune = _authority(above.code, row["commune_code"], row["commune"], "commune", last=_LAST_OLD_DAY, source=_OLD)
        of_province[above.code], of_province[commune.code] = above, commune
    return {province: tuple(each for _, each in sorted(units.items())) for province, units in sorted(found.items())}


def _authority(
    parent: str, division: str, name: str, tier: str, *, first: date | None = None, last: date | None = None, source: str
) -> Authority:
    return Authority(
        code=f"{parent}.{division}",
        name=f"UBND {name[:1].lower()}{name[1:]}",
        tier=tier,
        kind=f"{tier}_people_committee",
        parent=parent,
        in_force_from=first,
        in_force_until=last,
        code_is_assumed=True,
        division_code=division,
        source=source,
    )
