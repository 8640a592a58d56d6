"""Keeping drawn files and people's own work apart.

A file that this package wrote carries the digest of its own content in a comment. Whoever changes it, by hand or in a modeller
(which drops the comment), makes it theirs: it is reported, and never overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_MARK: Final = re.compile(
    rb"<!-- Drawn by motcua\.bpmn\.authored, sha256 ([0-9a-f]{64})\. A changed file is never overwritten\. -->\n"
)


class FileState(StrEnum):
    """What became of one file."""

    NEW = "new"
    SAME = "same"
    CHANGED = "drawn anew"
    EDITED = "edited by hand, kept"


def marked(document: bytes) -> bytes:
    """The document with the comment that carries its digest."""
    mark = f"<!-- Drawn by motcua.bpmn.authored, sha256 {sha256(document).hexdigest()}. A changed file is never overwritten. -->\n"
    return document.replace(_DECLARATION, _DECLARATION + mark.encode(), 1)


def is_untouched(content: bytes) -> bool:
    """Whether the file is exactly as this package wrote it."""
    found = _MARK.search(content)
    return found is not None and sha256(_MARK.sub(b"", content, count=1)).hexdigest().encode() == found[1]


def compare(folder: Path, documents: Mapping[str, bytes]) -> Iterator[tuple[str, FileState]]:
    """What writing `documents` (relative path → marked bytes) into `folder` would do to each file."""
    for name, content in documents.items():
        path = folder / name
        if not path.exists():
            yield name, FileState.NEW
        elif (there := path.read_bytes()) == content:
            yield name, FileState.SAME
        else:
            yield name, FileState.CHANGED if is_untouched(there) else FileState.EDITED


def write(folder: Path, documents: Mapping[str, bytes]) -> dict[str, FileState]:
    """Write what is new or drawn anew; keep what people edited."""
    states = dict(compare(folder, documents))
    for name, state in states.items():
        if state in {FileState.NEW, FileState.CHANGED}:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(documents[name])
    return states
