"""Whose work list a task enters where the drawing says it by lanes: in the procedure, a shared part and another pool."""

from __future__ import annotations

import itertools
from datetime import date

from motcua.engine.spiff.run import Run
from motcua.procedures_catalog.version import build_closure
from tests.office import Office
from tests.pool_models import CODE, MODEL, REGISTER, changed, version

_BPMN = 'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:motcua="urn:motcua:bpmn:1.0"'


def _role(role: str) -> str:
    return f'<bpmn:extensionElements><motcua:assignment role="{role}"/></bpmn:extensionElements>'


def _lane(id: str, role: str, *listed: str) -> str:
    refs = "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in listed)
    return f'<bpmn:lane id="{id}" name="{id}">{_role(role)}{refs}</bpmn:lane>'


def _in_a_row(*nodes: str) -> str:
    """The nodes, of the form `<bpmn:tag id="…"`, and the flows from each to the next."""
    ids = [node.split('id="', 1)[1].split('"', 1)[0] for node in nodes]
    flows = (f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in itertools.pairwise(ids))
    return "".join((*nodes, *flows))


_CONSULT = _in_a_row('<bpmn:startEvent id="cs"/>', '<bpmn:userTask id="consult" name="Hỏi ý kiến"/>', '<bpmn:endEvent id="ce"/>')
_PROCEDURE = f"""<bpmn:definitions {_BPMN} id="d" targetNamespace="t">
  <bpmn:process id="main" isExecutable="true">
    <bpmn:extensionElements><motcua:procedure code="{CODE}"/></bpmn:extensionElements>
    <bpmn:laneSet id="ls">{_lane("desk", "one_stop_desk", "check", "opinion", "own", "sign")}</bpmn:laneSet>
    {
    _in_a_row(
        '<bpmn:startEvent id="s"><bpmn:extensionElements><motcua:act name="receive"/></bpmn:extensionElements></bpmn:startEvent>',
        '<bpmn:userTask id="check" name="Kiểm tra"/>',
        f'<bpmn:subProcess id="opinion" name="Lấy ý kiến">{_CONSULT}</bpmn:subProcess>',
        f'<bpmn:manualTask id="own" name="Phê duyệt">{_role("division_head")}</bpmn:manualTask>',
        '<bpmn:callActivity id="sign" name="Ký" calledElement="shared_x"/>',
        '<bpmn:intermediateThrowEvent id="p"><bpmn:extensionElements><motcua:act name="process"/></bpmn:extensionElements>'
        "</bpmn:intermediateThrowEvent>",
        '<bpmn:endEvent id="e"><bpmn:extensionElements><motcua:act name="return"/></bpmn:extensionElements></bpmn:endEvent>',
    )
}
  </bpmn:process>
</bpmn:definitions>"""
_PART = f"""<bpmn:definitions {_BPMN} id="dx" targetNamespace="t">
  <bpmn:process id="shared_x" isExecutable="true">
    <bpmn:laneSet id="lx">{_lane("signers", "commune_leader", "signing")}</bpmn:laneSet>
    {_in_a_row('<bpmn:startEvent id="xs"/>', '<bpmn:userTask id="signing" name="Ký kết quả"/>', '<bpmn:endEvent id="xe"/>')}
  </bpmn:process>
</bpmn:definitions>"""


def test_an_open_task_carries_the_role_of_its_lane_through_sub_processes_and_shared_parts_also_after_restoring() -> None:
    office = Office()
    library = {"shared_x": _PART.encode()}
    published = build_closure(CODE, _PROCEDURE.encode(), library, REGISTER, in_force_from=date(2026, 1, 1))
    office.engine.publish(published)
    code = office.engine.open(office.application(CODE, entries={})).code
    roles = {}
    while tasks := office.tasks(code):
        ((activity, task),) = tasks.items()
        compiled = office.engine.procedures.get(office.dossier(code).version_id)
        run = Run.restore(compiled.model, office.store.state(code), office.clock.now(), {})
        (token,) = (token for token in run.tokens() if token.node.id == activity)
        assert token.node.assignment is not None
        assert token.node.assignment.role == task.role, "a saved dossier asks the same person"
        opened = [event.facts["role"] for event in office.store.events(code) if event.kind == "task_opened"]
        assert opened[-1] == task.role
        roles[activity] = task.role
        office.do(code, activity)
    assert roles == {"check": "one_stop_desk", "consult": "one_stop_desk", "own": "division_head", "signing": "commune_leader"}
    assert office.dossier(code).status.value == "returned"


def test_tasks_of_two_pools_enter_the_work_lists_that_the_lanes_of_their_own_pool_name() -> None:
    by_lanes = changed(
        MODEL,
        ('<motcua:assignment role="officer"/>', ""),
        ('<motcua:assignment role="consulted_agency"/>', ""),
        ('name="Chuyên viên">', f'name="Chuyên viên">{_role("officer")}'),
        ('name="Công chức thuế">', f'name="Công chức thuế">{_role("consulted_agency")}'),
    )
    office = Office()
    office.engine.publish(version(by_lanes))
    code = office.engine.open(office.application(CODE, entries={"area": "100.5"})).code
    assert {id: task.role for id, task in office.tasks(code).items()} == {"assess": "officer"}
    office.do(code, "assess")
    assert {id: task.role for id, task in office.tasks(code).items()} == {"compute_tax": "consulted_agency"}
    office.do(code, "compute_tax", vnd_per_square_metre=1000)
    assert office.dossier(code).status.value == "returned"
