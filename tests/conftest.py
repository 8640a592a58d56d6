"""What every test shares: how hypothesis searches, and where the machine's programs are.

`MOTCUA_REQUIRE_TOOLS=1` (set in CI) turns "this machine lacks the program" from a skip into a failure, so that no test can
stand aside unseen there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline: a shared machine is slow at times, and slowness is not a fault of the law under test.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# CI repeats the same examples, so that a change fails for what it changed; people search further each time.
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Path]:
    """`tool("pdftotext")` is the path of a program of the machine."""

    def find(name: str) -> Path:
        found = shutil.which(name)
        if found is None:
            message = f"This test needs the program {name}, which is not on PATH."
            if os.environ.get("MOTCUA_REQUIRE_TOOLS") == "1":
                pytest.fail(message)
            pytest.skip(message)
        return Path(found)

    return find
