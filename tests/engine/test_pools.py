"""Several processes in one dossier, and the messages between them. Every play is saved and restored after each of its moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from motcua.bpmn.elements import Definitions, EventKind, LoopKind, Node, NodeKind
from motcua.engine.spiff.compile import ModelNotRunnable, compile_model
from motcua.engine.spiff.mail import MessageUnfit
from motcua.engine.spiff.run import ModelFailed, Run, Token, TokenGone
from tests.engine.play import NOW, Play
from tests.small_models import (
    begin_with,
    catch,
    definition,
    end,
    handler,
    message,
    node,
    on_message,
    parallel,
    person,
    pools,
    process,
    race,
    repeated,
    script,
    sends,
    start,
    sub_process,
    takes,
    tells,
    terminate,
    throw,
)

ASKS = process(
    [
        start(),
        person("measure"),
        sends("ask", "question", area="size * 2"),
        message("hear", "answer", payload=takes("tax")),
        person("after"),
        end(),
    ],
    "start > measure > ask > hear > after > end",
)
ANSWERS = process(
    [
        begin_with("asked", EventKind.MESSAGE, "question", payload=takes("area")),
        person("count"),
        script("sum", "tax = area * 10"),
        tells("tell", "answer", tax="tax"),
    ],
    "asked > count > sum > tell",
    id="office",
)
BOTH = pools(ASKS, ANSWERS, messages=["ask > asked", "tell > hear"])


def test_a_message_starts_the_process_of_the_other_pool_and_its_answer_comes_back() -> None:
    play = Play(BOTH, size=3)
    assert play.waits() == {"measure", "asked"}
    play.complete("measure")
    assert play.waits() == {"hear", "count", "asked"}
    play.complete("count")
    assert play.waits() == {"after", "asked"}
    play.complete("after")
    assert play.run.is_over
    assert not play.run.tokens()
    assert not play.run.mail
    assert play.done == ["start", "measure", "ask", "asked", "count", "sum", "tell", "hear", "after", "end"]


def test_each_process_has_variables_of_its_own_and_sees_of_the_others_what_messages_bring() -> None:
    play = Play(BOTH, size=3)
    play.complete("measure", tax=1)
    (office,) = [instance for instance in play.run.all_instances() if instance.spec.name == "office"]
    assert office.variables.own == {"area": 6}
    assert "size" not in office.variables.read({})
    play.complete("count", size=99)
    assert play.run.scope == {"size": 3, "tax": 60}


def test_a_process_cannot_compute_with_what_the_other_one_knows() -> None:
    peeks = process(
        [begin_with("asked", EventKind.MESSAGE, "question"), script("peek", "x = size"), end("seen")],
        "asked > peek > seen",
        id="office",
    )
    asks = process([start(), person("a"), sends("ask", "question"), end()], "start > a > ask > end")
    play = Play(pools(asks, peeks, messages=["ask > asked"]), size=3)
    with pytest.raises(Exception, match="size"):
        play.complete("a")


def waits_second(receiver: Node, *others: Node, flows: tuple[str, ...] = ()) -> Definitions:
    """The main process sends after `send_now`; the other one has `get_ready` before it waits."""
    main = process(
        [start(), person("send_now"), sends("say", "news", number="7"), person("after"), end()],
        "start > send_now > say > after > end",
    )
    other = process(
        [start("start2"), person("get_ready"), receiver, *others, end("end2")],
        *(flows or (f"start2 > get_ready > {receiver.id} > end2",)),
        id="other",
    )
    return pools(main, other, messages=[f"say > {others[0].id if flows else receiver.id}"])


RECEIVE = node("take", NodeKind.RECEIVE_TASK, event=definition(EventKind.MESSAGE, "news"), payload=takes("number"))
EDGE = replace(on_message("edge", "work"), event=definition(EventKind.MESSAGE, "news"), payload=takes("number"))
RECEIVERS = {
    "an event-based gateway": waits_second(
        race("first_of"),
        message("take", "news", payload=takes("number")),
        message("other", "else"),
        end("end3"),
        flows=("start2 > get_ready > first_of > take > end2", "first_of > other > end3"),
    ),
    "a catching event": waits_second(message("take", "news", payload=takes("number"))),
    "a receive task": waits_second(RECEIVE),
    "a boundary event": waits_second(person("work"), EDGE, end("end3"), flows=("start2 > get_ready > work > end2", "edge > end3")),
}


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_a_message_that_is_sent_before_or_after_its_receiver_waits_is_taken_once_and_ends_alike(receiver: str) -> None:
    early, late = Play(RECEIVERS[receiver]), Play(RECEIVERS[receiver])
    early.complete_all(["send_now", "get_ready", "after"])
    late.complete_all(["get_ready", "send_now", "after"])
    for play in (early, late):
        assert play.run.is_over
        assert not play.run.mail
    assert Counter(early.done) == Counter(late.done)


def test_a_kept_message_lies_in_the_saved_state_with_when_it_was_sent_and_what_it_brings() -> None:
    play = Play(RECEIVERS["a receive task"])
    play.complete("send_now")
    (letter,) = play.run.mail
    assert (letter.flow, letter.sent_at, letter.values) == ("say_to_take", NOW, {"number": 7})
    play.complete("get_ready")
    assert not play.run.mail


def test_a_message_starts_an_event_sub_process_of_the_other_pool() -> None:
    main = process([start(), person("a"), sends("say", "stop"), end()], "start > a > say > end")
    stops = handler("care", definition(EventKind.MESSAGE, "stop"), [end("stopped")], "care_start > stopped")
    other = process([start("start2"), person("work"), end("end2"), stops], "start2 > work > end2", id="other")
    play = Play(pools(main, other, messages=["say > care_start"]))
    play.complete("a")
    assert play.run.is_over
    assert "end2" not in play.done
    assert play.done.count("stopped") == 1


def test_a_send_task_and_every_flow_that_leaves_it_carry_one_message_each() -> None:
    say = node("say", NodeKind.SEND_TASK, event=definition(EventKind.MESSAGE, "news"))
    main = process([start(), person("a"), say, person("b"), end()], "start > a > say > b > end")
    offices = [
        process(
            [begin_with(f"told{n}", EventKind.MESSAGE, "news"), person(f"work{n}"), end(f"end{n}")],
            f"told{n} > work{n} > end{n}",
            id=f"office{n}",
        )
        for n in (1, 2)
    ]
    play = Play(pools(main, *offices, messages=["say > told1", "say > told2"]))
    play.complete("a")
    assert play.waits() == {"b", "told1", "told2", "work1", "work2"}
    play.complete_all(["work2", "b", "work1"])
    assert play.run.is_over


def test_a_dossier_is_over_only_when_every_process_has_ended() -> None:
    main = process([start(), person("a"), sends("say", "news"), terminate("kill")], "start > a > say > kill")
    other = process(
        [begin_with("told", EventKind.MESSAGE, "news"), person("work"), terminate("kill2")], "told > work > kill2", id="other"
    )
    play = Play(pools(main, other, messages=["say > told"]))
    play.complete("a")
    assert not play.run.is_over, "a terminate end event ends its own process"
    assert play.waits() == {"work", "told"}
    play.complete("work")
    assert play.run.is_over


def test_a_start_event_that_nothing_reached_keeps_no_dossier_open() -> None:
    main = process([start(), person("a"), end()], "start > a > end")
    other = process([begin_with("told", EventKind.MESSAGE, "news"), end("end2")], "told > end2", id="other")
    play = Play(pools(main, other))
    play.complete("a")
    assert play.run.is_over
    assert not play.run.tokens()


def test_a_message_starts_a_process_only_when_the_instance_before_has_ended() -> None:
    main = process(
        [
            start(),
            repeated(sub_process("each", [start("s"), person("a"), sends("ask", "question", n="loop_counter"), end("e")],
                                 "s > a > ask > e"), LoopKind.SEQUENTIAL, cardinality="3"),
            end(),
        ],
        "start > each > end",
    )  # fmt: skip
    other = process(
        [begin_with("asked", EventKind.MESSAGE, "question", payload=takes("n")), person("work"), end("end2")],
        "asked > work > end2",
        id="other",
    )
    play = Play(pools(main, other, messages=["ask > asked"]))
    play.complete_all(["a", "a", "a"])
    assert play.count("work") == 1
    assert [letter.values for letter in play.run.mail] == [{"n": 2}, {"n": 3}]
    for number in (1, 2, 3):
        (running,) = [each for each in play.run.all_instances() if each.spec.name == "other"]
        assert running.variables.own == {"n": number}, "in the order of sending"
        play.complete("work")
    assert play.run.is_over
    assert play.done.count("asked") == 3


TWO_QUESTIONS = pools(
    process(
        [
            start(),
            parallel("split"),
            person("a1"),
            sends("ask1", "question", n="1"),
            person("b1"),
            sends("more1", "papers", of="1"),
            person("a2"),
            sends("ask2", "question", n="2"),
            person("b2"),
            sends("more2", "papers", of="2"),
            parallel("join"),
            end(),
        ],
        "start > split > a1 > ask1 > b1 > more1 > join > end",
        "split > a2 > ask2 > b2 > more2 > join",
    ),
    process(
        [
            begin_with("asked", EventKind.MESSAGE, "question", payload=takes("n")),
            node("take", NodeKind.RECEIVE_TASK, event=definition(EventKind.MESSAGE, "papers"), payload=takes("of")),
            on_message("stop", "take"),
            person("judge"),
            end("end2"),
            end("stopped"),
        ],
        "asked > take > judge > end2",
        "stop > stopped",
        id="other",
    ),
    messages=["ask1 > asked", "ask2 > asked", "more1 > take", "more2 > take"],
)


def test_what_was_said_about_one_question_is_never_taken_for_the_next() -> None:
    play = Play(TWO_QUESTIONS)
    play.complete("a1")
    play.fire("stop")
    play.complete_all(["b1", "a2"])
    assert [letter.values for letter in play.run.mail] == [{"of": 1}], "the second question waits for papers of its own"
    assert "take" in play.waits()
    play.complete("b2")
    (running,) = [each for each in play.run.all_instances() if each.spec.name == "other"]
    assert running.variables.own == {"n": 2, "of": 2}
    play.complete("judge")
    assert play.run.is_over
    assert [letter.values for letter in play.run.mail] == [{"of": 1}], "which is reported when the dossier closes"


def test_what_is_sent_after_a_question_that_still_waits_is_for_that_question() -> None:
    play = Play(TWO_QUESTIONS)
    play.complete_all(["a1", "a2", "b2"])
    assert [letter.values for letter in play.run.mail] == [{"n": 2}, {"of": 2}], "the first question is still open"
    play.fire("stop")
    (running,) = [each for each in play.run.all_instances() if each.spec.name == "other"]
    assert running.variables.own == {"n": 2, "of": 2}


def test_what_is_sent_before_the_process_ever_ran_is_for_its_first_instance() -> None:
    early = pools(
        process([start(), person("a"), sends("more", "papers", of="1"), person("b"), sends("ask", "question", n="1"), end()],
                "start > a > more > b > ask > end"),
        Definitions("d", TWO_QUESTIONS.processes[1:]),
        messages=["ask > asked", "more > take"],
    )  # fmt: skip
    play = Play(early)
    play.complete_all(["a", "b", "judge"])
    assert play.run.is_over
    assert not play.run.mail


def test_a_message_from_outside_starts_a_process_that_no_flow_leads_to_and_waits_while_it_runs() -> None:
    main = process([start(), person("a"), end()], "start > a > end")
    other = process(
        [begin_with("told", EventKind.MESSAGE, "news", payload=takes("n")), person("work"), end("end2")],
        "told > work > end2",
        id="other",
    )
    play = Play(pools(main, other, messages=["applicant > told"]))
    assert _token(play, "told").takes_messages
    play.fire("told", n=5)
    assert not _token(play, "told").takes_messages
    play.complete("work")
    assert _token(play, "told").takes_messages


def test_what_another_pool_sends_is_not_taken_from_outside() -> None:
    play = Play(BOTH, size=3)
    play.complete("measure")
    assert not _token(play, "hear").takes_messages
    open_to_both = Play(pools(ASKS, ANSWERS, messages=["ask > asked", "tell > hear", "applicant > hear"]), size=3)
    open_to_both.complete("measure")
    assert _token(open_to_both, "hear").takes_messages


def _token(play: Play, node_id: str) -> Token:
    return next(token for token in play.run.tokens() if token.node.id == node_id)


def test_a_signal_reaches_every_pool_and_starts_a_process_each_time() -> None:
    main = process(
        [
            start(),
            person("a"),
            throw("say", EventKind.SIGNAL, "late"),
            person("b"),
            throw("again", EventKind.SIGNAL, "late"),
            end(),
        ],
        "start > a > say > b > again > end",
    )
    watch = process([start("start2"), catch("hear", EventKind.SIGNAL, "late"), end("end2")], "start2 > hear > end2", id="watch")
    care = process([begin_with("late", EventKind.SIGNAL, "late"), person("work"), end("end3")], "late > work > end3", id="care")
    play = Play(pools(main, watch, care))
    play.complete("a")
    assert "end2" in play.done
    play.complete("b")
    assert play.count("work") == 2
    play.complete_all(["work", "work"])
    assert play.run.is_over


def test_a_timer_counts_from_the_opening_of_the_dossier_and_starts_its_process() -> None:
    main = process([start(), person("a"), end()], "start > a > end")
    once = process([begin_with("soon", EventKind.TIMER, "8 hours"), person("look"), end("end2")], "soon > look > end2", id="once")
    often = process(
        [begin_with("daily", EventKind.TIMER, cycle="every 8 hours"), person("check"), end("end3")],
        "daily > check > end3",
        id="often",
    )
    play = Play(pools(main, once, often))
    assert {_token(play, each).at for each in ("soon", "daily")} == {NOW}
    play.fire("soon")
    assert "soon" not in play.waits(), "it comes once"
    play.fire("daily")
    play.fire("daily")
    assert _token(play, "daily").round == 3
    assert (play.count("look"), play.count("check")) == (1, 2)
    play.complete_all(["a", "look", "check", "check"])
    assert play.run.is_over


def test_of_several_message_starts_the_dossier_begins_at_the_one_it_was_filed_at() -> None:
    nodes = [
        begin_with("new", EventKind.MESSAGE, "register"),
        begin_with("again", EventKind.MESSAGE, "renew"),
        person("a"),
        person("b"),
        end(),
    ]
    main = process(nodes, "new > a > end", "again > b > end")
    other = process([start("start2"), person("work"), end("end2")], "start2 > work > end2", id="other")
    for model, beside in ((main, set()), (pools(main, other), {"work"})):
        compiled = compile_model(model, {})
        assert {name: each.id for name, each in compiled.starts.items()} == {"register": "new", "renew": "again"}
        for begin_at, first in (("new", "a"), ("again", "b")):
            run = Run.start(compiled, NOW, {}, {}, begin_at)
            done: list[str] = []
            run.advance(lambda each: done.append(each.id))  # noqa: B023
            assert {token.node.id for token in Run.restore(compiled, run.save(), NOW, {}).tokens()} == {first} | beside
            assert [each for each in done if each in {"new", "again"}] == [begin_at]


@pytest.mark.parametrize("kind", [EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL, EventKind.ERROR, EventKind.ESCALATION])
def test_what_could_not_open_a_dossier_does_not_compile_as_its_start(kind: EventKind) -> None:
    with pytest.raises(ModelNotRunnable, match="first"):
        compile_model(process([begin_with("first", kind, "x > 0"), end()], "first > end"), {})


@pytest.mark.parametrize("kind", [EventKind.CONDITIONAL, EventKind.ERROR, EventKind.ESCALATION])
def test_what_has_nothing_to_wait_for_does_not_start_another_pool(kind: EventKind) -> None:
    main = process([start(), person("a"), end()], "start > a > end")
    other = process([begin_with("first", kind, "x > 0"), end("end2")], "first > end2", id="other")
    with pytest.raises(ModelNotRunnable, match="first"):
        compile_model(pools(main, other), {})


@pytest.mark.parametrize("value", ["no number", None, 1.5])
def test_a_message_that_does_not_fit_stops_its_sender_and_nothing_is_sent(value: object) -> None:
    play = Play(BOTH)
    before = play.run.save()
    play.run.scope["size"] = value  # type: ignore[assignment]
    with pytest.raises(Exception, match=r"size|area|ask"):
        play.complete("measure")
    assert Run.restore(play.model, before, NOW, {}).mail == []


def test_a_message_of_the_wrong_type_says_which_field_and_where_it_goes() -> None:
    asks = process([start(), person("a"), sends("ask", "question", area="label"), end()], "start > a > ask > end")
    takes_it = process([begin_with("asked", EventKind.MESSAGE, "question", payload=takes("area")), end("e")], "asked > e", id="o")
    play = Play(pools(asks, takes_it, messages=["ask > asked"]), label="wide")
    with pytest.raises(MessageUnfit, match=r'"question" from "ask" to "asked".*"area" must be a whole number'):
        play.complete("a")


def test_a_process_that_waits_for_a_message_nobody_can_send_any_more_stops_the_step_that_left_it_there() -> None:
    main = process(
        [start(), person("a"), node("x", NodeKind.EXCLUSIVE_GATEWAY), sends("say", "news"), end("quiet"), end()],
        "start > a > x",
        "x > say if loud",
        "x > quiet by default",
        "say > end",
    )
    other = process([start("start2"), message("take", "news"), end("end2")], "start2 > take > end2", id="other")
    play = Play(pools(main, other, messages=["say > take"]))
    with pytest.raises(ModelFailed, match=r'stuck.*"take"'):
        play.complete("a", loud=False)
    loud = Play(pools(main, other, messages=["say > take"]))
    loud.complete("a", loud=True)
    assert loud.run.is_over


def test_a_process_that_is_left_alone_is_found_although_another_could_still_be_started() -> None:
    main = process([start(), person("a"), sends("say", "news"), end()], "start > a > say > end")
    takes_two = process(
        [begin_with("told", EventKind.MESSAGE, "news"), message("more", "details"), end("end2")], "told > more > end2", id="other"
    )
    asks = process([begin_with("asked", EventKind.MESSAGE, "outside"), sends("tell", "details"), end("end3")],
                   "asked > tell > end3", id="third")  # fmt: skip
    tick = process(
        [begin_with("daily", EventKind.TIMER, cycle="every 8 hours"), person("look"), end("end4")],
        "daily > look > end4",
        id="fourth",
    )
    alone = Play(pools(main, takes_two, tick, messages=["say > told", "say > more"]))
    assert alone.waits() == {"a", "told", "daily"}
    alone.complete("a")
    assert alone.run.is_over, "both messages came"
    helped = Play(pools(main, takes_two, asks, messages=["say > told", "tell > more"]))
    helped.complete("a")
    assert "more" in helped.waits(), "a message from outside can still start the third, which sends what is awaited"
    helped.fire("asked")
    assert helped.run.is_over
    gone = process([start("start5"), person("b"), node("x", NodeKind.EXCLUSIVE_GATEWAY), sends("tell5", "details"), end("end5")],
                   "start5 > b > x", "x > tell5 if loud", "x > end5 by default", "tell5 > end5", id="fifth")  # fmt: skip
    forsaken = Play(pools(main, takes_two, tick, gone, messages=["say > told", "tell5 > more"]), loud=False)
    forsaken.complete("a")
    with pytest.raises(ModelFailed, match=r'stuck: tokens wait at "more"'):
        forsaken.complete("b", loud=False)


def test_two_processes_that_only_answer_each_other_without_end_are_stopped() -> None:
    one = process(
        [start(), person("serve"), node("x", NodeKind.EXCLUSIVE_GATEWAY), sends("hit", "there"), message("hear", "back"),
         node("y", NodeKind.EXCLUSIVE_GATEWAY), end()],
        "start > serve > x > hit > hear > y", "y > x by default", "y > end if False",
    )  # fmt: skip
    other = process(
        [start("start2"), node("x2", NodeKind.EXCLUSIVE_GATEWAY), message("hear2", "there"), sends("hit2", "back"),
         node("y2", NodeKind.EXCLUSIVE_GATEWAY), end("end2")],
        "start2 > x2 > hear2 > hit2 > y2", "y2 > x2 by default", "y2 > end2 if False", id="other",
    )  # fmt: skip
    play = Play(pools(one, other, messages=["hit > hear2", "hit2 > hear"]))
    with pytest.raises(ModelFailed, match="without coming to a wait state"):
        play.complete("serve")


def test_an_interrupted_process_takes_no_message_and_the_message_is_kept() -> None:
    main = process([start(), person("a"), sends("say", "news"), person("b"), end()], "start > a > say > b > end")
    other = process(
        [start("start2"), sub_process("sub", [start("s"), message("take", "news"), end("e")], "s > take > e"),
         on_message("stop", "sub"), end("end2"), end("end3")],
        "start2 > sub > end2", "stop > end3", id="other",
    )  # fmt: skip
    play = Play(pools(main, other, messages=["say > take"]))
    play.fire("stop")
    play.complete("a")
    assert [letter.flow for letter in play.run.mail] == ["say_to_take"]
    with pytest.raises((TokenGone, StopIteration)):
        play.fire("take")
    play.complete("b")
    assert play.run.is_over
    assert len(play.run.mail) == 1, "whoever runs the dossier reports it"


def test_two_that_wait_for_one_message_are_served_in_the_order_of_their_arrival() -> None:
    twice = process(
        [start(), person("a"), sends("one", "news", n="1"), sends("two", "news", n="2"), end()], "start > a > one > two > end"
    )
    other = process(
        [start("start2"), parallel("split"), person("x"), repeated(RECEIVE_N, LoopKind.SEQUENTIAL, cardinality="2",
         output_item="n", output_collection="all"), parallel("join"), person("y"), end("end2")],
        "start2 > split > x > join > y > end2", "split > take > join", id="other",
    )  # fmt: skip
    play = Play(pools(twice, other, messages=["one > take", "two > take"]))
    play.complete_all(["a", "x"])
    (running,) = [each for each in play.run.all_instances() if each.spec.name == "other"]
    assert running.variables.own == {"all": [1, 2]}


RECEIVE_N = node("take", NodeKind.RECEIVE_TASK, event=definition(EventKind.MESSAGE, "news"), payload=takes("n"))


def test_messages_of_later_senders_keep_the_instant_of_their_sending() -> None:
    compiled = compile_model(RECEIVERS["a receive task"], {})
    run = Run.start(compiled, NOW, {}, {})
    run.advance(lambda each: None)
    later = NOW + timedelta(days=3)
    run = Run.restore(compiled, run.save(), later, {})
    run.complete(next(token.id for token in run.tokens() if token.node.id == "send_now"), {})
    run.advance(lambda each: None)
    assert [letter.sent_at for letter in Run.restore(compiled, run.save(), later + timedelta(days=1), {}).mail] == [later]
