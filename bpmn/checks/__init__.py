"""Whether a model can be run faithfully: one function per rule, and every finding says where, what, and what to do instead.

    findings = check_model(definitions, context)
    if errors(findings): raise ModelRefused.of(definitions, findings)

What the checks cannot know (which operations exist, which roles, what a timer may say) is the `CheckContext`.
"""

from __future__ import annotations

from motcua.bpmn.checks.broadcasts import BROADCAST_RULES
from motcua.bpmn.checks.calls import CALL_RULES
from motcua.bpmn.checks.decision_tables import check_decisions
from motcua.bpmn.checks.decision_uses import DECISION_RULES, decision_names, used_decisions
from motcua.bpmn.checks.findings import CheckContext, Finding, ModelRefused, Rule, Severity, errors
from motcua.bpmn.checks.handlers import HANDLER_RULES
from motcua.bpmn.checks.people import PEOPLE_RULES
from motcua.bpmn.checks.repetitions import REPETITION_RULES
from motcua.bpmn.checks.structure import STRUCTURE_RULES
from motcua.bpmn.checks.support import SUPPORT_RULES
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
    *BROADCAST_RULES,
    *REPETITION_RULES,
    *VARIABLE_RULES,
    *DECISION_RULES,
    *CALL_RULES,
    *PEOPLE_RULES,
)


def check_model(definitions: Definitions, context: CheckContext) -> tuple[Finding, ...]:
    """Every finding of every rule, in the order of the lines of the file."""
    findings = {finding for rule in RULES for finding in rule(definitions, context)}
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.element_id or "", finding.rule, finding.message)))
