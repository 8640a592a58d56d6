"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import PACKAGES, ROOT, modules_of, own_files

TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".yaml",
    ".yml",
    ".json",
    ".csv",
    ".html",
    ".ts",
    ".js",
    ".css",
    ".sh",
    ".cfg",
    ".bpmn",
    ".dmn",
    ".sql",
    ".mako",
    "",
}

LONGER_MODULES: dict[str, str] = {}
"""Modules that may pass 400 lines, each with the reason."""


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def syntax(path: Path) -> ast.Module:
    return ast.parse(read(path), filename=str(path))


def test_no_file_names_a_machine_or_a_package_registry() -> None:
    # Put together here, so that this file passes its own test.
    homes = r"(?<![\w./:-])/(?:" + "|".join(("work", "root", "home", "Users", "opt")) + r")/\w+"
    hosts = "|".join(
        re.escape(".".join(parts))
        for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
    )
    forbidden = re.compile(f"{homes}|{hosts}")
    found = []
    for path in own_files():
        if path.suffix not in TEXTS or (ROOT / path).is_symlink():
            continue
        for number, line in enumerate(read(path).splitlines(), start=1):
            if match := forbidden.search(line):
                found.append(f"{path}:{number}: {match.group()}")
    assert found == []


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_a_lock_file_pins_every_package_by_version_and_hash_and_names_no_address(name: str) -> None:
    entries = re.sub(r"\\\n\s*", "", read(Path("requirements", name))).splitlines()
    for entry in entries:
        if entry and not entry.startswith("#"):
            assert re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry
            assert "://" not in entry, entry


def test_the_tests_run_on_the_very_versions_that_the_product_runs_on() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9.-]+==\S+", read(Path("requirements", name)), flags=re.MULTILINE))

    assert pins("run.txt") <= pins("dev.txt")


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("statement", ["import {0}", "from {0} import clock", "import {0}.clock"])
def test_a_package_cannot_be_imported_by_its_folder_name(package: str, statement: str) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename", "tests/snippet.py", "-"],
        input=statement.format(package) + "\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert f"Import motcua.{package}" in checked.stdout


def test_motcua_gathers_the_packages_by_relative_links() -> None:
    links = {path.name: (ROOT / path).readlink() for path in own_files() if (ROOT / path).is_symlink()}
    assert links == {package: Path("..", package) for package in PACKAGES}


def test_every_module_says_why_it_exists() -> None:
    assert [str(path) for path in modules_of("motcua", "benchmarks", *PACKAGES) if not ast.get_docstring(syntax(path))] == []


def test_a_module_has_at_most_400_lines_unless_a_reason_is_given() -> None:
    long = {str(path) for path in modules_of("motcua", "benchmarks", *PACKAGES) if read(path).count("\n") > 400}
    assert long == set(LONGER_MODULES)


def test_only_the_clock_reads_the_time() -> None:
    readers = set()
    for path in modules_of("motcua", *PACKAGES):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
                owner = ast.unparse(node.value)
                if owner.split(".")[-1] in {"datetime", "date"}:
                    readers.add(str(path))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {
                "time.time",
                "time.time_ns",
                "time.localtime",
                "time.gmtime",
            }:
                readers.add(str(path))
    assert readers == {"engine/clock.py"}


def test_no_module_of_the_engine_reads_files_or_talks_to_anyone() -> None:
    outside = {
        "os",
        "pathlib",
        "shutil",
        "tempfile",
        "glob",
        "fcntl",
        "mmap",
        "socket",
        "select",
        "subprocess",
        "urllib",
        "http",
        "ftplib",
        "smtplib",
    }
    reaching = {"open", "read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink", "input", "print"}
    found = []
    for path in modules_of("engine"):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Import):
                found += [f"{path}:{node.lineno}: import {a.name}" for a in node.names if a.name.split(".")[0] in outside]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module and node.module.split(".")[0] in outside:
                found.append(f"{path}:{node.lineno}: from {node.module} import")
            elif isinstance(node, ast.Call):
                called = (
                    node.func.id
                    if isinstance(node.func, ast.Name)
                    else node.func.attr
                    if isinstance(node.func, ast.Attribute)
                    else ""
                )
                if called in reaching:
                    found.append(f"{path}:{node.lineno}: {called}()")
    assert found == []
