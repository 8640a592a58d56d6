"""The calendar tables of this installation: the packaged ones, amended by the files that an administrator keeps in the data folder.

    DATA_DIR/calendar/days_off.csv     confirmed_years.csv     office_hours.csv       each optional, UTF-8

Each process reads them once, when it first counts time; servers and workers do at start. `motcua calendar apply` puts new ones in
place and counts the open dossiers anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from motcua.engine.authority_calendars import AuthorityCalendars
from motcua.errors import InvalidInput
from motcua.procedures_catalog.authority import Authority
from motcua.procedures_catalog.calendar_tables import TABLES, CalendarTables, packaged_tables, read_tables


class CalendarFolderUnreadable(InvalidInput):
    """The folder of calendar tables cannot be read."""


def tables_folder(data_dir: Path) -> Path:
    """Where the administrator's tables lie."""
    return data_dir / "calendar"


def load_calendars(data_dir: Path, authorities: Mapping[str, Authority]) -> AuthorityCalendars:
    """Each authority's calendar as this installation has it. Raises the InvalidInput or NotFound leaf of the row at fault."""
    return calendars_of(read_folder(tables_folder(data_dir), authorities), authorities)


def calendars_of(amendments: CalendarTables, authorities: Mapping[str, Authority]) -> AuthorityCalendars:
    """The packaged tables with the administrator's rows in their place."""
    return AuthorityCalendars(packaged_tables().amended(amendments), authorities)


def read_folder(folder: Path, authorities: Mapping[str, Authority]) -> CalendarTables:
    """The tables of a folder; one that does not exist holds none. Raises CalendarFolderUnreadable, or a leaf of `read_tables`."""
    if not folder.exists():
        return CalendarTables()
    try:
        # A spreadsheet may put a byte order mark in front.
        texts = {path.name: path.read_text(encoding="utf-8-sig") for path in sorted(folder.iterdir()) if path.suffix == ".csv"}
    except (OSError, UnicodeDecodeError) as cause:
        raise CalendarFolderUnreadable(
            f"The calendar tables in {folder} cannot be read ({cause}). Save them there as CSV in UTF-8.", folder=str(folder)
        ) from cause
    return read_tables(texts, authorities)


def _replaced_folder(data_dir: Path) -> Path:
    """The tables that a change replaces, kept until the change is carried through."""
    return data_dir / "calendar.replaced"


def load_calendars_before(data_dir: Path, authorities: Mapping[str, Authority]) -> AuthorityCalendars:
    """The calendars by which open dossiers were counted: those that an unfinished change replaced, else the present ones."""
    replaced = _replaced_folder(data_dir)
    return calendars_of(read_folder(replaced if replaced.exists() else tables_folder(data_dir), authorities), authorities)


@contextmanager
def changing(folder: Path, data_dir: Path) -> Iterator[None]:
    """Put new tables in place; the old ones are kept until the block has ended well, so that a change can be carried through."""
    replaced, present = _replaced_folder(data_dir), tables_folder(data_dir)
    if not replaced.exists():
        copied = data_dir / "calendar.copied"
        shutil.rmtree(copied, ignore_errors=True)
        copied.mkdir(parents=True)
        for table in present.glob("*.csv"):
            shutil.copy2(table, copied)
        copied.rename(replaced)
    install(folder, data_dir)
    yield
    shutil.rmtree(replaced)


def install(folder: Path, data_dir: Path) -> None:
    """Make the tables of a folder, read and found good before, the administrator's tables; tables it lacks are taken away."""
    into = tables_folder(data_dir)
    into.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        if (folder / name).exists():
            fresh = into / f"{name}.new"
            fresh.write_bytes((folder / name).read_bytes())
            fresh.replace(into / name)
        else:
            (into / name).unlink(missing_ok=True)
