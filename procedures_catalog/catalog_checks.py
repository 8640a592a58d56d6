"""Everything that is wrong with a data folder in one run, and what is unknown in it, counted by kind.

register/*.yaml, procedures/*.yaml     the records: `register_checks`, and codes that stand twice
fields.csv, selections.yaml            names, and whether a selection's number can be reached
authorities.yaml, authorities/*.csv    codes, parents, dates, successors
bpmn/models/<field>/<code>.bpmn        a model whose procedure is not in the register, or in another field
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority import TABLE_COLUMNS, Authority, authorities_from_rows, authority_rows
from motcua.procedures_catalog.fields import UNCLASSIFIED, FieldsUnreadable, read_fields
from motcua.procedures_catalog.maturity import FIGURES, maturity_of, unknown_figures
from motcua.procedures_catalog.register import procedure_from_row
from motcua.procedures_catalog.register_checks import Problem, as_problem, overlaps, problems_of
from motcua.procedures_catalog.register_file import DEFAULTS, Record, read_leniently
from motcua.procedures_catalog.register_folder import row_of
from motcua.procedures_catalog.selections import SelectionUnreadable, read_selections, select
from motcua.procedures_catalog.tiers import TIERS


@dataclass(frozen=True, slots=True)
class CatalogReport:
    """problems: in the order of files and lines.   counts: for people and programs, see `counts_of`."""

    problems: tuple[Problem, ...]
    counts: Mapping[str, Any]


def check_catalog(data: Path, models: Path) -> CatalogReport:
    """Check a data folder and the folder of models beside it. Reads files; raises nothing for what they hold."""
    problems: list[Problem] = []
    records = [*_of_register(data / "register", problems), *_by_hand(data / "procedures", problems)]
    for record in records:
        problems += problems_of(record)
    problems += overlaps(records)
    problems += _check_fields(data / "fields.csv", records)
    authorities = _check_authorities(data, problems)
    problems += _check_selections(data / "selections.yaml", records)
    drawn = {path.stem: path for path in sorted((models / "models").glob("*/*.bpmn"))}
    problems += _check_models(drawn, records)
    ordered = tuple(sorted(problems, key=lambda each: (each.file, each.line, each.key)))
    return CatalogReport(ordered, counts_of(records, authorities, drawn))


def counts_of(records: Iterable[Record], authorities: Mapping[str, Authority], drawn: Mapping[str, Path]) -> dict[str, Any]:
    """How many there are, and how many figures are unknown, by kind. Each procedure counts once, by its latest record."""
    latest: dict[str, dict[str, Any]] = {}
    for record in sorted(records, key=lambda each: str(each.fact("in_force_from"))):
        facts = {**DEFAULTS, **record.facts}
        if _is_countable(facts):
            latest[record.code] = facts
    unknown = Counter(figure for facts in latest.values() for figure in unknown_figures(facts))
    ended = [each for each in authorities.values() if each.in_force_until]
    return {
        "procedures": len(latest),
        "models": len(drawn),
        "procedures_with_a_model": len(set(latest) & set(drawn)),
        "fields": len({facts["field"] for facts in latest.values()} - {UNCLASSIFIED}),
        "maturity": dict(sorted(Counter(maturity_of(facts) for facts in latest.values()).items())),
        "unknown_figures": {figure: unknown[figure] for figure in FIGURES},
        "limit_states": dict(sorted(Counter(str(facts["limit_state"]) for facts in latest.values()).items())),
        "fee_states": dict(sorted(Counter(str(facts["fee"]["state"]) for facts in latest.values()).items())),
        "authorities": len(authorities),
        "unknown_of_authorities": {
            "code_is_assumed": sum(each.code_is_assumed for each in authorities.values()),
            "first_day": sum(each.in_force_from is None for each in authorities.values()),
            "successor": sum(each.successor is None for each in ended),
        },
    }


def _is_countable(facts: Mapping[str, Any]) -> bool:
    try:
        unknown_figures(facts)
        return bool(maturity_of(facts))
    except (KeyError, TypeError):
        return False


def _of_register(folder: Path, problems: list[Problem]) -> Iterator[Record]:
    for path in sorted(folder.glob("*.yaml")):
        file = f"register/{path.name}"
        records, mistakes = read_leniently(path.read_text(encoding="utf-8"), file)
        problems += [as_problem(file, mistake) for mistake in mistakes]
        for record in records:
            if record.facts.get("field") != path.stem:
                problem = (
                    f"{record.facts.get('code')}: it is of the field {record.facts.get('field')!r}, and stands among {path.stem}"
                )
                line = record.lines.get("field", record.line)
                problems.append(Problem(file, line, "field", problem, f'field: "{path.stem}", or another file'))
        yield from records


def _by_hand(folder: Path, problems: list[Problem]) -> Iterator[Record]:
    """A record for each version of a file, with the lines of its facts."""
    for path in sorted(folder.glob("*.yaml")):
        file = f"procedures/{path.name}"
        text = path.read_text(encoding="utf-8")
        try:
            document, node = yaml.safe_load(text), yaml.compose(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = str(getattr(error, "problem", None) or error)
            problems.append(Problem(file, mark.line + 1 if mark else 0, "", f"it is no YAML: {problem}", 'code: "1.001193"'))
            continue
        if not isinstance(document, dict) or not isinstance(document.get("register"), dict) or not document.get("versions"):
            problems.append(Problem(file, 0, "", "it lacks its register or its versions", "register: … and versions: …"))
            continue
        lines = _lines(node)
        if document["register"].get("code") != path.stem:
            problem = f"it holds the row of {document['register'].get('code')!r}"
            problems.append(
                Problem(file, lines.get("code", 0), "code", problem, f'code: "{path.stem}"; the file has the code as its name')
            )
        for version in document["versions"]:
            validity = {"in_force_from": version.get("in_force_from"), "in_force_until": version.get("in_force_until")}
            yield Record(file, lines.get("code", 1), {**document["register"], **validity}, lines)


def _lines(node: Any) -> dict[str, int]:
    """The line of each key of `register`, and of the validity in the first version."""
    found: dict[str, int] = {}
    for key, value in node.value:
        inside = value.value if key.value == "register" else value.value[0].value if value.value else []
        found |= {str(each.value): each.start_mark.line + 1 for each, _ in inside if str(each.value) not in found}
    return found


def _check_fields(path: Path, records: Iterable[Record]) -> Iterator[Problem]:
    try:
        names = read_fields(path.read_text(encoding="utf-8")).names
    except FieldsUnreadable as error:
        yield Problem(path.name, error.facts["line"], "", str(error), "ho_tich,Hộ tịch")
        return
    for record in records:
        field = record.facts.get("field")
        if isinstance(field, str) and field not in names and field != UNCLASSIFIED:
            line = record.lines.get("field", record.line)
            yield Problem(record.file, line, "field", f"{record.code}: {field!r} is not in fields.csv", 'field: "unclassified"')


def _check_authorities(data: Path, problems: list[Problem]) -> dict[str, Authority]:
    """Every row by itself, so that one that cannot be read hides no other."""
    found: dict[str, Authority] = {}
    for file, line, row in _authority_lines(data, problems):
        parents = [{**_BLANK, "code": row["parent"]}] if row.get("parent") in found else []
        try:
            authority = authorities_from_rows([*parents, row])[row["code"]]
        except (InvalidInput, KeyError) as error:
            problems.append(
                Problem(file, line, "", f"the row of {row.get('code')} cannot be used: {error}", ",".join(TABLE_COLUMNS))
            )
            continue
        if authority.code in found:
            problems.append(Problem(file, line, "code", f"{authority.code} is listed twice", "list each authority once"))
        if authority.tier not in TIERS:
            problems.append(Problem(file, line, "tier", f"{authority.tier!r} is no tier", f"one of {', '.join(TIERS)}"))
        if (authority.in_force_from or date.min) > (authority.in_force_until or date.max):
            problems.append(Problem(file, line, "in_force_until", f"{authority.code} ends before it begins", "2025-06-30"))
        found[authority.code] = authority
    for authority in found.values():
        heir = found.get(authority.successor or "")
        if authority.successor and (heir is None or authority.in_force_until is None):
            problem = f"{authority.code} names the successor {authority.successor}, which is not listed, or does not end itself"
            problems.append(Problem("authorities", 0, "successor", problem, "the code of an authority that exists afterwards"))
    return found


_BLANK: dict[str, Any] = {
    "name": "", "tier": "", "kind": "", "parent": None, "in_force_from": None, "in_force_until": None, "code_is_assumed": True,
    "division_code": None, "source": "",
}  # fmt: skip


def _authority_lines(data: Path, problems: list[Problem]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    named = data / "authorities.yaml"
    text = named.read_text(encoding="utf-8")
    places = [number for number, line in enumerate(text.split("\n"), start=1) if line.lstrip().startswith("- ")]
    for line, row in zip(places, yaml.safe_load(text)["authorities"], strict=False):
        yield named.name, line, row
    for path in sorted((data / "authorities").glob("*.csv")):
        try:
            rows = authority_rows(path.read_text(encoding="utf-8"))
        except InvalidInput as error:
            problems.append(Problem(f"authorities/{path.name}", error.facts["line"], "", str(error), ",".join(TABLE_COLUMNS)))
            continue
        for line, row in enumerate(rows, start=2):
            yield f"authorities/{path.name}", line, row


def _check_selections(path: Path, records: Iterable[Record]) -> Iterator[Problem]:
    try:
        selections = read_selections(path)
    except (SelectionUnreadable, yaml.YAMLError, KeyError, TypeError) as error:
        yield Problem(path.name, 0, "", f"it cannot be read: {error}", "name, title, province, year, count, of, desks, …")
        return
    procedures = []
    for record in records:
        try:
            procedures.append(procedure_from_row(row_of(record.facts)))
        except InvalidInput:
            continue  # named by the checks of the record
    for name in selections:
        try:
            select(name, selections, procedures)
        except InvalidInput as error:
            yield Problem(path.name, 0, name, str(error), "a smaller count, or a wider rule")


def _check_models(drawn: Mapping[str, Path], records: Iterable[Record]) -> Iterator[Problem]:
    fields = {record.code: record.facts.get("field") for record in records if "code" in record.facts}
    for code, path in drawn.items():
        file = f"models/{path.parent.name}/{path.name}"
        if code not in fields:
            yield Problem(
                file, 0, "code", f"the register has no procedure {code}", "a model is named after its procedure: 1.001193.bpmn"
            )
        elif fields[code] != path.parent.name:
            yield Problem(file, 0, "field", f"{code} is of the field {fields[code]}", f"models/{fields[code]}/{code}.bpmn")
