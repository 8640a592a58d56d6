"""A private PostgreSQL that several processes of motcua share on one data folder.

    postgres-18/          the cluster; its user may read it, nobody else
    postgres-18.lock      held while somebody starts or stops the server
    postgres-18.users     held, shared, by every process that uses it; the kernel lets go when a process dies, however it dies

The first process starts the server. Whoever leaves tries to take `.users` for itself alone: that works for the last one, and only
the last one stops the server. After a SIGKILL of every user the server runs on, and the next process joins it and stops it in its
turn; a second server on the same folder cannot come up, because PostgreSQL's own interlock stays in force.

The server listens on a Unix socket in a folder that only its user can enter, and on no network address.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from motcua.services.storage.server_binaries import POSTGRES_MAJOR, EmbeddedServerFailed, Programs, find_programs

USER = DATABASE = "motcua"
USERS_FILE = f"postgres-{POSTGRES_MAJOR}.users"
_START_SECONDS = 60
_LONGEST_SOCKET_FOLDER = 80  # a socket's whole path may have about 100 characters


@dataclass(slots=True)
class EmbeddedServer:
    """A running server that this process uses. `url` names the database; `stop()` leaves, and the last user's stops the server."""

    url: str
    _place: _Place
    _users: int | None = field(repr=False)

    def stop(self) -> None:
        """Leave; twice is once."""
        if self._users is None:
            return
        users, self._users = self._users, None
        with self._place.locked():
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                _stop(self._place)
            finally:
                os.close(users)


def start_embedded(data_dir: Path, *, options: Sequence[str] = ()) -> EmbeddedServer:
    """The server on `data_dir`, started if it does not run yet, with its database `motcua` ready to connect to.

    options: server settings such as "fsync=off", used only when this call starts the server. Raises EmbeddedServerFailed.
    """
    _make_data_dir(data_dir)
    place = _Place(data_dir.resolve())
    with place.locked():
        users = os.open(place.data_dir / USERS_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            if not _answers(place):
                programs = find_programs(place.data_dir, place.cluster)
                _make_cluster(place, programs, options)
                _start(place, programs, options)
            _make_database(place)
        except BaseException:
            os.close(users)
            raise
    return EmbeddedServer(place.url(DATABASE), place, users)


def stop_embedded(data_dir: Path) -> bool:
    """Stop the server on `data_dir` whoever uses it; False when none runs."""
    place = _Place(data_dir.resolve())
    if not place.cluster.is_dir():
        return False
    with place.locked():
        return _stop(place)


@dataclass(frozen=True, slots=True)
class _Place:
    data_dir: Path

    @property
    def cluster(self) -> Path:
        return self.data_dir / f"postgres-{POSTGRES_MAJOR}"

    def beside(self, suffix: str) -> Path:
        return self.cluster.with_name(self.cluster.name + suffix)

    @property
    def socket_folder(self) -> Path:
        beside = self.beside(".socket")
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET_FOLDER:
            return beside
        return Path("/tmp") / f"motcua-{hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]}"

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait until no other process starts or stops this server."""
        lock = os.open(self.beside(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _make_data_dir(data_dir: Path) -> None:
    try:
        # Root's server runs as another user, who must be able to pass through this folder to its own.
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o755 if os.geteuid() == 0 else 0o700)
    except OSError as cause:
        raise EmbeddedServerFailed(
            f"The data folder {data_dir} cannot be made ({cause.strerror}). Set MOTCUA_DATA_DIR to a folder you may write.",
            folder=str(data_dir),
        ) from cause


def _make_cluster(place: _Place, programs: Programs, options: Sequence[str]) -> None:
    if place.cluster.is_dir():
        return
    unfinished = place.beside(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    programs.give(unfinished)
    result = programs.run(
        "initdb",
        *("--pgdata", str(unfinished), "--username", USER, "--auth", "trust", "--encoding", "UTF8"),
        # The built-in provider sorts by code point on every system, without asking the system's locales.
        *("--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *(("--no-sync",) if "fsync=off" in options else ()),
    )
    if result.returncode != 0:
        raise _failed(place, "its data folder could not be set up", result.stdout)
    # Only a finished cluster bears the name, so that a set-up that was killed half-way is simply done again.
    unfinished.rename(place.cluster)


def _start(place: _Place, programs: Programs, options: Sequence[str]) -> None:
    place.socket_folder.mkdir(mode=0o700, exist_ok=True)
    if place.socket_folder.is_symlink() or place.socket_folder.stat().st_uid not in _trusted_users(programs):
        raise _failed(place, f"the socket folder {place.socket_folder} belongs to someone else", "")
    programs.give(place.socket_folder)
    settings = [f"unix_socket_directories={place.socket_folder}", "listen_addresses=", "log_min_messages=warning", *options]
    arguments = " ".join(f"-c {_shell_quoted(setting)}" for setting in settings)
    until = time.monotonic() + _START_SECONDS
    while True:
        _forget_stale_pid(place)
        result = programs.run(
            "pg_ctl", "start", "-D", str(place.cluster), "-l", str(place.cluster / "server.log"), "-w", "-t", "30", "-o", arguments
        )
        if _answers(place):
            return
        if time.monotonic() > until:
            raise _failed(place, "it does not answer", result.stdout + _last_words(place))
        # Right after a SIGKILL the old server's children still hold its memory for a moment, and recovery takes its time.
        time.sleep(0.25)


def _stop(place: _Place) -> bool:
    pid = _server_pid(place)
    if pid is None:
        return False
    # "fast" closes the connections of others and rolls back what they had not committed; nothing committed is at risk.
    result = find_programs(place.data_dir, place.cluster).run(
        "pg_ctl", "stop", "-D", str(place.cluster), "-m", "fast", "-w", "-t", "60"
    )
    if result.returncode != 0 and _server_pid(place) is not None:
        raise _failed(place, "it cannot be stopped", result.stdout)
    with suppress(OSError):
        place.socket_folder.rmdir()
    return True


def _answers(place: _Place) -> bool:
    """Whether a connection is served: the only proof that a server runs."""
    try:
        psycopg.connect(place.url("postgres"), connect_timeout=5).close()
    except psycopg.Error:
        return False
    return True


def _make_database(place: _Place) -> None:
    with psycopg.connect(place.url("postgres"), autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _recorded_pid(place: _Place) -> int | None:
    try:
        return abs(int((place.cluster / "postmaster.pid").read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def _server_pid(place: _Place) -> int | None:
    """The recorded process, if it lives and is a PostgreSQL on this folder; the number may since belong to anyone."""
    pid = _recorded_pid(place)
    if pid is None:
        return None
    command = _command_of(pid)
    return pid if "postgres" in command and str(place.cluster) in command else None


def _forget_stale_pid(place: _Place) -> None:
    """PostgreSQL mends a stale `postmaster.pid` itself, but not one whose number another living process has been given since."""
    pid = _recorded_pid(place)
    if pid is not None and _command_of(pid) and _server_pid(place) is None:
        (place.cluster / "postmaster.pid").unlink(missing_ok=True)


def _command_of(pid: int) -> str:
    """The command line of a living process; empty when there is none."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def _trusted_users(programs: Programs) -> set[int]:
    return {os.geteuid()} | (set() if programs.user is None else {programs.user.pw_uid})


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _last_words(place: _Place) -> str:
    try:
        return "".join((place.cluster / "server.log").read_text(errors="replace").splitlines(keepends=True)[-5:])
    except OSError:
        return ""


def _failed(place: _Place, what: str, output: str) -> EmbeddedServerFailed:
    said = " ".join(output.split())[-600:]
    return EmbeddedServerFailed(
        f"The embedded PostgreSQL on {place.data_dir} does not run: {what}." + (f" It said: {said}" if said else ""),
        folder=str(place.data_dir),
        said=said,
    )
