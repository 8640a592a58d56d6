"""The register: what it costs to load it, to read one procedure and all of them, and to check everything; beside a YAML reader.

With growth: the same register twice as large, which should take twice as long and no more.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from time import perf_counter

import yaml

from motcua.procedures_catalog.catalog import BPMN, DATA, Catalog, load_catalog
from motcua.procedures_catalog.catalog_checks import check_catalog
from motcua.procedures_catalog.register_file import read_records
from motcua.procedures_catalog.register_folder import read_register_folder

ROUNDS = 5


def run() -> dict[str, float | str]:
    """Seconds (the best of five), megabytes, and ratios."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((DATA / "register").glob("*.yaml"))]
    ours = seconds(lambda: [read_records(text, "register") for text in texts])
    twice = seconds(lambda: [read_records(text, "register") for text in (*texts, *texts)])
    sample = texts[:20]
    by_yaml = once(lambda: [yaml.safe_load(text) for text in sample]) / once(lambda: [read_records(text, "x") for text in sample])
    return {
        "procedures": float(len(load_catalog().codes())),
        "MB of files": sum(len(text.encode()) for text in texts) / 1e6,
        "s, load the catalogue": seconds(load),
        "s, search the register's files": seconds(lambda: read_register_folder(DATA / "register")),
        "s, load and read one procedure": seconds(lambda: load().procedure("1.012753")),
        "s, load and read every procedure": seconds(lambda: load().find()),
        "s, find words among all, once read": seconds(lambda: load_catalog().find("khai sinh")),
        "s, check everything": seconds(lambda: check_catalog(DATA, BPMN)),
        "× one procedure, every procedure": seconds(lambda: load().find()) / seconds(lambda: load().procedure("1.012753")),
        "× ours, the same files by a YAML reader": by_yaml,
        "× one register, two of them": twice / ours,
        "MB of memory, every procedure read": memory(lambda: load().find()),
    }


def load() -> Catalog:
    """The catalogue, read anew."""
    load_catalog.cache_clear()
    return load_catalog()


def once(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def seconds(work: Callable[[], object]) -> float:
    return min(once(work) for _ in range(ROUNDS))


def memory(work: Callable[[], object]) -> float:
    """Megabytes that are kept after the work."""
    tracemalloc.start()
    try:
        kept = work()
        return tracemalloc.get_traced_memory()[0] / 1e6 if kept else 0.0
    finally:
        tracemalloc.stop()
