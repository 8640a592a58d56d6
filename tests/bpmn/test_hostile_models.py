"""Models with as much wrong in them as a file can hold: told in few words, and in steps that grow with the file and no faster."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from motcua.bpmn.checks import MAX_FINDINGS, MAX_LETTERS, Severity, check_model
from motcua.bpmn.document import MAX_ATTRIBUTES, MAX_BYTES, MAX_VALUE, ModelUnreadable, read_document
from motcua.bpmn.elements import Definitions
from motcua.bpmn.expressions import compile_expression
from motcua.services.cli.model import packaged_context, register
from tests.bpmn.hostile import HOSTILE, called_twice_a_level, valid, whole

CONTEXT = packaged_context()


def steps_of(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own included: a measure of work that no busy machine changes."""
    steps = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return steps


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_as_much_that_is_wrong_takes_twice_the_steps_and_no_more(name: str) -> None:
    def steps(n: int) -> int:
        content = HOSTILE[name](n)
        compile_expression.cache_clear()
        return steps_of(lambda: check_model(read_document(content, "m.bpmn"), CONTEXT))

    steps(80)  # what is imported or kept at first use is no part of it
    assert steps(640) < 2.3 * steps(320)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_a_thousand_times_is_told_a_few_times_with_how_many_more_there_are(name: str) -> None:
    definitions = read_document(HOSTILE[name](1_000), "m.bpmn")
    findings = check_model(definitions, CONTEXT)
    by_kind: dict[tuple[str, Severity], int] = {}
    for finding in findings:
        by_kind[finding.rule, finding.severity] = by_kind.get((finding.rule, finding.severity), 0) + 1
        assert len(finding.message) <= MAX_LETTERS
        assert len(finding.remedy) <= MAX_LETTERS
    assert max(by_kind.values()) <= MAX_FINDINGS + 1
    assert any(finding.severity is Severity.ERROR and finding.line for finding in findings)


def test_ids_that_stand_twice_are_counted_to_the_last() -> None:
    findings = check_model(read_document(HOSTILE["every id twice"](1_000), "m.bpmn"), CONTEXT)
    *told, more = [finding for finding in findings if finding.rule == "duplicate-id"]
    assert [finding.line for finding in told] == [3 + 2 * place for place in range(MAX_FINDINGS)]
    assert more.message == f"from here on there are {500 - MAX_FINDINGS} more of this rule"
    assert (more.severity, more.line) == (Severity.ERROR, 3 + 2 * MAX_FINDINGS)


def test_one_finding_too_many_is_one_more() -> None:
    findings = check_model(read_document(HOSTILE["every id twice"](2 * MAX_FINDINGS + 2), "m.bpmn"), CONTEXT)
    assert [f.message for f in findings if f.rule == "duplicate-id"][-1] == "from here on there is 1 more of this rule"
    findings = check_model(read_document(HOSTILE["every id twice"](2 * MAX_FINDINGS), "m.bpmn"), CONTEXT)
    assert not [f for f in findings if f.rule == "duplicate-id" and "more" in f.message]


class Visited(Mapping[str, Definitions]):
    """Shared parts that count how often one of them is looked up."""

    def __init__(self, parts: Mapping[str, Definitions]) -> None:
        self.parts, self.visits = parts, 0

    def __getitem__(self, name: str) -> Definitions:
        self.visits += 1
        return self.parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)


def test_a_part_that_is_called_twice_at_each_of_sixty_levels_is_not_looked_into_two_to_the_sixtieth_times() -> None:
    def visits(levels: int) -> int:
        parts = {name: read_document(part, name) for name, part in called_twice_a_level(levels).items()}
        visited = Visited(parts)
        check_model(parts["part0"], replace(CONTEXT, shared_parts=visited))
        return visited.visits

    # Which parts each part reaches is asked for each part, hence the square.
    assert visits(60) < 4.5 * visits(30)
    assert visits(30) < 10 * 30**2


@pytest.mark.parametrize(
    ("content", "objection"),
    [
        (
            whole("<bpmn:manualTask" + "".join(f' a{n}="1"' for n in range(MAX_ATTRIBUTES + 1)) + "/>"),
            f"{MAX_ATTRIBUTES} attributes",
        ),
        (whole(f'<bpmn:manualTask id="{"x" * (MAX_VALUE + 1)}"/>'), f"{MAX_VALUE:,} characters"),
        (valid(6_000)[:MAX_BYTES], "elements|well-formed"),
    ],
)
def test_an_element_that_no_modeller_writes_is_refused_at_its_line(content: bytes, objection: str) -> None:
    with pytest.raises(ModelUnreadable, match=objection) as refused:
        read_document(content, "m.bpmn")
    assert refused.value.facts["line"] >= 2
    assert len(str(refused.value)) < 300


def test_the_command_reads_no_more_of_a_file_than_a_model_may_have_and_goes_on_with_the_next(tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    (tmp_path / "large.bpmn").write_bytes(b"<a>" * 17_000_000)
    (tmp_path / "twice.bpmn").write_bytes(HOSTILE["every id twice"](1_000))
    result = CliRunner().invoke(app, ["model", "check", "--json", str(tmp_path / "large.bpmn"), str(tmp_path / "twice.bpmn")])
    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert f"more bytes than the {MAX_BYTES:,}" in findings[0]["message"]
    assert {"unreadable", "duplicate-id"} <= {finding["rule"] for finding in findings}


def test_a_model_that_is_only_large_is_read() -> None:
    assert len(read_document(valid(2_000), "m.bpmn").processes[0].nodes) == 2_002
