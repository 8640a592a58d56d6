"""The catalogue: which procedures exist, and which version of each is in force on a date.

It reads package data only: in `data/` the register's files by field, a YAML file for each procedure that is kept by hand, and the
authorities; the models in `bpmn/models`, the shared parts and decision tables in `bpmn/shared`. What stands in the register's files
is read when it is first asked for, and so is a version put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from motcua.procedures_catalog.authority import Authority, UnknownAuthority, authorities_from_rows, authority_rows
from motcua.procedures_catalog.plain_letters import plain_letters
from motcua.procedures_catalog.procedure import Procedure
from motcua.procedures_catalog.register import RegisterRowInvalid, procedure_from_row, register_of
from motcua.procedures_catalog.register_folder import DatedRow, RegisterFolder, dated_row, read_register_folder
from motcua.procedures_catalog.version import ProcedureVersion, build_closure

DATA = Path(__file__).parent / "data"
BPMN = Path(motcua.bpmn.__file__).parent


class UnknownProcedure(NotFound):
    """No procedure has that code."""

    def __init__(self, code: str, known: tuple[str, ...]) -> None:
        near = [each for each in known if code and each.startswith(code)][:1] or get_close_matches(code, known, n=1)
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


class Rows(Mapping[str, tuple[DatedRow, ...]]):
    """Every code's rows, the oldest first. A row of the register's files is read when it is first asked for, and kept."""

    def __init__(self, kept_by_hand: Mapping[str, tuple[DatedRow, ...]], register: RegisterFolder) -> None:
        self.kept_by_hand = frozenset(kept_by_hand)
        self._read = dict(kept_by_hand)
        self._register = register
        self._codes = tuple(sorted({*kept_by_hand, *register.places}))

    def __getitem__(self, code: str) -> tuple[DatedRow, ...]:
        if code not in self._read:
            rows = tuple(dated_row(record) for record in self._register.records(code))
            refuse_overlaps(code, rows)
            self._read[code] = rows
        return self._read[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, code: object) -> bool:
        return code in self._read or code in self._register.places


@dataclass(frozen=True)
class Catalog:
    """Every procedure and authority by code. `models` is the folder that holds `models/` and `shared/`."""

    models: Path
    rows: Rows
    authorities: Mapping[str, Authority]
    _versions: dict[str, tuple[ProcedureVersion, ...]] = field(default_factory=dict, repr=False, compare=False)
    _words: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def codes(self) -> tuple[str, ...]:
        """The codes of all procedures of the register, sorted, with a model or without."""
        return tuple(self.rows)

    def modelled_codes(self) -> tuple[str, ...]:
        """The codes of the procedures that have a model, and so can be filed."""
        drawn = {path.stem: path.parent.name for path in (self.models / "models").glob("*/*.bpmn")}
        return tuple(code for code in sorted(drawn) if code in self.rows and self.procedure(code).field == drawn[code])

    def has_model(self, code: str) -> bool:
        """Whether a model is drawn for the procedure. Raises UnknownProcedure."""
        return self._model(self.procedure(code)).is_file()

    def procedure(self, code: str) -> Procedure:
        """What is known of a procedure, by its latest row. Raises UnknownProcedure, RegisterFileUnreadable, RegisterRowInvalid."""
        return self.dated_rows(code)[-1].procedure

    def find(self, words: str = "") -> tuple[Procedure, ...]:
        """The procedures whose code, name or field contains every one of the words, diacritics aside, by their codes."""
        wanted = plain_letters(words).split()
        if len(self._words) < len(self.rows):
            for code in self.codes():
                each = self.procedure(code)
                self._words[code] = plain_letters(f"{each.code} {each.name} {each.field_name}")
        return tuple(self.procedure(code) for code, text in self._words.items() if all(word in text for word in wanted))

    def dated_rows(self, code: str) -> tuple[DatedRow, ...]:
        """Every row of a procedure and when it holds, the oldest first. Raises like `procedure`."""
        if code not in self.rows:
            raise UnknownProcedure(code, self.codes())
        return self.rows[code]

    def versions(self, code: str) -> tuple[ProcedureVersion, ...]:
        """Every version of a procedure, the oldest first. Raises UnknownProcedure, ModelMissing, SharedPartMissing,
        DecisionMissing.
        """
        if code not in self._versions:
            self._versions[code] = tuple(self._build(row) for row in self.dated_rows(code))
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

    def _model(self, procedure: Procedure) -> Path:
        return self.models / "models" / procedure.field / f"{procedure.code}.bpmn"

    def _build(self, row: DatedRow) -> ProcedureVersion:
        path = self._model(row.procedure)
        if not path.is_file():
            raise ModelMissing(row.procedure.code, path)
        return build_closure(
            row.procedure.code,
            path.read_bytes(),
            _read_library(self.models / "shared", "bpmn"),
            register_of(row.procedure),
            in_force_from=row.in_force_from,
            in_force_until=row.in_force_until,
            decisions=_read_library(self.models / "shared", "dmn"),
        )


@cache
def load_catalog(data: Path = DATA, models: Path = BPMN) -> Catalog:
    """The catalogue in a data folder, read once. Raises RegisterRowInvalid, AuthorityRowInvalid."""
    by_hand = {path.stem: _kept_by_hand(path) for path in sorted((data / "procedures").glob("*.yaml"))}
    register = read_register_folder(data / "register")
    for code in by_hand:
        if code in register.places:
            raise RegisterRowInvalid(
                f"{code} is kept by hand in procedures/{code}.yaml and stands in register/{register.places[code][0][0]} too; "
                "take it out of the latter.",
                code=code,
            )
    return Catalog(models, Rows(by_hand, register), load_authorities(data))


def load_authorities(data: Path) -> dict[str, Authority]:
    """The authorities that are named by hand, and those of the tables. Raises AuthorityRowInvalid."""
    tables = [path.read_text(encoding="utf-8") for path in sorted((data / "authorities").glob("*.csv"))]
    named = _read_yaml(data / "authorities.yaml")["authorities"]
    return authorities_from_rows([*named, *(row for table in tables for row in authority_rows(table))])


def _kept_by_hand(path: Path) -> tuple[DatedRow, ...]:
    """The rows of one procedure: the same facts for each version."""
    document = _read_yaml(path)
    procedure = procedure_from_row(document["register"])
    if path.stem != procedure.code:
        raise RegisterRowInvalid(
            f"{path.name} holds the row of {procedure.code}; name the file after its code.", code=procedure.code
        )
    rows = tuple(
        DatedRow(
            procedure,
            date.fromisoformat(row["in_force_from"] or ""),
            date.fromisoformat(row["in_force_until"]) if row["in_force_until"] else None,
            row["source"] or "",
        )
        for row in document["versions"]
    )
    refuse_overlaps(procedure.code, rows)
    return rows


def refuse_overlaps(code: str, rows: tuple[DatedRow, ...]) -> None:
    """Raises RegisterRowInvalid where two rows, the oldest first, are in force on one day."""
    for earlier, later in pairwise(rows):
        if earlier.in_force_until is None or earlier.in_force_until >= later.in_force_from:
            raise RegisterRowInvalid(
                f"Two versions of {code} are in force on {later.in_force_from}; end the earlier one before it.", code=code
            )


@cache
def _read_library(folder: Path, suffix: str) -> Mapping[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.glob(f"*.{suffix}"))}


def _safe_load(text: str) -> Any:
    """As yaml.safe_load; with the parser in C, where PyYAML has it, in a tenth of the time."""
    if yaml.__with_libyaml__:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    return yaml.safe_load(text)


def _read_yaml(path: Path) -> dict[str, Any]:
    document = _safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise RegisterRowInvalid(f"{path.name} is empty or no table of keys.", path=str(path))
    return document
