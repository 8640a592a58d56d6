"""What every store keeps: one suite, run on the store in memory and on the one in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.engine.clock import ManualClock
from motcua.engine.codec import ValueRefused
from motcua.engine.dossier import Applicant, CallState, Draft, Ending, LegalPause, Promise, Status, Suspension
from motcua.engine.event_log import verify
from motcua.engine.store import (
    Change,
    ChangeRefused,
    DossierExists,
    DossierFilter,
    StaleDossier,
    Store,
    SwallowedFailure,
    TaskClosed,
    TaskFilter,
    UnknownDossier,
    UnknownTask,
    UnknownVersion,
)
from tests.factories import (
    CODE,
    HOUR,
    MONDAY,
    a_call,
    a_chain,
    a_document,
    a_dossier,
    a_message,
    a_receipt,
    a_task,
    a_version,
    an_opening,
    next_change,
    open_dossier,
)

OTHER = "H05.19-260302-0002"
MINUTE = timedelta(minutes=1)
HOSTILE: dict[str, Any] = {
    "typename": "SELECT 1; --",
    "$decimal": "not a decimal",
    "__class__": {"$map": [["$date", None]]},
    "fee": Decimal("20000.10"),
    "big": 2**500,
    "born_on": date(1990, 2, 28),
    "at": MONDAY,
    "names": ["Đặng Thuỳ Trâm", "", "'\"\\%s %(x)s :name {0}", {"": [[]]}],
    "yes": True,
    "nothing": None,
}


class Interrupted(Exception):
    pass


def store_head(store: Store) -> Any:
    with store.transaction() as transaction:
        return transaction.lock(CODE).head


_texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.decimals(allow_nan=False, allow_infinity=False, places=4)
    | _texts
    | st.dates()
    | st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is said
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts | st.sampled_from(["$decimal", "$map"]), inner, max_size=3),
    max_leaves=8,
)


class StoreContract:
    """Inherit it and define the fixtures `wall` (a ManualClock that stands at MONDAY) and `store`."""

    # --- one transaction, all or nothing ------------------------------------------------------------

    def test_a_saved_dossier_comes_back_as_it_was(self, store: Store) -> None:
        dossier = a_dossier(
            applicant=Applicant("Trần Văn Bình", "business", None, "0912345678", "binh@example.vn", "Số 1, phường Đại Phúc"),
            case="nhà ở",
            status=Status.RETURNED,
            received_at=MONDAY + HOUR,
            limit="15 working days",
            limit_unknown_because="no row",
            due_on=date(2026, 3, 23),
            due_at=MONDAY + 500 * HOUR,
            expires_at=MONDAY + 501 * HOUR,
            due_provisional=True,
            promises=(Promise(MONDAY + 500 * HOUR, MONDAY, "receipt_slip"),),
            pauses=(LegalPause(MONDAY, None, "supplement", "ask"), LegalPause(MONDAY, MONDAY + HOUR, "tax_payment", "tax")),
            supplement_requests=1,
            processed_at=MONDAY + 2 * HOUR,
            returned_at=MONDAY + 3 * HOUR,
            ended_at=MONDAY + 2 * HOUR,
            ending=Ending.RETURNED,
            closed_at=MONDAY + 4 * HOUR,
            wake_at=MONDAY + 5 * HOUR,
            suspension=Suspension(MONDAY + HOUR, "operator.hoa", "sai dữ liệu"),
        )
        open_dossier(store, an_opening(dossier=dossier))
        assert store.dossier(CODE) == dossier
        with store.transaction() as transaction:
            stored = transaction.lock(CODE)
        assert (stored.dossier, stored.state) == (dossier, b"state 1")
        assert (stored.head.seq, stored.head.digest) == (1, store.events(CODE)[0].digest)

    def test_everything_that_a_command_writes_comes_back(self, store: Store) -> None:
        parts: dict[str, Any] = {
            "tasks_opened": (
                a_task(
                    norm_hours=4.5,
                    norm_due_at=MONDAY + HOUR,
                    assignee="lan",
                    delegated_by="hoa",
                    draft=Draft(HOSTILE, 3, "lan", MONDAY + HOUR),
                ),
            ),
            "calls": (
                a_call(
                    inputs=HOSTILE,
                    lane="portal",
                    order=3,
                    outputs={"x": Decimal("1.50")},
                    error="lỗi",
                    task_id="t",
                    activity_id="a",
                ),
            ),
            "documents": (a_document(),),
            "messages": (a_message(payload=HOSTILE),),
            "receipts": (a_receipt(),),
        }
        change = an_opening(events=a_chain(content=HOSTILE, events=2), **parts)
        open_dossier(store, change)
        assert tuple(store.events(CODE)) == change.events
        assert tuple(store.open_tasks(TaskFilter())) == change.tasks_opened
        assert store.task("task-1") == change.tasks_opened[0]
        assert tuple(store.calls(CODE)) == change.calls
        assert tuple(store.documents(CODE)) == change.documents
        assert tuple(store.messages(CODE)) == change.messages
        assert tuple(store.receipts(CODE)) == change.receipts

    def test_a_command_that_fails_leaves_nothing_behind(self, store: Store) -> None:
        def fail() -> None:
            with store.transaction() as transaction:
                transaction.publish(a_version())
                transaction.next_number("H05.19", date(2026, 3, 2))
                transaction.save(
                    an_opening(tasks_opened=(a_task(),), calls=(a_call(),), documents=(a_document(),), messages=(a_message(),))
                )
                raise Interrupted

        with pytest.raises(Interrupted):
            fail()
        with pytest.raises(UnknownDossier):
            store.dossier(CODE)
        with pytest.raises(UnknownVersion):
            store.version(a_version().version_id)
        assert store.open_tasks(TaskFilter()) == []
        assert store.ready_calls(MONDAY) == []
        with store.transaction() as transaction:
            assert transaction.next_number("H05.19", date(2026, 3, 2)) == 1

    def test_a_change_that_fails_leaves_the_dossier_as_it_stood(self, store: Store) -> None:
        open_dossier(store, an_opening(tasks_opened=(a_task(),), calls=(a_call(),)))
        before = (store.dossier(CODE), tuple(store.events(CODE)), tuple(store.calls(CODE)))

        def fail() -> None:
            with store.transaction() as transaction:
                stored = transaction.lock(CODE)
                dossier = replace(stored.dossier, status=Status.RECEIVED, revision=2)
                closed = TaskClosed("task-1", MONDAY, "completed", "lan")
                events = a_chain(after=stored.head)
                transaction.save(Change(dossier, b"two", events, tasks_closed=(closed,), calls=(a_call(state=CallState.DONE),)))
                raise Interrupted

        with pytest.raises(Interrupted):
            fail()
        assert (store.dossier(CODE), tuple(store.events(CODE)), tuple(store.calls(CODE))) == before
        assert [task.id for task in store.open_tasks(TaskFilter())] == ["task-1"]

    def test_a_failed_change_cannot_be_swallowed_and_the_rest_committed(self, store: Store) -> None:
        open_dossier(store, an_opening())

        def swallow() -> None:
            with store.transaction() as transaction:
                events = a_chain(after=transaction.lock(CODE).head)
                closed = TaskClosed("unknown", MONDAY, "completed", "lan")
                with suppress(UnknownTask):
                    transaction.save(Change(a_dossier(revision=2), b"two", events, (a_task(),), tasks_closed=(closed,)))

        with pytest.raises(SwallowedFailure):
            swallow()
        assert store.dossier(CODE).revision == 1
        assert store.open_tasks(TaskFilter()) == []

    def test_nobody_sees_a_change_before_it_is_committed(self, store: Store) -> None:
        open_dossier(store, an_opening())
        with store.transaction() as transaction:
            stored = transaction.lock(CODE)
            transaction.save(Change(replace(stored.dossier, status=Status.RECEIVED, revision=2), b"two"))
            assert store.dossier(CODE).status is Status.FILED
        assert store.dossier(CODE).status is Status.RECEIVED

    def test_a_transaction_sees_what_it_has_written_itself(self, store: Store) -> None:
        with store.transaction() as transaction:
            transaction.publish(a_version())
            transaction.save(an_opening(calls=(a_call(),)))
            stored = transaction.lock(CODE)
            assert (stored.dossier.revision, stored.head.seq, [call.key for call in stored.calls]) == (1, 1, ["call-1"])

    # --- dossiers ------------------------------------------------------------

    def test_a_dossier_code_is_used_once(self, store: Store) -> None:
        open_dossier(store, an_opening())
        with pytest.raises(DossierExists), store.transaction() as transaction:
            transaction.save(an_opening())

    def test_a_dossier_needs_a_published_version(self, store: Store) -> None:
        with pytest.raises(UnknownVersion), store.transaction() as transaction:
            transaction.save(an_opening())

    @pytest.mark.parametrize("revision", [0, 1, 3])
    def test_a_revision_that_does_not_follow_is_stale(self, store: Store, revision: int) -> None:
        open_dossier(store, an_opening())
        change = Change(a_dossier(revision=revision), b"late", a_chain(after=store_head(store)), tasks_opened=(a_task(),))
        with pytest.raises(StaleDossier), store.transaction() as transaction:
            transaction.save(change)
        assert store.dossier(CODE).revision == 1
        assert len(store.events(CODE)) == 1
        assert store.open_tasks(TaskFilter()) == []

    def test_an_unknown_dossier_cannot_be_locked_read_or_changed(self, store: Store) -> None:
        readers: list[Callable[[str], object]] = [
            store.dossier,
            store.events,
            store.calls,
            store.documents,
            store.messages,
            store.receipts,
        ]
        for read in readers:
            with pytest.raises(UnknownDossier):
                read("H05-260302-9999")
        with pytest.raises(UnknownDossier), store.transaction() as transaction:
            transaction.lock("H05-260302-9999")
        with pytest.raises(UnknownDossier), store.transaction() as transaction:
            transaction.save(Change(a_dossier(revision=2), b""))
        with pytest.raises(UnknownDossier), store.transaction() as transaction:
            transaction.erase_content("H05-260302-9999", 1)

    def test_a_promise_that_was_handed_over_is_never_altered(self, store: Store) -> None:
        slip = Promise(MONDAY + 500 * HOUR, MONDAY, "receipt_slip")
        apology = Promise(MONDAY + 600 * HOUR, MONDAY + HOUR, "apology_letter")
        open_dossier(store, an_opening(dossier=a_dossier(promises=(slip,))))
        for promises in ((), (apology,), (replace(slip, promised_at=MONDAY + 501 * HOUR),), (apology, slip)):
            with pytest.raises(ChangeRefused):
                next_change(store, dossier=a_dossier(promises=promises))
        next_change(store, dossier=a_dossier(promises=(slip, apology)))
        assert store.dossier(CODE).promises == (slip, apology)

    def test_dossiers_are_listed_newest_first_by_authority_procedure_and_status(self, store: Store) -> None:
        for number, (authority, status) in enumerate([("H05.19", "filed"), ("H05.20", "filed"), ("H05.19", "received")]):
            code = f"H05-260302-000{number}"
            dossier = a_dossier(code, authority_code=authority, status=Status(status), filed_at=MONDAY + number * HOUR)
            open_dossier(store, an_opening(code, dossier=dossier))

        def listed(**wanted: Any) -> list[str]:
            return [dossier.code[-1] for dossier in store.dossiers(DossierFilter(**wanted))]

        assert listed() == ["2", "1", "0"]
        assert listed(authority_code="H05.19") == ["2", "0"]
        assert listed(authority_code="H05.19", status="filed") == ["0"]
        assert listed(procedure_code="1.002740", limit=1) == ["2"]
        assert listed(procedure_code="1.00274") == []
        assert listed(version_id=a_version().version_id, status="received") == ["2"]
        assert listed(version_id="another") == []

    def test_running_dossiers_are_told_a_page_at_a_time_in_the_order_of_their_codes(self, store: Store) -> None:
        ended, filed = {"received_at": MONDAY, "ended_at": MONDAY + HOUR}, {"received_at": None}
        for number, moments in ((3, {}), (0, {}), (4, ended), (2, filed), (1, {})):
            code = f"H05-260302-000{number}"
            open_dossier(store, an_opening(code, dossier=a_dossier(code, **{"received_at": MONDAY, **moments})))

        def page(after: str, limit: int) -> list[str]:
            return [dossier.code for dossier in store.running_dossiers(after, limit)]

        assert page("", 2) == ["H05-260302-0000", "H05-260302-0001"]
        assert page("H05-260302-0001", 2) == ["H05-260302-0003"]
        assert page("H05-260302-0003", 2) == []
        assert page("", 500) == ["H05-260302-0000", "H05-260302-0001", "H05-260302-0003"]

    def test_no_call_of_a_suspended_dossier_is_made_until_it_is_resumed(self, store: Store) -> None:
        suspension = Suspension(MONDAY, "operator.hoa", "sai dữ liệu")
        open_dossier(store, an_opening(dossier=a_dossier(suspension=suspension), calls=(a_call(),)))
        assert store.ready_calls(MONDAY) == []
        assert store.lease_call("call-1", MONDAY, MINUTE) is None
        next_change(store, dossier=a_dossier(suspension=None))
        assert store.ready_calls(MONDAY) == ["call-1"]
        assert store.lease_call("call-1", MONDAY, MINUTE) is not None

    def test_the_dossiers_of_a_period_were_received_before_its_end_and_had_not_ended_before_its_start(self, store: Store) -> None:
        start, end = MONDAY, MONDAY + 24 * HOUR
        rows: list[tuple[str, datetime | None, datetime | None]] = [
            ("H05.19", MONDAY + 2 * HOUR, None),
            ("H05.19", MONDAY + HOUR, MONDAY + 3 * HOUR),
            ("H05.19", start - HOUR, None),  # carried over
            ("H05.19", start - 2 * HOUR, start),  # ended at the very start
            ("H05.19", start - 2 * HOUR, start - MINUTE),  # over before the period
            ("H05.19", end, None),  # received after it
            ("H05.19", None, None),  # filed and not received
            ("H05.20", MONDAY + HOUR, None),
            ("H05.19", MONDAY + HOUR, None),  # at the same instant as another
        ]
        for number, (authority, received_at, ended_at) in enumerate(rows):
            code = f"H05-260302-000{number}"
            moments = {"filed_at": start - 3 * HOUR, "received_at": received_at, "ended_at": ended_at}
            dossier = a_dossier(code, authority_code=authority, **moments)
            open_dossier(store, an_opening(code, dossier=dossier))
        assert [each.code[-1] for each in store.dossiers_of_period("H05.19", start, end)] == ["3", "2", "1", "8", "0"]
        assert list(store.dossiers_of_period("H05.20", start, end)) == [store.dossier("H05-260302-0007")]
        assert list(store.dossiers_of_period("H05.21", start, end)) == []

    def test_the_dossiers_of_a_period_are_told_as_they_stood_when_the_telling_began(self, store: Store) -> None:
        open_dossier(store, an_opening(dossier=a_dossier(received_at=MONDAY)))
        open_dossier(store, an_opening(OTHER, dossier=a_dossier(OTHER, received_at=MONDAY + HOUR)))
        telling = store.dossiers_of_period("H05.19", MONDAY, MONDAY + 24 * HOUR)
        assert next(telling).code == CODE
        next_change(store, OTHER, dossier=a_dossier(OTHER, received_at=MONDAY + HOUR, status=Status.RECEIVED))
        assert [each.status for each in telling] == [Status.FILED]
        assert store.dossier(OTHER).status is Status.RECEIVED

    def test_due_dossiers_are_those_whose_time_has_come_earliest_first(self, store: Store) -> None:
        for number, hours in enumerate((3, 1, 2, None, 9)):
            code = f"H05-260302-000{number}"
            wake_at = None if hours is None else MONDAY + hours * HOUR
            open_dossier(store, an_opening(code, dossier=a_dossier(code, wake_at=wake_at)))

        def due(now: datetime, limit: int = 100) -> list[str]:
            return [code[-1] for code in store.due_dossiers(now, limit)]

        assert due(MONDAY) == []
        assert due(MONDAY + 3 * HOUR) == ["1", "2", "0"]
        assert due(MONDAY + 3 * HOUR, limit=2) == ["1", "2"]
        next_change(store, "H05-260302-0001", dossier=a_dossier("H05-260302-0001", wake_at=None))
        next_change(store, "H05-260302-0004", dossier=a_dossier("H05-260302-0004", wake_at=MONDAY))
        assert due(MONDAY + 3 * HOUR) == ["4", "2", "0"]

    # --- numbers and locks ------------------------------------------------------------

    def test_numbers_count_each_authority_and_day_from_one(self, store: Store) -> None:
        monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
        with store.transaction() as transaction:
            asked = [("H05.19", monday), ("H05.19", monday), ("H05.20", monday), ("H05.19", tuesday), ("H05.19", monday)]
            assert [transaction.next_number(authority, day) for authority, day in asked] == [1, 2, 1, 1, 3]

    def test_numbers_stay_unique_and_without_gaps_when_many_ask_and_some_fail(self, store: Store) -> None:
        given_out: list[int] = []

        def ask(turn: int) -> None:
            try:
                with store.transaction() as transaction:
                    number = transaction.next_number("H05.19", date(2026, 3, 2))
                    if turn % 3 == 0:
                        raise Interrupted
                    given_out.append(number)
            except Interrupted:
                pass

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(ask, range(30)))
        assert sorted(given_out) == list(range(1, 21))

    def test_commands_on_one_dossier_run_one_after_another(self, store: Store) -> None:
        open_dossier(store, an_opening())

        def command(_: int) -> None:
            with store.transaction() as transaction:
                stored = transaction.lock(CODE)
                dossier = replace(
                    stored.dossier,
                    supplement_requests=stored.dossier.supplement_requests + 1,
                    revision=stored.dossier.revision + 1,
                )
                transaction.save(Change(dossier, stored.state + b".", a_chain(after=stored.head)))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(command, range(20)))
        assert store.dossier(CODE).supplement_requests == 20
        assert verify(store.events(CODE)).events == 21
        with store.transaction() as transaction:
            assert transaction.lock(CODE).state == b"state 1" + 20 * b"."

    # --- events ------------------------------------------------------------

    def test_the_history_verifies_over_many_commands(self, store: Store) -> None:
        open_dossier(store, an_opening(events=a_chain(content=HOSTILE)))
        for _ in range(3):
            next_change(store)
        verification = verify(store.events(CODE))
        assert (verification.holds, verification.events, verification.reason) == (True, 4, None)

    def test_an_event_that_does_not_follow_is_refused(self, store: Store) -> None:
        open_dossier(store, an_opening())
        (second,) = a_chain(after=store_head(store))
        for event in (
            *a_chain(),
            replace(second, seq=3),
            replace(second, previous=bytes(32)),
        ):
            with pytest.raises(ChangeRefused):
                next_change(store, events=(event,))
        with pytest.raises(ChangeRefused):
            next_change(store, events=(second, second))
        assert len(store.events(CODE)) == 1

    def test_erased_content_is_gone_and_the_chain_still_verifies(self, store: Store) -> None:
        open_dossier(store, an_opening(events=a_chain(content={"name": "Nguyễn Thị Hồng"}, events=2)))
        for _ in range(2):
            with store.transaction() as transaction:
                transaction.erase_content(CODE, 1)
        first, second = store.events(CODE)
        assert (first.content, first.salt) == (None, None)
        assert first.content_digest is not None
        assert second.content == {"name": "Nguyễn Thị Hồng"}
        verification = verify(store.events(CODE))
        assert (verification.holds, verification.erased) == (True, 1)

    # --- tasks ------------------------------------------------------------

    def test_open_tasks_are_filtered_by_authority_tier_role_assignee_and_dossier(self, store: Store) -> None:
        tasks = (
            a_task("a", assignee="lan"),
            a_task("b", role="leader", opened_at=MONDAY - HOUR),
            a_task("c", tier="commune"),
            a_task("d", authority_code="H05.20"),
        )
        open_dossier(store, an_opening(tasks_opened=tasks))
        open_dossier(store, an_opening(OTHER, tasks_opened=(a_task("e", OTHER, opened_at=MONDAY + HOUR),)))

        def listed(**wanted: Any) -> list[str]:
            return [task.id for task in store.open_tasks(TaskFilter(**wanted))]

        assert listed() == ["b", "a", "c", "d", "e"]
        assert listed(limit=2) == ["b", "a"]
        assert listed(authority_code="H05.20") == ["d"]
        assert listed(tier="commune") == ["c"]
        assert listed(role="leader") == ["b"]
        assert listed(assignee="lan") == ["a"]
        assert listed(dossier_code=OTHER) == ["e"]
        assert listed(dossier_code="unknown") == []
        assert listed(authority_code="H05.19", tier="province", role="officer") == ["a", "e"]

    def test_a_closed_task_leaves_every_list_and_stays_closed(self, store: Store) -> None:
        open_dossier(store, an_opening(tasks_opened=(a_task("a"), a_task("b"))))
        closed = TaskClosed("a", MONDAY + HOUR, "completed", "lan")
        next_change(store, tasks_closed=(closed,))
        assert [task.id for task in store.open_tasks(TaskFilter())] == ["b"]
        with pytest.raises(UnknownTask):
            store.task("a")
        with pytest.raises(UnknownTask):
            next_change(store, tasks_closed=(closed,))
        with pytest.raises(UnknownTask):
            next_change(store, tasks_changed=(a_task("a", assignee="hoa"),))
        with pytest.raises(ChangeRefused):
            next_change(store, tasks_opened=(a_task("a"),))

    def test_a_task_may_open_change_and_close_within_one_command(self, store: Store) -> None:
        closed = (TaskClosed("a", MONDAY, "completed", "lan"), TaskClosed("b", MONDAY, "cancelled", "engine"))
        open_dossier(store, an_opening(tasks_opened=(a_task("b"), a_task("c"))))
        next_change(
            store,
            tasks_opened=(a_task("a"),),
            tasks_changed=(a_task("a", assignee="lan"), a_task("b", assignee="hoa"), a_task("c", assignee="hoa")),
            tasks_closed=closed,
        )
        assert [(task.id, task.assignee) for task in store.open_tasks(TaskFilter())] == [("c", "hoa")]

    def test_a_task_form_comes_back_with_its_options(self, store: Store) -> None:
        form = ({"name": "result", "type": "choice", "required": True, "options": [{"value": "yes", "label": "Đồng ý"}]},)
        open_dossier(store, an_opening(tasks_opened=(a_task(form=form),)))
        assert store.task("task-1").form == form

    # --- service calls ------------------------------------------------------------

    def test_a_call_is_ready_when_its_next_attempt_is_due(self, store: Store) -> None:
        calls = (a_call("now"), a_call("later", next_attempt_at=MONDAY + HOUR), a_call("done", state=CallState.DONE))
        open_dossier(store, an_opening(calls=calls))
        assert store.ready_calls(MONDAY) == ["now"]
        assert store.ready_calls(MONDAY + HOUR) == ["now", "later"]
        assert store.ready_calls(MONDAY + HOUR, limit=1) == ["now"]
        assert store.lease_call("later", MONDAY, MINUTE) is None
        assert store.lease_call("done", MONDAY, MINUTE) is None
        assert store.lease_call("unknown", MONDAY, MINUTE) is None

    def test_a_lease_gives_the_call_to_one_worker_until_it_ends_in_real_time(self, store: Store, wall: ManualClock) -> None:
        open_dossier(store, an_opening(calls=(a_call(),), documents=(a_document(),)))
        simulated = MONDAY + 1000 * HOUR
        leased = store.lease_call("call-1", simulated, MINUTE)
        assert leased is not None
        assert (leased.call.state, leased.call.attempts, leased.call.fence) == (CallState.RUNNING, 1, 1)
        assert leased.call.lease_until == MONDAY + MINUTE
        assert (leased.dossier, leased.documents) == (store.dossier(CODE), (a_document(),))
        assert store.calls(CODE) == [leased.call]

        assert store.lease_call("call-1", simulated + HOUR, MINUTE) is None
        assert store.ready_calls(simulated + HOUR) == []
        wall.advance(MINUTE)
        assert store.ready_calls(MONDAY) == ["call-1"]
        again = store.lease_call("call-1", MONDAY, MINUTE)
        assert again is not None
        assert (again.call.attempts, again.call.fence) == (2, 2)

    def test_two_workers_never_hold_one_call(self, store: Store) -> None:
        open_dossier(store, an_opening(calls=tuple(a_call(f"call-{number}") for number in range(5))))
        barrier = threading.Barrier(4)

        def work(_: int) -> list[str]:
            barrier.wait()
            return [key for key in store.ready_calls(MONDAY) if store.lease_call(key, MONDAY, MINUTE) is not None]

        with ThreadPoolExecutor(4) as pool:
            held = [key for keys in pool.map(work, range(4)) for key in keys]
        assert sorted(held) == [f"call-{number}" for number in range(5)]
        assert {call.fence for call in store.calls(CODE)} == {1}

    def test_calls_of_one_lane_keep_their_order(self, store: Store) -> None:
        lane = [a_call(key, lane="portal", order=order) for key, order in (("third", 3), ("first", 1), ("second", 2))]
        open_dossier(store, an_opening(calls=(*lane, a_call("free"), a_call("elsewhere", lane="notice", order=9))))
        assert set(store.ready_calls(MONDAY)) == {"first", "free", "elsewhere"}
        assert store.lease_call("second", MONDAY, MINUTE) is None
        for state in (CallState.RUNNING, CallState.WAITING, CallState.INCIDENT):
            next_change(store, calls=(replace(lane[1], state=state, lease_until=MONDAY + HOUR),))
            assert store.lease_call("second", MONDAY, MINUTE) is None
        next_change(store, calls=(replace(lane[1], state=CallState.DONE),))
        assert store.lease_call("third", MONDAY, MINUTE) is None
        assert store.lease_call("second", MONDAY, MINUTE) is not None

    def test_a_lane_of_one_dossier_does_not_hold_up_another(self, store: Store) -> None:
        open_dossier(store, an_opening(calls=(a_call("a", lane="portal", order=1, state=CallState.INCIDENT),)))
        open_dossier(store, an_opening(OTHER, calls=(a_call("b", OTHER, lane="portal", order=2),)))
        assert store.ready_calls(MONDAY) == ["b"]

    def test_a_dossier_under_lock_brings_its_unfinished_calls_and_undelivered_messages(self, store: Store) -> None:
        calls = tuple(a_call(state.value, state=state, asked_at=MONDAY + number * MINUTE) for number, state in enumerate(CallState))
        messages = (
            a_message("delivered", delivered_at=MONDAY),
            a_message("expired", expired_at=MONDAY),
            a_message("kept", payload=HOSTILE),
        )
        open_dossier(store, an_opening(calls=calls, messages=messages))
        with store.transaction() as transaction:
            stored = transaction.lock(CODE)
        assert [call.key for call in stored.calls] == ["queued", "running", "waiting", "incident"]
        assert stored.calls[0] == calls[0]
        assert stored.messages == (messages[2],)

    def test_a_call_is_found_by_the_reference_of_the_outside_system(self, store: Store) -> None:
        waiting = a_call(state=CallState.WAITING, reference="SIGN-77")
        open_dossier(store, an_opening(calls=(waiting,)))
        assert store.call_by_reference("SIGN-77") == waiting
        assert store.call_by_reference("SIGN-78") is None
        with pytest.raises(ChangeRefused):
            next_change(store, calls=(a_call("call-2", reference="SIGN-77"),))
        next_change(store, calls=(replace(waiting, state=CallState.QUEUED, reference=None),))
        assert store.call_by_reference("SIGN-77") is None

    def test_incidents_are_listed_oldest_first(self, store: Store) -> None:
        open_dossier(store, an_opening(calls=(a_call("b", state=CallState.INCIDENT, asked_at=MONDAY + HOUR), a_call("c"))))
        open_dossier(store, an_opening(OTHER, calls=(a_call("a", OTHER, state=CallState.INCIDENT),)))
        assert [call.key for call in store.incidents()] == ["a", "b"]
        assert [call.key for call in store.incidents(limit=1)] == ["a"]

    # --- ids, papers, messages, money ------------------------------------------------------------

    def test_an_id_belongs_to_one_dossier(self, store: Store) -> None:
        open_dossier(
            store, an_opening(calls=(a_call(),), documents=(a_document(),), receipts=(a_receipt(),), tasks_opened=(a_task(),))
        )
        open_dossier(store, an_opening(OTHER))
        for parts in (
            {"calls": (a_call(code=OTHER),)},
            {"documents": (a_document(code=OTHER),)},
            {"receipts": (a_receipt(code=OTHER),)},
            {"tasks_opened": (a_task(code=OTHER),)},
        ):
            with pytest.raises(ChangeRefused):
                next_change(store, OTHER, **parts)
        next_change(store, OTHER, messages=(a_message(code=OTHER),))
        assert store.dossier(OTHER).revision == 2

    def test_a_message_and_a_receipt_are_replaced_by_their_key(self, store: Store) -> None:
        open_dossier(store, an_opening(messages=(a_message(),), receipts=(a_receipt(state="refund_due"),)))
        next_change(store, messages=(a_message(delivered_at=MONDAY),), receipts=(a_receipt(state="refunded"),))
        assert store.messages(CODE) == [a_message(delivered_at=MONDAY)]
        assert store.receipts(CODE) == [a_receipt(state="refunded")]

    def test_a_command_can_look_up_messages_and_payments_that_came_before(self, store: Store) -> None:
        open_dossier(store, an_opening(messages=(a_message(delivered_at=MONDAY),), receipts=(a_receipt(),)))
        with store.transaction() as transaction:
            assert transaction.message(CODE, "message-1") == a_message(delivered_at=MONDAY)
            assert transaction.message(OTHER, "message-1") is None
            assert transaction.receipt("FT26061") == a_receipt()
            assert transaction.receipt("FT26062") is None
            transaction.save(an_opening(OTHER, receipts=(a_receipt("FT26062", OTHER),)))
            assert transaction.receipt("FT26062") == a_receipt("FT26062", OTHER)

    def test_a_request_that_is_sent_many_times_at_once_opens_one_dossier(self, store: Store) -> None:
        with store.transaction() as transaction:
            transaction.publish(a_version())

        def file(_: int) -> str:
            with store.transaction() as transaction:
                already = transaction.dossier_by_request("request-1")
                if already is not None:
                    return already.code
                number = transaction.next_number("H05.19", MONDAY.date())
                code = f"H05.19-260302-{number:04}"
                transaction.save(an_opening(code, dossier=a_dossier(code, request_id="request-1")))
                return code

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(file, range(8))) == {CODE}
        with pytest.raises(ChangeRefused), store.transaction() as transaction:
            transaction.save(an_opening(OTHER, dossier=a_dossier(OTHER, request_id="request-1")))

    def test_a_text_that_no_database_can_hold_is_refused_with_a_reason(self, store: Store) -> None:
        open_dossier(store, an_opening())
        for parts in (
            {"calls": (a_call(error="a\x00b"),)},
            {"dossier": a_dossier(applicant=Applicant("half a pair \ud800"))},
            {"messages": (a_message(payload={"x": "\x00"}),)},
        ):
            with pytest.raises(ValueRefused):
                next_change(store, **parts)

    # --- versions ------------------------------------------------------------

    def test_publishing_the_same_version_twice_changes_nothing(self, store: Store) -> None:
        for _ in range(2):
            with store.transaction() as transaction:
                transaction.publish(a_version())
                transaction.publish(a_version())
        assert store.version(a_version().version_id) == a_version()

    def test_a_version_without_shared_parts_comes_back_too(self, store: Store) -> None:
        version = a_version(shared={})
        with store.transaction() as transaction:
            transaction.publish(version)
        assert store.version(version.version_id) == version

    def test_the_version_in_force_is_the_latest_published_that_holds_on_the_day(self, store: Store) -> None:
        old = a_version("old", in_force_from=date(2025, 7, 1), in_force_until=date(2025, 12, 31))
        new = a_version("new", in_force_from=date(2025, 12, 31))
        corrected = a_version("corrected", in_force_from=date(2026, 6, 1))
        other = a_version("other", code="1.00274", in_force_from=date(2020, 1, 1))
        for version in (old, new, corrected, other, old):
            with store.transaction() as transaction:
                transaction.publish(version)

        def in_force(on: date) -> str | None:
            version = store.version_in_force("1.002740", on)
            return None if version is None else version.version_id

        assert in_force(date(2025, 6, 30)) is None
        assert in_force(date(2025, 7, 1)) == old.version_id
        assert in_force(date(2025, 12, 30)) == old.version_id
        assert in_force(date(2025, 12, 31)) == new.version_id
        assert in_force(date(2026, 6, 1)) == corrected.version_id
        assert store.version_in_force("1.002741", date(2026, 6, 1)) is None

    # --- a law ------------------------------------------------------------

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])
    @given(payload=st.dictionaries(_texts, _values, max_size=4), number=st.integers(0, 10**12))
    def test_what_was_put_in_comes_out(self, store: Store, payload: dict[str, Any], number: int) -> None:
        code = f"H05-260302-{number:013}"
        if any(dossier.code == code for dossier in store.dossiers(DossierFilter(limit=10_000))):
            return
        change = an_opening(
            code,
            events=a_chain(code, content=payload),
            calls=(a_call(f"{code}/1", code, inputs=payload),),
            messages=(a_message("1", code, payload=payload),),
        )
        open_dossier(store, change)
        assert tuple(store.events(code)) == change.events
        assert verify(store.events(code)).holds
        assert tuple(store.calls(code)) == change.calls
        assert tuple(store.messages(code)) == change.messages
