"""Writes the saved states of this release: `python -m tests.states.make 0.1`. What is there already is never written again.

A state that was written once must load for ever, so run this when a release can save something that no earlier one could, and
commit what it wrote.
"""

from __future__ import annotations

import sys
from pathlib import Path

from motcua.engine.spiff.run import Run
from tests.states import basic_examples, further_examples, pool_examples

HERE = Path(__file__).parent
EXAMPLES = {**basic_examples.EXAMPLES, **further_examples.EXAMPLES, **pool_examples.EXAMPLES}


def write(release: str) -> list[Path]:
    """The files that were written."""
    written = []
    for name, example in EXAMPLES.items():
        path = HERE / release / f"{name}.msgpack"
        if not path.exists():
            run = Run.start(example.compiled(), basic_examples.NOW, {}, example.variables)
            basic_examples.move(run, example.before)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(run.save())
            written.append(path)
    return written


if __name__ == "__main__":
    for path in write(sys.argv[1]):
        print(path)
