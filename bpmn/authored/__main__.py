"""`python -m motcua.bpmn.authored [--check]`: draw the models, or say what drawing would change.

Exit status 0: every file is as drawn, or somebody's own. 1: with --check, when a file is missing or out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from motcua.bpmn.authored.files import FileState, compare, write
from motcua.bpmn.authored.library import documents


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(__file__).resolve().parents[1]
    states = dict(compare(folder, documents())) if arguments else write(folder, documents())
    for name, state in states.items():
        print(f"{state:<22} {name}")
    stale = arguments and any(state in {FileState.NEW, FileState.CHANGED} for state in states.values())
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
