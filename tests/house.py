"""The checkout as the tests of the house see it: its root, and the files that belong to it."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("bpmn", "engine", "procedures_catalog", "services")


@cache
def own_files() -> tuple[Path, ...]:
    """Every file that is tracked or would be, as a path from the root; links count as files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (Path(name) for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(path for path in paths if (ROOT / path).is_symlink() or (ROOT / path).is_file())


def modules_of(*packages: str) -> tuple[Path, ...]:
    """The Python files of some top-level folders."""
    return tuple(path for path in own_files() if path.suffix == ".py" and path.parts[0] in packages)
