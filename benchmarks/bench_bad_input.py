"""What it costs to refuse a hostile model, against checking a sound one that is as large as the limits allow.

Each document of tests/bpmn/hostile.py is made as large as it may be, broken files and bombs are taken as they are, and shared
parts call each other twice at each of 24 levels, or in a circle. A figure above 1 takes longer than the sound model does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import process_time

from motcua.bpmn.checks import check_model
from motcua.bpmn.document import MAX_BYTES, MAX_ELEMENTS, ModelUnreadable, read_document
from motcua.bpmn.expressions import compile_expression
from motcua.services.cli.model import packaged_context
from tests.bpmn.hostile import HOSTILE, OPEN, called_twice_a_level, calling, valid

ROUNDS = 3
LEVELS = 24
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


def run() -> dict[str, float | str]:
    """Processor time, the best of three rounds: seconds for the sound model, and for the others how many times as long."""
    context = packaged_context()

    def check(content: bytes) -> Callable[[], object]:
        def work() -> object:
            compile_expression.cache_clear()
            try:
                return check_model(read_document(content, "m.bpmn"), context)
            except ModelUnreadable:
                return None

        return work

    def check_parts(parts: dict[str, bytes]) -> Callable[[], object]:
        def work() -> object:
            read = {name: read_document(content, name) for name, content in parts.items()}
            around = replace(context, shared_parts=read)
            return [check_model(part, around) for part in read.values()]

        return work

    tasks = (MAX_ELEMENTS - 10) // 2
    works: dict[str, Callable[[], object]] = {
        "sound": check(valid(tasks)),
        "malformed": check(valid(tasks)[:-30]),
        "entity bomb": check(f'<!DOCTYPE d [<!ENTITY e0 "ha">{BOMB}]>\n{OPEN}&e11;</bpmn:definitions>'.encode()),
        "external entity": check(f'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n{OPEN}&x;</bpmn:definitions>'.encode()),
        "50 MB": check(OPEN.encode() + b"<a>" * 17_000_000),
        f"parts called twice at each of {LEVELS} levels": check_parts(called_twice_a_level(LEVELS)),
        "60 parts that call each other in a circle": check_parts(
            {f"part{n}": calling(f"part{n}", f"part{(n + 1) % 60}") for n in range(60)}
        ),
        **{name: check(_as_large_as_may_be(make)) for name, make in HOSTILE.items()},
    }
    best = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = process_time()
            work()
            best[name] = min(best[name], process_time() - started)
    sound = best.pop("sound")
    worst = max(best, key=lambda name: best[name])
    return {
        f"seconds to check a sound model of {tasks:,} tasks": sound,
        "seconds to refuse the worst": best[worst],
        "the worst": worst,
        **{f"times as long as the sound model: {name}": taken / sound for name, taken in best.items()},
    }


def _as_large_as_may_be(make: Callable[[int], bytes]) -> bytes:
    """The largest such document within the limits, to some hundredths."""
    n = MAX_ELEMENTS
    while len(content := make(n)) > MAX_BYTES or content.count(b"<") - content.count(b"</") > MAX_ELEMENTS:
        n = n * 15 // 16
    return content
