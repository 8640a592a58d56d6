"""What the demonstration costs: dossiers a second, memory, and what share of the time is real signatures.

The demonstration runs in a process of its own; its own clock of seconds leaves set-up and the final checks out.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

DOSSIERS = 20


def run() -> dict[str, float | str]:
    """Play the demonstration once. Raises CalledProcessError when a dossier did not end as it should."""
    ended = subprocess.run(
        [sys.executable, "-m", "motcua", "demo", "--dossiers", str(DOSSIERS), "--json"], capture_output=True, text=True, check=True
    )
    counts = json.loads(ended.stdout)
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "dossiers": float(counts["dossiers"]),
        "dossiers a second": round(counts["dossiers"] / counts["seconds"], 2),
        "tasks completed a second": round(counts["tasks_completed"] / counts["seconds"], 2),
        "signatures verified": float(counts["signatures_verified"]),
        "peak memory of the largest process, MiB": round(peak_kib / 1024, 0),
    }
