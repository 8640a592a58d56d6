"""Whether a model can be run faithfully: one function per rule, and every finding says where, what, and what to do instead.

    findings = check_model(definitions, context)
    if errors(findings): raise ModelRefused.of(definitions, findings)

What the checks cannot know (which operations exist, which roles, what a timer may say) is the `CheckContext`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from motcua.bpmn.checks.broadcasts import BROADCAST_RULES
from motcua.bpmn.checks.calls import CALL_RULES
from motcua.bpmn.checks.compensation import COMPENSATION_RULES
from motcua.bpmn.checks.decision_tables import check_decisions
from motcua.bpmn.checks.decision_uses import DECISION_RULES, decision_names, used_decisions
from motcua.bpmn.checks.findings import CheckContext, Finding, ModelRefused, Rule, Severity, errors
from motcua.bpmn.checks.handlers import HANDLER_RULES
from motcua.bpmn.checks.people import PEOPLE_RULES
from motcua.bpmn.checks.pools import POOL_RULES
from motcua.bpmn.checks.repetitions import REPETITION_RULES
from motcua.bpmn.checks.structure import STRUCTURE_RULES
from motcua.bpmn.checks.support import SUPPORT_RULES
from motcua.bpmn.checks.time_limits import TIME_LIMIT_RULES
from motcua.bpmn.checks.variables import VARIABLE_RULES
from motcua.bpmn.elements import Definitions

__all__ = [
    "RULES",
    "CheckContext",
    "Finding",
    "ModelRefused",
    "Severity",
    "check_decisions",
    "check_model",
    "decision_names",
    "errors",
    "used_decisions",
]

RULES: tuple[Rule, ...] = (
    *SUPPORT_RULES,
    *STRUCTURE_RULES,
    *HANDLER_RULES,
    *COMPENSATION_RULES,
    *POOL_RULES,
    *BROADCAST_RULES,
    *REPETITION_RULES,
    *VARIABLE_RULES,
    *DECISION_RULES,
    *CALL_RULES,
    *TIME_LIMIT_RULES,
    *PEOPLE_RULES,
)


MAX_FINDINGS: Final = 20
"""Of each rule and severity, so that a person can read them and a hostile file stays cheap; how many more there are is said."""
MAX_LETTERS: Final = 600
"""Of one message: a model may quote itself in it."""


def check_model(definitions: Definitions, context: CheckContext) -> tuple[Finding, ...]:
    """The findings of every rule, in the order of the lines of the file: of each rule the first `MAX_FINDINGS` errors and the
    first `MAX_FINDINGS` warnings, and then one that says how many more there are."""
    findings = {finding for rule in RULES for finding in rule(definitions, context)}
    told: list[Finding] = []
    times: Counter[tuple[str, Severity]] = Counter()
    omitted: dict[tuple[str, Severity], Finding] = {}
    for finding in sorted(findings, key=lambda finding: (finding.line, finding.element_id or "", finding.rule, finding.message)):
        kind = (finding.rule, finding.severity)
        times[kind] += 1
        if times[kind] <= MAX_FINDINGS:
            told.append(replace(finding, message=shortened(finding.message), remedy=shortened(finding.remedy)))
        else:
            omitted.setdefault(kind, finding)
    for (rule, severity), first in omitted.items():
        number = times[rule, severity] - MAX_FINDINGS
        more = f"from here on there {'is 1 more' if number == 1 else f'are {number:,} more'} of this rule"
        told.append(Finding(rule, severity, first.element_id, first.line, more, "mend those before, then check again"))
    return tuple(told)


def shortened(words: str) -> str:
    """At most `MAX_LETTERS` of them."""
    return words if len(words) <= MAX_LETTERS else words[: MAX_LETTERS - 1] + "…"
