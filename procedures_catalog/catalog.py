"""The catalogue: which procedures exist, and which version of each is in force on a date.

It reads package data only: one YAML file per procedure and one for the authorities in `data/`, the models in `bpmn/models`, the
shared parts and decision tables in `bpmn/shared`. A version is put together when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

import motcua.bpmn
from motcua.errors import NotFound
from motcua.procedures_catalog.authority import Authority, UnknownAuthority, authorities_from_rows
from motcua.procedures_catalog.procedure import Procedure
from motcua.procedures_catalog.register import RegisterRowInvalid, procedure_from_row, register_of
from motcua.procedures_catalog.version import ProcedureVersion, build_closure

DATA = Path(__file__).parent / "data"
BPMN = Path(motcua.bpmn.__file__).parent


class UnknownProcedure(NotFound):
    """No procedure has that code."""

    def __init__(self, code: str, known: tuple[str, ...]) -> None:
        near = get_close_matches(code, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `motcua catalog list` shows the codes."
        super().__init__(f'No procedure has the code "{code}"{hint}', code=code)


class NoVersionInForce(NotFound):
    """The procedure exists, but not on that day."""

    def __init__(self, code: str, *, on: date, first: date, last: date | None = None) -> None:
        ends = f" and the last until {last.isoformat()}" if last else ""
        super().__init__(
            f'No version of "{code}" is in force on {on.isoformat()}; the first is in force from {first.isoformat()}{ends}.',
            code=code,
            on=on,
            first=first,
            last=last,
        )


class ModelMissing(NotFound):
    """A procedure is in the register and has no model."""

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(f"{code} has no model at {path}; draw one, or take the procedure out of the register.", code=code)


@dataclass(frozen=True, slots=True)
class Validity:
    """When a version of a procedure is in force, first and last day included, and who says so."""

    in_force_from: date
    in_force_until: date | None
    source: str


@dataclass(frozen=True)
class Catalog:
    """Every procedure and authority by code. `models` is the folder that holds `models/` and `shared/`."""

    models: Path
    procedures: Mapping[str, Procedure]
    validities: Mapping[str, tuple[Validity, ...]]
    authorities: Mapping[str, Authority]
    _versions: dict[str, tuple[ProcedureVersion, ...]] = field(default_factory=dict, repr=False, compare=False)

    def codes(self) -> tuple[str, ...]:
        """The codes of all procedures, sorted."""
        return tuple(sorted(self.procedures))

    def procedure(self, code: str) -> Procedure:
        """Raises UnknownProcedure."""
        if code not in self.procedures:
            raise UnknownProcedure(code, self.codes())
        return self.procedures[code]

    def versions(self, code: str) -> tuple[ProcedureVersion, ...]:
        """Every version of a procedure, the oldest first. Raises UnknownProcedure, ModelMissing, SharedPartMissing,
        DecisionMissing.
        """
        if code not in self._versions:
            self._versions[code] = self._build(self.procedure(code))
        return self._versions[code]

    def version_in_force(self, code: str, on: date) -> ProcedureVersion:
        """The version that a dossier received on that local date runs under. Raises UnknownProcedure, NoVersionInForce."""
        versions = self.versions(code)
        for version in versions:
            if version.in_force(on):
                return version
        raise NoVersionInForce(code, on=on, first=versions[0].in_force_from, last=versions[-1].in_force_until)

    def authority(self, code: str) -> Authority:
        """Raises UnknownAuthority."""
        if code not in self.authorities:
            raise UnknownAuthority(code)
        return self.authorities[code]

    def _build(self, procedure: Procedure) -> tuple[ProcedureVersion, ...]:
        path = self.models / "models" / procedure.field / f"{procedure.code}.bpmn"
        if not path.is_file():
            raise ModelMissing(procedure.code, path)
        library = _read_library(self.models / "shared", "bpmn")
        decisions = _read_library(self.models / "shared", "dmn")
        return tuple(
            build_closure(
                procedure.code,
                path.read_bytes(),
                library,
                register_of(procedure),
                in_force_from=validity.in_force_from,
                in_force_until=validity.in_force_until,
                decisions=decisions,
            )
            for validity in self.validities[procedure.code]
        )


@cache
def load_catalog(data: Path = DATA, models: Path = BPMN) -> Catalog:
    """The catalogue in a data folder, read once. Raises RegisterRowInvalid, AuthorityRowInvalid."""
    procedures: dict[str, Procedure] = {}
    validities: dict[str, tuple[Validity, ...]] = {}
    for path in sorted((data / "procedures").glob("*.yaml")):
        document = _read_yaml(path)
        procedure = procedure_from_row(document["register"])
        if path.stem != procedure.code:
            raise RegisterRowInvalid(
                f"{path.name} holds the row of {procedure.code}; name the file after its code.", code=procedure.code
            )
        procedures[procedure.code] = procedure
        validities[procedure.code] = _validities(procedure.code, document["versions"])
    authorities = authorities_from_rows(_read_yaml(data / "authorities.yaml")["authorities"])
    return Catalog(models, procedures, validities, authorities)


def _validities(code: str, rows: list[dict[str, str | None]]) -> tuple[Validity, ...]:
    found = [
        Validity(
            date.fromisoformat(row["in_force_from"] or ""),
            date.fromisoformat(row["in_force_until"]) if row["in_force_until"] else None,
            row["source"] or "",
        )
        for row in rows
    ]
    for earlier, later in pairwise(found):
        if earlier.in_force_until is None or earlier.in_force_until >= later.in_force_from:
            raise RegisterRowInvalid(
                f"Two versions of {code} are in force on {later.in_force_from}; end the earlier one before it.", code=code
            )
    return tuple(found)


@cache
def _read_library(folder: Path, suffix: str) -> Mapping[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.glob(f"*.{suffix}"))}


def _read_yaml(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise RegisterRowInvalid(f"{path.name} is empty or no table of keys.", path=str(path))
    return document
