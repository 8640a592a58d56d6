"""Rules about what hangs on the dossier's time limit, which of many procedures nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from motcua.bpmn.checks.findings import CheckContext, Finding, Rule, containers, doubtful, title
from motcua.bpmn.checks.variables import uses
from motcua.bpmn.elements import Definitions, NodeKind

_OF_THE_LIMIT: Final = re.compile(r"\b(before due|the time limit)\Z")


def nothing_waits_for_a_limit_that_may_be_unknown(definitions: Definitions, context: CheckContext) -> Iterator[Finding]:
    """On the edge of an activity such a timer is missed at worst; on the way of a token, the token stays for ever."""
    if any("limit_known" in use.wanted for use in uses(definitions, context.decisions)):
        return
    for _, container in containers(definitions):
        raced = {node.id for node in container.nodes if node.kind is NodeKind.EVENT_BASED_GATEWAY}
        followers = {flow.target for flow in container.flows if flow.source in raced}
        for node in container.nodes:
            timer = node.event.timer if node.event else None
            if timer is None or node.kind is not NodeKind.INTERMEDIATE_CATCH_EVENT or node.id in followers:
                continue
            if _OF_THE_LIMIT.search(timer.text):
                yield doubtful(
                    "timer",
                    node,
                    f"{title(node)} waits for ever in a dossier whose time limit is unknown",
                    "let a gateway before it ask limit_known, or put the timer on the edge of an activity",
                    line=timer.line,
                )


TIME_LIMIT_RULES: Final[tuple[Rule, ...]] = (nothing_waits_for_a_limit_that_may_be_unknown,)
