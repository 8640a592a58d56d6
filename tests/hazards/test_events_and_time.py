"""Rows 9 to 15, 19 and 20: events, what they interrupt, links, and time."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import SpiffWorkflow.bpmn.specs.event_definitions.timer as timers
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.util.diff import SpecDiff, WorkflowDiff, migrate_workflow
from SpiffWorkflow.util.task import TaskState

from motcua.bpmn.elements import Body, Definitions, EventDefinition, EventKind, Node, NodeKind
from motcua.engine.calendars import default_calendar
from motcua.engine.deadlines import DEFAULT_POLICY
from motcua.engine.spiff.compile import compile_model
from motcua.engine.spiff.remap import move_token, remap
from motcua.engine.spiff.run import Run, TokenGone
from motcua.engine.store import UnknownTask
from motcua.engine.timers import TimerUnreadable, parse_timer, timer_instant
from tests import small_models as small
from tests.hazards.library import (
    case,
    complete,
    drawn,
    end,
    message,
    node,
    parse,
    person,
    ready,
    script,
    send,
    start,
    time_at_hand,
    timer,
    waiting,
)
from tests.hazards.marking import library, motcua
from tests.hazards.ours import BIRTH, NOW, Case, changed, is_refused
from tests.office import Office

PAID = '<bpmn:message id="m" name="paid"/>'


def limited(kind: str = "timeDuration", text: str = '"P10D"', interrupts: str = "true") -> str:
    """A task with a timer on its edge."""
    return drawn(
        start(),
        person("ask"),
        node("boundaryEvent", "late", timer(kind, text), attachedToRef="ask", cancelActivity=interrupts),
        person("remind"),
        end(),
        end("end2"),
        flows="start > ask > end\nlate > remind > end2",
    )


@library(9)
def test_in_the_library_a_migration_empties_the_half_filled_form_and_starts_the_timer_again() -> None:
    with time_at_hand() as pass_time:
        workflow = case(limited())
        ready(workflow)[0].data["draft"] = "half"
        (before,) = (task.internal_data["event_value"] for task in workflow.get_tasks(state=TaskState.WAITING))
        pass_time(timedelta(days=5))
        new, _ = parse(limited())
        difference = WorkflowDiff(workflow, SpecDiff(BpmnWorkflowSerializer().registry, workflow.spec, new))
        migrate_workflow(difference, workflow, new)
        (after,) = (task.internal_data["event_value"] for task in workflow.get_tasks(state=TaskState.WAITING))
    assert ready(workflow)[0].data == {}
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) == timedelta(days=5)


@motcua(9)
def test_a_migration_keeps_the_variables_the_token_and_the_instant_from_which_its_timer_counts() -> None:
    model = small.process([small.start(), small.timer("late", "10 working days"), small.end()], "start > late > end")
    old, new = compile_model(model, {}), compile_model(model, {})
    before = Case(old, draft="half").run
    later = Run.restore(old, before.save(), NOW + timedelta(days=5), {})
    after = Run.restore(new, remap(later, new, str), NOW + timedelta(days=5), {})
    assert after.tokens() == before.tokens()
    assert after.scope == {"draft": "half"}


PAYMENT = drawn(
    start(),
    person("first"),
    node("intermediateCatchEvent", "wait", message()),
    end(),
    flows="start > first > wait > end",
    around=PAID,
)


@library(10)
def test_in_the_library_a_task_that_a_rewind_removed_goes_on_swallowing_messages() -> None:
    workflow = case(PAYMENT)
    complete(workflow, "first")
    first = next(task for task in workflow.tasks.values() if task.task_spec.name == "first")
    workflow.reset_from_task_id(first.id)
    send(workflow, "paid")
    complete(workflow, "first")
    assert [task.task_spec.name for task in workflow.get_tasks(state=TaskState.WAITING)] == ["wait"], "the message is gone"


@motcua(10)
def test_a_token_that_was_moved_back_waits_for_nothing_any_more() -> None:
    found = Case(
        small.process([small.start(), small.person("first"), small.message("paid"), small.end()], "start > first > paid > end")
    )
    found.complete("first")
    gone = found.token("paid")
    move_token(found.run, gone, "first")
    found.advance()
    assert found.waits() == {"first"}
    with pytest.raises(TokenGone):
        found.run.fire(gone, {})


@library(11)
def test_in_the_library_a_task_is_completed_although_its_term_is_over() -> None:
    with time_at_hand() as pass_time:
        workflow = case(limited())
        pass_time(timedelta(days=11))
        complete(workflow, "ask")
    assert workflow.is_completed()
    assert waiting(workflow) == [], "nobody was reminded"


LATE = (
    "    <bpmn:sequenceFlow ",
    '    <bpmn:boundaryEvent id="late" name="Hết hạn" attachedToRef="appraise"><bpmn:outgoing>late_end</bpmn:outgoing>'
    '<bpmn:timerEventDefinition id="late_timer"><bpmn:timeDuration>8 hours</bpmn:timeDuration></bpmn:timerEventDefinition>'
    '</bpmn:boundaryEvent>\n    <bpmn:userTask id="overdue" name="Xử lý quá hạn"><bpmn:incoming>late_end</bpmn:incoming>'
    '<bpmn:outgoing>overdue_end</bpmn:outgoing></bpmn:userTask>\n    <bpmn:endEvent id="late_end_event"/>'
    '<bpmn:sequenceFlow id="late_end" sourceRef="late" targetRef="overdue"/>'
    '<bpmn:sequenceFlow id="overdue_end" sourceRef="overdue" targetRef="late_end_event"/>\n    <bpmn:sequenceFlow ',
)


@motcua(11)
def test_what_is_due_happens_before_a_task_is_completed_and_the_officer_is_told() -> None:
    office = Office()
    version = changed(BIRTH, LATE)
    with office.store.transaction() as tx:
        tx.publish(version)
    code = office.engine.open(office.application(BIRTH)).code
    office.serve()
    office.do(code, "check_completeness")
    task = office.tasks(code)["appraise"]
    office.clock.advance(timedelta(days=4))
    with pytest.raises((UnknownTask, TokenGone)):
        office.engine.complete_task(task.id, {}, "officer")
    assert list(office.tasks(code)) == ["overdue"]
    assert "task_completed" not in office.kinds(code)[-4:]


ESCALATED = '<bpmn:escalation id="esc" name="esc" escalationCode="E"/>'


@library(12)
def test_in_the_library_what_stands_after_an_interrupting_event_inside_a_sub_process_still_runs() -> None:
    throw = node("intermediateThrowEvent", "throw", '<bpmn:escalationEventDefinition escalationRef="esc"/>')
    flows = "".join(
        f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
        for a, b in (("begin", "throw"), ("throw", "work"), ("work", "finish"))
    )
    catch = node("boundaryEvent", "catch", '<bpmn:escalationEventDefinition escalationRef="esc"/>', attachedToRef="sub")
    document = drawn(
        start(),
        node("subProcess", "sub", start("begin") + throw + script("work", "done = True") + end("finish") + flows),
        catch,
        person("handle"),
        end(),
        end("end2"),
        flows="start > sub > end\ncatch > handle > end2",
        around=ESCALATED,
    )
    workflow = case(document)
    assert waiting(workflow) == ["handle"]
    assert [task.task_spec.name for task in workflow.get_tasks(state=TaskState.COMPLETED) if task.task_spec.name == "work"] == [
        "work"
    ]


@motcua(12)
def test_an_interrupting_event_stops_a_sub_process_before_its_next_step() -> None:
    escalation = EventDefinition(EventKind.ESCALATION, name="E")
    inside = [
        small.start("begin"),
        small.node("throw", NodeKind.INTERMEDIATE_THROW_EVENT, event=escalation),
        small.script("work", "done = True"),
        small.end("finish"),
    ]
    found = Case(
        small.process(
            [
                small.start(),
                small.sub_process("sub", inside, "begin > throw > work > finish"),
                small.boundary("catch", "sub", escalation),
                small.person("handle"),
                small.end(),
                small.end("end2"),
            ],
            "start > sub > end",
            "catch > handle > end2",
        )
    )
    assert found.waits() == {"handle"}
    assert "done" not in found.run.scope


def handled() -> str:
    flows = '<bpmn:sequenceFlow id="z1" sourceRef="paid" targetRef="handle"/>'
    flows += '<bpmn:sequenceFlow id="z2" sourceRef="handle" targetRef="handled"/>'
    inside = node("startEvent", "paid", message(), isInterrupting="true") + person("handle") + end("handled") + flows
    return drawn(
        start(),
        person("ask"),
        end(),
        node("subProcess", "on_payment", inside, triggeredByEvent="true"),
        flows="start > ask > end",
        around=PAID,
    )


def our_handled() -> Definitions:
    caught = small.node("paid", NodeKind.START_EVENT, event=EventDefinition(EventKind.MESSAGE, message="paid"))
    inner = small.process([caught, small.person("handle"), small.end("handled")], "paid > handle > handled").processes[0]
    handler: Node = small.node("on_payment", NodeKind.SUB_PROCESS, triggered_by_event=True, body=Body(inner.nodes, inner.flows))
    return small.process([small.start(), small.person("ask"), small.end(), handler], "start > ask > end")


@library(13)
def test_in_the_library_an_interrupting_event_sub_process_leaves_the_task_beside_it_open() -> None:
    workflow = case(handled())
    send(workflow, "paid")
    assert waiting(workflow) == ["ask", "handle"]


@motcua(13)
def test_an_interrupting_event_sub_process_interrupts() -> None:
    found = Case(our_handled())
    assert found.waits() == {"ask", "paid"}
    found.fire("paid")
    assert found.waits() == {"handle"}
    found.complete("handle")
    assert found.run.is_over


@library(14)
def test_in_the_library_one_case_leaves_a_phantom_sub_process_in_the_next() -> None:
    spec, inner = parse(handled())

    def new_case() -> Any:
        workflow = BpmnWorkflow(spec, inner)
        workflow.do_engine_steps()
        return workflow

    first = new_case()
    assert len(first.subprocesses) == 0
    send(first, "paid")
    assert len(new_case().subprocesses) == 1


@motcua(14)
def test_the_next_dossier_begins_like_the_first_whatever_that_did() -> None:
    model = compile_model(our_handled(), {})
    first = Case(model)
    begun = [token.node.id for token in first.run.tokens()]
    first.fire("paid")
    first.complete("handle")
    assert [token.node.id for token in Case(model).run.tokens()] == begun


def linked(kind: str) -> str:
    return node(kind, "out" if "Throw" in kind else "in", '<bpmn:linkEventDefinition name="L"/>')


@library(15)
def test_in_the_library_a_link_event_ends_the_path_and_with_it_the_case() -> None:
    document = drawn(
        start(),
        linked("intermediateThrowEvent"),
        linked("intermediateCatchEvent"),
        person("after"),
        end(),
        flows="start > out\nin > after > end",
    )
    assert case(document).is_completed()


@motcua(15)
def test_a_link_event_leads_to_the_one_of_its_name() -> None:
    link = EventDefinition(EventKind.LINK, name="L")
    found = Case(
        small.process(
            [
                small.start(),
                small.node("out", NodeKind.INTERMEDIATE_THROW_EVENT, event=link),
                small.node("in", NodeKind.INTERMEDIATE_CATCH_EVENT, event=link),
                small.person("after"),
                small.end(),
            ],
            "start > out",
            "in > after > end",
        )
    )
    assert found.waits() == {"after"}


@library(19)
def test_in_the_library_a_month_from_31_january_ends_in_march_half_a_month_fails_and_the_computers_clock_is_read() -> None:
    definition = timers.TimerEventDefinition
    from_january = datetime(2026, 1, 31, tzinfo=UTC)
    month = definition.get_timedelta_from_start(definition.parse_iso_duration("P1M"), from_january)
    assert from_january + month == datetime(2026, 3, 3, tzinfo=UTC)
    with pytest.raises(TypeError):
        definition.get_timedelta_from_start(definition.parse_iso_duration("P0.5M"), from_january)
    assert inspect.getsource(timers).count("datetime.now(") == 6


@motcua(19)
def test_a_month_from_31_january_ends_on_the_last_day_of_february_or_the_working_day_after_it() -> None:
    received = datetime(2027, 1, 31, 3, 0, tzinfo=UTC)
    at = timer_instant("1 months", received, default_calendar(), DEFAULT_POLICY, due=None, clock="applicant")
    assert at is not None
    assert default_calendar().local_date(at - timedelta(seconds=1)).isoformat() == "2027-03-01", "28 February 2027 is a Sunday"


@motcua(19)
@pytest.mark.parametrize("text", ["P1M", "P0.5M", "0.5 months", "R3/PT1H", "2026-03-31T17:00:00"])
def test_a_timer_that_could_be_read_in_two_ways_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(TimerUnreadable):
        parse_timer(text)
    document = limited(text=text)
    assert is_refused(document, "timer", "late", "timeDuration")


HOURLY = '"R/2026-03-02T00:30:00+00:00/PT1H"'


@library(20)
def test_in_the_library_a_cycle_fires_once_for_every_hour_of_a_downtime_and_the_tree_grows_with_it() -> None:
    with time_at_hand() as pass_time:
        workflow = case(limited("timeCycle", HOURLY, "false"))
        before = waiting(workflow).count("remind")
        pass_time(timedelta(hours=48))
        for _ in range(100):
            workflow.do_engine_steps()
    assert waiting(workflow).count("remind") - before == 48


CYCLE = (LATE[0], LATE[1].replace('attachedToRef="appraise"', 'attachedToRef="appraise" cancelActivity="false"').replace(
    "<bpmn:timeDuration>8 hours</bpmn:timeDuration>", "<bpmn:timeCycle>every 60 minutes</bpmn:timeCycle>"
).replace('<bpmn:timerEventDefinition id="late_timer">', '<bpmn:timerEventDefinition id="late_timer">'
    '<bpmn:extensionElements><motcua:timer clock="wall"/></bpmn:extensionElements>'))  # fmt: skip


@motcua(20)
def test_a_cycle_that_was_missed_for_two_days_fires_once_and_then_keeps_its_hours() -> None:
    office = Office()
    with office.store.transaction() as tx:
        tx.publish(changed(BIRTH, CYCLE))
    code = office.engine.open(office.application(BIRTH)).code
    office.serve()
    office.do(code, "check_completeness")
    begun = office.clock.now()
    office.wait(hours=48, minutes=30)
    assert office.kinds(code).count("timer_fired") == 1
    assert office.dossier(code).wake_at == begun + timedelta(hours=49)
    office.wait_until(begun + timedelta(hours=49))
    assert office.kinds(code).count("timer_fired") == 2
