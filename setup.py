"""Everything about the package is in pyproject.toml; this adds one step: what the pages load in a browser is built first.

The bundles go into wheels and source distributions, so that who installs motcua needs no Node. A source distribution carries the
bundles and not what they are made from; there the step has nothing to do, and neither in an editable install, for which
`make assets` builds. Files are addressed through `motcua/`, because its links become real folders in a source distribution.
"""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent


def bundle() -> None:
    """Make the bundles where their sources are at hand."""
    if (HERE / "motcua/services/web/package.json").is_file():
        sys.path.insert(0, str(HERE))
        from motcua.services.web.build import build_assets

        build_assets()


class BuildWithBundles(build_py):
    def run(self) -> None:
        if not self.editable_mode:
            bundle()
            self.__dict__.pop("data_files", None)  # listed before the bundles were there, and kept
        super().run()


class SourceWithBundles(sdist):
    def run(self) -> None:
        bundle()
        super().run()


setup(cmdclass={"build_py": BuildWithBundles, "sdist": SourceWithBundles})
