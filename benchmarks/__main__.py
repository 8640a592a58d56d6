"""`python -m benchmarks [NAME...] [--json]`: runs the benchmarks and prints their figures.

A benchmark is a module `bench_<name>.py` in this folder with `run() -> dict[str, float | str]`: what was measured, with its
unit in the words (`"cases per second"`), against a figure. Ratios travel between machines, absolute figures do not, so a
benchmark that has something to compare with returns the ratio as well. A benchmark that fails ends the command with status 1,
after the others have run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

Figures = dict[str, float | str]


def names() -> list[str]:
    """The benchmarks of this folder, by what follows `bench_`."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def measure(name: str) -> Figures:
    """Run one benchmark; `seconds it took` is added to its figures."""
    module = importlib.import_module(f"benchmarks.bench_{name}")
    started = perf_counter()
    figures: Figures = module.run()
    return {**figures, "seconds it took": perf_counter() - started}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run the benchmarks.", epilog="Example: make bench")
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"which to run, of: {', '.join(names()) or 'none yet'}")
    parser.add_argument("--json", action="store_true", help="one JSON object: benchmark, figure, value")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.name) - set(names()))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; choose from {', '.join(names())}")

    progress = Console(stderr=True)
    results: dict[str, Figures] = {}
    failed = False
    for name in asked.name or names():
        progress.print(f"==> {name}", style="dim")
        try:
            results[name] = measure(name)
        except Exception:
            failed = True
            traceback.print_exc()

    if asked.json:
        json.dump(results, sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        table = Table("benchmark", "what", "figure")
        for name, figures in results.items():
            for what, figure in figures.items():
                table.add_row(name, what, figure if isinstance(figure, str) else f"{figure:,.4g}")
            table.add_section()
        Console().print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
