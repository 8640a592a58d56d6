"""What `make` tells a person whose machine cannot set motcua up: one sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house import ROOT


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A checkout with nothing but what setup reads, and a `bin` folder that stands for the machine's programs."""
    shutil.copy2(ROOT / "Makefile", tmp_path)
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "bin").mkdir()
    for name in ("make", "sh", "cat", "test", "rm", "touch", "echo"):
        if found := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def python(fresh: Path, name: str, script: str) -> None:
    program = fresh / "bin" / name
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)


def setup(fresh: Path) -> str:
    """The complaint of `make setup` on that machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "setup"], cwd=fresh, env={**kept, "PATH": str(fresh / "bin")}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert not (fresh / ".venv" / "run.stamp").exists()
    return done.stderr


def test_without_python_setup_says_which_to_install(fresh: Path) -> None:
    assert "motcua needs Python 3.11 or later" in setup(fresh)


def test_with_an_old_python_setup_names_it_and_says_what_is_needed(fresh: Path) -> None:
    python(fresh, "python3", '[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    complaint = setup(fresh)
    assert "motcua needs Python 3.11 or later, and found Python 3.9.2: install it" in complaint


def test_a_later_python_is_found_beside_an_old_one(fresh: Path) -> None:
    python(fresh, "python3", "exit 1\n")
    python(fresh, "python3.12", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n')
    assert "which python3.12 lacks" in setup(fresh)


def test_where_debian_left_out_ensurepip_setup_names_the_package(fresh: Path) -> None:
    python(fresh, "python3", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac\n')
    assert "apt-get install python3-venv" in setup(fresh)
