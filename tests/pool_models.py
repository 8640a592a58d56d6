"""Models with two pools for tests, from tests/bpmn/two_pools.bpmn: as it is, with a busy land office, and with two starts."""

from __future__ import annotations

from datetime import date

from motcua.procedures_catalog.catalog import load_catalog
from motcua.procedures_catalog.version import ProcedureVersion, build_closure
from tests.bpmn.conftest import TWO_POOLS

CODE = "1.001612"
REGISTER = load_catalog().versions(CODE)[0].register
MODEL = TWO_POOLS.read_text(encoding="utf-8").replace("1.000000", CODE).replace('role="leader"', 'role="consulted_agency"')
# The land office does something else before it waits for the tax notice.
BUSY = MODEL.replace(
    '<bpmn:sequenceFlow id="flow_send_to_tax_tax_notice" sourceRef="send_to_tax" targetRef="tax_notice"/>',
    '<bpmn:userTask id="measure" name="Đo đạc"><bpmn:extensionElements><motcua:assignment role="officer"/></bpmn:extensionElements>'
    '</bpmn:userTask><bpmn:sequenceFlow id="fm1" sourceRef="send_to_tax" targetRef="measure"/>'
    '<bpmn:sequenceFlow id="fm2" sourceRef="measure" targetRef="tax_notice"/>',
)


def changed(model: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in model, old
        model = model.replace(old, new)
    return model


def version(model: str) -> ProcedureVersion:
    return build_closure(CODE, model.encode(), {}, REGISTER, in_force_from=date(2026, 1, 1))


TWO_STARTS = changed(
    MODEL,
    ('<bpmn:message id="message_request"',
     '<bpmn:message id="message_renewal" name="land_renewal"/><bpmn:message id="message_request"'),
    ('<bpmn:userTask id="assess"',
     '<bpmn:startEvent id="renewal"><bpmn:extensionElements><motcua:form><motcua:field name="area" type="decimal"/>'
     '<motcua:field name="old_certificate" type="text" label="Giấy cũ" required="true"/></motcua:form><motcua:act name="receive"/>'
     '</bpmn:extensionElements><bpmn:messageEventDefinition messageRef="message_renewal"/></bpmn:startEvent>'
     '<bpmn:exclusiveGateway id="either"/><bpmn:sequenceFlow id="fr1" sourceRef="renewal" targetRef="either"/>'
     '<bpmn:sequenceFlow id="fr2" sourceRef="either" targetRef="assess"/><bpmn:userTask id="assess"'),
    ('sourceRef="filed" targetRef="assess"', 'sourceRef="filed" targetRef="either"'),
)  # fmt: skip
