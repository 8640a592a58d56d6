"""What is installed is the whole product and nothing else, whether it is built from the tree or from a source distribution."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from motcua.services.web.build import build_assets
from tests.house import PACKAGES, ROOT, own_files

BUNDLES = Path("services/web/static/built")
SOURCES_OF_BUNDLES = {"package.json", "package-lock.json", ".npmrc"}


def is_packed(path: Path) -> bool:
    """Whether a file of the checkout belongs into the package: documentation and what the bundles are made from do not."""
    inside = path.parts[0] in {"motcua", *PACKAGES} and not (ROOT / path).is_symlink()
    return inside and path.suffix != ".md" and path.name not in SOURCES_OF_BUNDLES and "islands" not in path.parts


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that must succeed, away from this checkout's import path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(kind: str, source: Path, into: Path) -> Path:
    """Build a `wheel` or an `sdist` with the installed setuptools, as pip would without build isolation."""
    into.mkdir()
    program = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    run(sys.executable, "-W", "ignore", "-c", program, into, cwd=source)
    (built,) = into.iterdir()
    return built


@dataclass(frozen=True)
class Built:
    wheel: Path
    wheel_from_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    build_assets()
    folder = tmp_path_factory.mktemp("packaging")
    tree = folder / "tree"
    shutil.copytree(ROOT / BUNDLES, tree / BUNDLES)
    for path in own_files():
        if path.parts[0] not in {"tests", "benchmarks", "docs"}:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tree / path, follow_symlinks=False)
    sdist = build("sdist", tree, folder / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return Built(wheel=build("wheel", tree, folder / "wheel"), wheel_from_sdist=build("wheel", unpacked, folder / "again"))


def content(wheel: Path) -> dict[str, int]:
    """The files of a wheel but its own metadata, with their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist() if ".dist-info/" not in entry.filename}


def test_the_wheel_carries_every_module_and_data_file_of_the_packages(built: Built) -> None:
    files = [path for path in own_files() if is_packed(path)]
    files += [path.relative_to(ROOT) for path in (ROOT / BUNDLES).rglob("*") if path.is_file()]
    expected = {str(path if path.parts[0] == "motcua" else Path("motcua", path)) for path in files}
    assert set(content(built.wheel)) == expected


def test_a_wheel_made_from_the_source_distribution_is_the_same(built: Built) -> None:
    assert content(built.wheel_from_sdist) == content(built.wheel)


def test_an_installed_wheel_can_be_imported_and_run_far_from_the_checkout(built: Built, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", built.wheel, cwd=tmp_path)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    assert not any((site / package).exists() for package in PACKAGES)

    # A path in a .pth file brings the dependencies, but not this environment's own editable install of motcua.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n")
    imports = ", ".join(f"motcua.{package}" for package in PACKAGES)
    assert run(python, "-c", f"import {imports}; print(motcua.engine.__file__)", cwd=tmp_path).startswith(str(site))
    assert "Usage" in run(tmp_path / "venv" / "bin" / "motcua", "--help", cwd=tmp_path)
