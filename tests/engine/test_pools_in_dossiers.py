"""A dossier with two pools as its officers, operators and outside systems live through it.

The model is tests/bpmn/two_pools.bpmn: a land office asks the tax office, which answers. Local time is UTC+7.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from motcua.bpmn.checks import ModelRefused
from motcua.engine import migration, operators
from motcua.engine.dossier import Ending
from motcua.engine.dossier_engine import MessageUnknown
from motcua.engine.event_log import verify
from motcua.engine.forms import FormRefused
from motcua.engine.migration import MigrationPlan
from motcua.engine.operators import Because, MoveRefused, ProcessNotRunning
from motcua.engine.spiff.mail import MessageUnfit
from motcua.engine.spiff.run import Run
from motcua.engine.starts import StartNotChosen
from tests.office import Office
from tests.pool_models import BUSY, CODE, MODEL, TWO_STARTS, changed, version

WHY = Because("đối chiếu với cơ quan thuế", "Nghị định, Điều 1")


def filed(office: Office, model: str = MODEL, **changes: object) -> str:
    office.engine.publish(version(model))
    return office.engine.open(office.application(CODE, **{"entries": {"area": "100.5"}, **changes})).code


def look(office: Office, code: str) -> Run:
    compiled = office.engine.procedures.get(office.dossier(code).version_id)
    return Run.restore(compiled.model, office.store.state(code), office.clock.now(), {})


def test_a_dossier_goes_through_both_offices_and_closes_when_both_are_done() -> None:
    office = Office()
    code = filed(office)
    assert set(office.tasks(code)) == {"assess"}
    office.do(code, "assess")
    asked = office.tasks(code)["compute_tax"]
    assert (asked.role, asked.authority_code) == ("consulted_agency", "H05.21")
    assert [pause.cause for pause in office.dossier(code).pauses if pause.ended_at is None] == ["tax_payment"]
    office.wait(days=2)
    dossier = office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    assert (dossier.ending, dossier.closed_at) == (Ending.RETURNED, office.clock.now())
    assert all(pause.ended_at is not None for pause in dossier.pauses)
    assert office.acts(code) == ["receive", "process", "return"]
    assert verify(office.store.events(code)).holds


def test_the_history_tells_what_was_sent_over_which_flow_and_who_took_it() -> None:
    office = Office()
    code = filed(office)
    office.do(code, "assess")
    office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    events = {(event.kind, event.facts["message"]): event for event in office.store.events(code) if "message" in event.facts}
    sent, delivered = events["message_sent", "tax_notice"], events["message_delivered", "tax_notice"]
    assert sent.facts["flow"] == delivered.facts["flow"] == "message_flow_notice"
    assert sent.facts["message_id"] == delivered.facts["message_id"]
    assert (sent.facts["activity_id"], delivered.facts["activity_id"]) == ("notice_out", "tax_notice")
    assert sent.content == {"payload": {"tax_vnd": 201_000}}, "round(100.5 * 2000), beside the chain as personal content"


def test_the_tax_office_knows_only_what_the_message_brought() -> None:
    office = Office()
    code = filed(office)
    office.do(code, "assess")
    run = look(office, code)
    assert run.scope == {"area": Decimal("100.5")}
    assert [each.variables.own for each in run.all_instances() if each.spec.name == "tax_office"] == [
        {"taxed_area": Decimal("100.5")}
    ]


def test_nobody_outside_can_speak_for_the_tax_office() -> None:
    office = Office()
    code = filed(office)
    office.do(code, "assess")
    for name in ("tax_notice", "tax_request", "land_transfer"):
        with pytest.raises(MessageUnknown, match="It waits for: none"):
            office.tell(code, name, tax_vnd=1)
    assert set(office.tasks(code)) == {"compute_tax"}


def test_a_message_that_nobody_waits_for_yet_is_kept_and_taken_later() -> None:
    office = Office()
    code = filed(office, BUSY)
    office.do(code, "assess")
    office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    assert len(look(office, code).mail) == 1
    assert office.dossier(code).wake_at == office.clock.now() + timedelta(days=30)
    office.wait(days=29)
    assert office.do(code, "measure").ending is Ending.RETURNED
    assert "message_expired" not in office.kinds(code)


def test_a_message_that_nobody_came_to_wait_for_is_reported_once_and_never_delivered() -> None:
    office = Office()
    code = filed(office, BUSY)
    office.do(code, "assess")
    office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    office.wait(days=31)
    office.wait(days=31)
    expired = [event.facts for event in office.store.events(code) if event.kind == "message_expired"]
    assert [facts["flow"] for facts in expired] == ["message_flow_notice"]
    assert not look(office, code).mail
    with pytest.raises(Exception, match=r'stuck.*"tax_notice"'):
        office.do(code, "measure")


def test_what_is_left_when_the_dossier_closes_is_reported_at_once() -> None:
    office = Office()
    gives_up = changed(
        BUSY,
        ('<bpmn:sequenceFlow id="fm2" sourceRef="measure" targetRef="tax_notice"/>',
         '<bpmn:exclusiveGateway id="x" default="fx1"/><bpmn:sequenceFlow id="fm2" sourceRef="measure" targetRef="x"/>'
         '<bpmn:sequenceFlow id="fx1" sourceRef="x" targetRef="processed"/><bpmn:sequenceFlow id="fx2" sourceRef="x" '
         'targetRef="tax_notice"><bpmn:conditionExpression>area &gt; 1000</bpmn:conditionExpression></bpmn:sequenceFlow>'),
    )  # fmt: skip
    code = filed(office, gives_up)
    office.do(code, "assess")
    still_open = office.do(code, "measure")
    assert (still_open.ending, still_open.closed_at) == (Ending.RETURNED, None), "the tax office is still at work"
    closed = office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    assert closed.closed_at is not None
    assert closed.wake_at is None
    assert office.kinds(code).index("message_expired") < office.kinds(code).index("closed")


def test_data_of_the_wrong_kind_stop_the_sender_and_nothing_is_saved() -> None:
    office = Office()
    code = filed(office, changed(MODEL, ('expression="round(taxed_area', 'expression="(taxed_area')))
    office.do(code, "assess")
    with pytest.raises(MessageUnfit, match='"tax_vnd" must be a whole number'):
        office.do(code, "compute_tax", vnd_per_square_metre=2_001)
    assert set(office.tasks(code)) == {"compute_tax"}
    assert office.kinds(code).count("message_sent") == 1


def test_a_timer_in_the_other_pool_counts_working_days_while_the_authoritys_clock_stands() -> None:
    office = Office()
    code = filed(office)
    office.do(code, "assess")
    # From Monday 2 March, 5 working days later: the end of Monday 9 March.
    assert office.dossier(code).wake_at == datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
    office.wait_until(datetime(2026, 3, 9, 17, 0, tzinfo=UTC))
    assert office.kinds(code).count("timer_fired") == 1
    assert set(office.tasks(code)) == {"compute_tax"}, "it does not interrupt"


def test_a_suspension_holds_the_timers_of_every_pool_and_the_time_of_kept_messages() -> None:
    office = Office()
    code = filed(office, BUSY)
    office.do(code, "assess")
    operators.suspend(office.engine, code, "hoa", WHY)
    office.wait(days=40)
    assert "timer_fired" not in office.kinds(code)
    operators.resume(office.engine, code, "hoa", WHY)
    assert office.kinds(code).count("timer_fired") == 1
    office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    operators.suspend(office.engine, code, "hoa", WHY)
    office.wait(days=10)
    operators.resume(office.engine, code, "hoa", WHY)
    assert office.do(code, "measure").ending is Ending.RETURNED


def test_an_operator_corrects_the_data_of_the_pool_that_is_named_and_of_no_other() -> None:
    office = Office()
    code = filed(office)
    with pytest.raises(ProcessNotRunning, match="not now"):
        operators.correct_data(office.engine, code, {"taxed_area": "1"}, "hoa", WHY, process="tax_office")
    office.do(code, "assess")
    with pytest.raises(FormRefused, match="no variable"):
        operators.correct_data(office.engine, code, {"taxed_area": "1"}, "hoa", WHY)
    with pytest.raises(FormRefused, match="no variable"):
        operators.correct_data(office.engine, code, {"area": "1"}, "hoa", WHY, process="tax_office")
    assert set(operators.correctable_of(office.engine, code, "tax_office")) == {"taxed_area", "vnd_per_square_metre"}
    operators.correct_data(office.engine, code, {"taxed_area": "99"}, "hoa", WHY, process="tax_office")
    event = office.store.events(code)[-1]
    assert (event.kind, event.facts["process"]) == ("data_corrected", "tax_office")
    office.do(code, "compute_tax", vnd_per_square_metre=1_000)
    sent = [event.content for event in office.store.events(code) if event.kind == "message_sent"]
    assert sent[-1] == {"payload": {"tax_vnd": 99_000}}


def test_an_operator_moves_a_token_of_the_other_pool_within_it_and_not_out_of_it() -> None:
    office = Office()
    code = filed(office)
    office.do(code, "assess")
    tokens = {token.node.id: token for token in operators.places(office.engine, code)}
    with pytest.raises(MoveRefused, match="a token cannot leave"):
        operators.move_token(office.engine, code, tokens["compute_tax"].id, "processed", "hoa", WHY)
    for to in ("assess", "compute_tax"):
        with pytest.raises(MoveRefused, match="a token cannot leave"):
            operators.move_token(office.engine, code, tokens["request_in"].id, to, "hoa", WHY)
    operators.correct_data(office.engine, code, {"vnd_per_square_metre": 10}, "hoa", WHY, process="tax_office")
    moved = operators.move_token(office.engine, code, tokens["compute_tax"].id, "notice_out", "hoa", WHY)
    assert moved.ending is Ending.RETURNED


RENAMED = ('"compute_tax"', '"count_tax"'), (">compute_tax<", ">count_tax<")


def migrated(office: Office, code: str, model: str, **renamed: str) -> tuple[str, ...]:
    old = office.dossier(code).version_id
    office.engine.publish(version(model))
    plan = MigrationPlan(old, version(model).version_id, renamed)
    (judgement,) = migration.migrate(office.engine, plan, [code], "hoa", WHY, leave_refused=True)
    return judgement.reasons


def test_a_dossier_migrates_with_the_tokens_timers_data_and_messages_of_every_pool() -> None:
    office = Office()
    code = filed(office, BUSY)
    office.do(code, "assess")
    before = {token.id: token.at for token in operators.places(office.engine, code)}
    due = office.dossier(code).wake_at
    office.wait(days=1)
    assert migrated(office, code, changed(BUSY, *RENAMED), compute_tax="count_tax") == ()
    assert {token.id: token.at for token in operators.places(office.engine, code)} == before
    assert office.dossier(code).wake_at == due
    assert set(office.tasks(code)) == {"measure", "count_tax"}
    office.do(code, "count_tax", vnd_per_square_metre=2_000)
    assert migrated(office, code, changed(BUSY, ('name="Đo đạc"', 'name="Đo vẽ"'))) == ()
    assert len(look(office, code).mail) == 1
    assert office.do(code, "measure").ending is Ending.RETURNED


def test_a_migration_is_refused_where_pools_starts_or_the_way_of_a_kept_message_differ() -> None:
    office = Office()
    code = filed(office, BUSY)
    office.do(code, "assess")
    one_pool = changed(
        MODEL,
        ('processRef="tax_office"', ""),
        ('sourceRef="send_to_tax" targetRef="request_in"', 'sourceRef="assess" targetRef="pool_tax"'),
        ('sourceRef="notice_out" targetRef="tax_notice"', 'sourceRef="pool_tax" targetRef="tax_notice"'),
        ('<motcua:arguments><motcua:input name="taxed_area" expression="area"/></motcua:arguments>', ""),
        ('<bpmn:messageEventDefinition id="send_to_tax_message" messageRef="message_request"/>', ""),
    )
    start = one_pool.index('<bpmn:process id="tax_office"')
    one_pool = one_pool[:start] + one_pool[one_pool.index("</bpmn:process>", start) + len("</bpmn:process>") :]
    assert migrated(office, code, one_pool) == ("the new version has other pools, or other events that start their processes",)
    office.do(code, "compute_tax", vnd_per_square_metre=2_000)
    assert migrated(office, code, changed(BUSY, ('"message_flow_notice"', '"another_flow"'))) == (
        'a message is kept for "tax_notice", to which the same flow does not lead in the new version',
    )
    other_type = changed(BUSY, ('name="tax_vnd" type="integer"', 'name="tax_vnd" type="decimal"'))
    assert migrated(office, code, other_type) == (
        'a message is kept for "tax_notice", which takes other fields in the new version',
    )


def test_an_application_names_the_start_it_means_and_is_read_by_the_form_of_that_start() -> None:
    office = Office()
    renewal = {"area": "20", "old_certificate": "BA 123"}
    code = filed(office, TWO_STARTS, message="land_renewal", entries=renewal)
    first = office.store.events(code)[0]
    assert first.facts["message"] == "land_renewal"
    assert first.content is not None
    assert first.content["entries"] == {"area": Decimal(20), "old_certificate": "BA 123"}
    assert office.acts(code) == ["receive"], "one start, and not both"
    with pytest.raises(FormRefused, match="old_certificate"):
        filed(office, TWO_STARTS, message="land_transfer", entries=renewal)
    other = filed(office, TWO_STARTS, message="land_transfer")
    assert office.do(other, "assess").status.value == "received"


@pytest.mark.parametrize("message", [None, "tax_request", "renewal"])
def test_an_application_that_names_no_start_or_none_that_there_is_is_refused_with_their_names(message: str | None) -> None:
    with pytest.raises(StartNotChosen, match='"land_renewal", "land_transfer"'):
        filed(Office(), TWO_STARTS, message=message)


def test_the_same_request_sent_twice_opens_one_dossier_whichever_start_it_names() -> None:
    office = Office()
    one = filed(office, TWO_STARTS, message="land_transfer", request_id="r1")
    assert filed(office, TWO_STARTS, message="land_transfer", request_id="r1") == one


def test_a_procedure_that_a_timer_would_open_is_refused_when_published() -> None:
    timed = changed(
        MODEL,
        ('<bpmn:messageEventDefinition id="filed_message" messageRef="message_application"/>',
         "<bpmn:timerEventDefinition><bpmn:timeDuration>5 working days</bpmn:timeDuration></bpmn:timerEventDefinition>"),
    )  # fmt: skip
    with pytest.raises(ModelRefused, match=r"filed unsupported-event: .* without an applicant → begin with one of the kinds"):
        filed(Office(), timed)
