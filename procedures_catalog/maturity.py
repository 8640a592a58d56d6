"""How much is known of a procedure: its maturity, and which figures are unknown. Both follow from the facts and are never set.

complete        the limit can be used, perhaps once a case is chosen
limit unknown   the national entry is there, and gives no usable limit
name only       the source has no more than code and name, and perhaps where it is handled
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from motcua.procedures_catalog.procedure import Procedure

COMPLETE, LIMIT_UNKNOWN, NAME_ONLY = "complete", "limit unknown", "name only"
MATURITIES: Final = (COMPLETE, LIMIT_UNKNOWN, NAME_ONLY)

FIGURES: Final = (
    "field", "tier", "authority", "limit", "fee", "papers", "result", "online_level", "channels", "subjects", "legal_basis",
)  # fmt: skip
"""What a procedure should say. `unknown` in a record lists those that its source does not."""

_READ: Final = ("limit_state", "result", "subjects", "channels", "papers_count", "limits")
_USABLE: Final = ("known", "sector_rule", "differs_by_case")
_PRICED: Final = ("free", "dated", "by_quantity")


def maturity_of(facts: Mapping[str, Any]) -> str:
    """One of `MATURITIES`, from the facts of a record or of a procedure written as JSON."""
    if facts["limit_state"] in _USABLE:
        return COMPLETE
    beyond_the_name = facts["result"] or facts.get("subjects") or facts.get("channels") or facts["papers_count"] or facts["limits"]
    return LIMIT_UNKNOWN if beyond_the_name else NAME_ONLY


def maturity(procedure: Procedure) -> str:
    """One of `MATURITIES`, for a procedure that is kept by hand too."""
    return maturity_of({key: getattr(procedure, key) for key in _READ})


def unknown_figures(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Those of `FIGURES` that the facts do not give, in their order."""
    known = {
        "field": facts["field"] != "unclassified",
        "tier": bool(facts["tiers"]),
        "authority": bool(facts["authority_kinds"] or facts.get("agencies")),
        "limit": facts["limit_state"] in _USABLE,
        "fee": facts["fee"]["state"] in _PRICED,
        "papers": facts["papers_count"] is not None,
        "result": bool(facts["result"]),
        "online_level": bool(facts["online_level"]),
        "channels": bool(facts.get("channels")),
        "subjects": bool(facts.get("subjects")),
        "legal_basis": bool(facts["legal_basis"]),
    }
    return tuple(figure for figure in FIGURES if not known[figure])
