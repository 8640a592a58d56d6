"""The fields (lĩnh vực) that procedures belong to, with the folder that holds their models and the file that holds their rows.

`data/fields.csv` keeps folder and name together: a folder is named once and never changes, because models lie in it. A field that
the source leaves open is "unclassified"; nobody guesses.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from motcua.errors import InvalidInput
from motcua.procedures_catalog.plain_letters import file_name, plain_letters

UNCLASSIFIED: Final = "unclassified"


class FieldsUnreadable(InvalidInput):
    """The list of fields names a folder twice, or lacks a column."""


@dataclass(frozen=True, slots=True)
class FieldNames:
    """folders: plain letters of a field's name → folder.   names: folder → the field's name as officers read it."""

    folders: Mapping[str, str]
    names: Mapping[str, str]

    def folder(self, name: str) -> str:
        """The folder of a field. Raises KeyError for one that is not listed."""
        return self.folders[plain_letters(name)]

    def name(self, name: str) -> str:
        """The field's name as it is listed, whatever its letters' case in the source."""
        return self.names[self.folder(name)]

    def with_new(self, names: Iterable[str]) -> FieldNames:
        """These fields and those of `names` that are new, each with a folder of its own."""
        folders, listed = dict(self.folders), dict(self.names)
        for name in sorted(set(names)):
            if not name or plain_letters(name) in folders:
                continue
            folder = base = file_name(name)
            number = 2
            while folder in listed or folder == UNCLASSIFIED:
                folder, number = f"{base}_{number}", number + 1
            folders[plain_letters(name)] = folder
            listed[folder] = name
        return FieldNames(folders, listed)

    def as_csv(self) -> str:
        lines = io.StringIO()
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(("folder", "name"))
        rows.writerows(sorted(self.names.items()))
        return lines.getvalue()


def read_fields(text: str) -> FieldNames:
    """Raises FieldsUnreadable."""
    folders: dict[str, str] = {}
    names: dict[str, str] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        folder, name = row.get("folder") or "", row.get("name") or ""
        if not folder or not name or folder in names or plain_letters(name) in folders:
            raise FieldsUnreadable(
                f'Line {number} of the list of fields is empty or repeats a field; write a new one, such as "ho_tich,Hộ tịch".',
                line=number,
            )
        folders[plain_letters(name)], names[folder] = folder, name
    return FieldNames(folders, names)
