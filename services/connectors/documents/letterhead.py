"""Who speaks in a printed document: the names at the head of the page and under the signature.

The authorities and their names are data that other packages keep; the connectors are given a function from an authority's code
to its letterhead. Where only the code is known, the code is printed: a name is never made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from motcua.procedures_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Letterhead:
    """authority: the full name. parent: the body above it, printed over it. desk: the one-stop desk that receives for it.

    place: the place name before a date. head: the title over the leader's signature. contact: telephone or e-mail of the desk.
    """

    authority: str
    parent: str | None = None
    desk: str = "Bộ phận Tiếp nhận và Trả kết quả"
    place: str | None = None
    head: str = "Thủ trưởng cơ quan"
    contact: str | None = None


Letterheads: TypeAlias = Callable[[str], Letterhead]


def letterhead_from_code(authority_code: str) -> Letterhead:
    """The letterhead of an authority of which nothing is known but the code."""
    return Letterhead(authority=f"Cơ quan mã {authority_code}")


def letterhead_from_catalog(catalog: Catalog, authority_code: str) -> Letterhead:
    """The letterhead of an authority as the catalogue knows it; an unknown code is printed as a code."""
    authority = catalog.authorities.get(authority_code)
    if authority is None:
        return letterhead_from_code(authority_code)
    parent = catalog.authorities.get(authority.parent or "")
    return Letterhead(authority=authority.name, parent=parent.name if parent else None)
