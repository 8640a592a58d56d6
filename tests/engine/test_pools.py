"""Several processes in one dossier, and the messages between them. Every play is saved and restored after each of its moves."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.bpmn.elements import Argument, Definitions, EventKind, FormField, LoopKind, Node, NodeKind
from motcua.engine.codec import encode
from motcua.engine.spiff.compile import CompiledModel, ModelNotRunnable, compile_model
from motcua.engine.spiff.mail import MessageUnfit
from motcua.engine.spiff.run import ModelFailed, Run, Token, TokenGone, Wait
from tests.composed_models import VARIABLES, Block, Drawing, draw
from tests.engine.play import NOW, Play
from tests.small_models import (
    begin_with,
    catch,
    definition,
    end,
    end_with,
    handler,
    message,
    node,
    on_message,
    parallel,
    person,
    pools,
    process,
    repeated,
    script,
    start,
    sub_process,
    terminate,
    throw,
)
from tests.strategies import composed_blocks


def takes(*names: str, type: str = "integer", required: bool = True) -> tuple[FormField, ...]:
    return tuple(FormField(name, type, name, required) for name in names)


def carries(**expressions: str) -> tuple[Argument, ...]:
    return tuple(Argument(name, expression) for name, expression in expressions.items())


def sends(id: str, message: str, **expressions: str) -> Node:
    return throw(id, EventKind.MESSAGE, message, arguments=carries(**expressions))


def tells(id: str, message: str, **expressions: str) -> Node:
    return end_with(id, EventKind.MESSAGE, message, arguments=carries(**expressions))


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
ON_EDGE = on_message("edge", "work")
EDGE = Node(**{name: getattr(ON_EDGE, name) for name in ("id", "name", "kind", "attached_to", "cancel_activity")},
            event=definition(EventKind.MESSAGE, "news"), payload=takes("number"))  # fmt: skip
RECEIVERS = {
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


# ---- laws

_WITHOUT_LISTS = composed_blocks.filter(lambda block: "parallel instances" not in str(block))
_NAMES = "\n".join(f"{name} = {value!r}" for name, value in VARIABLES.items() if name != "items")


def conversation(blocks: list[Block]) -> tuple[CompiledModel, list[str]]:
    """Two pools that speak twice, with a block before and after every word; and the nodes that must be passed exactly once."""
    names = itertools.count()
    shared: dict[str, Definitions] = {}
    main, other = Drawing(names, shared), Drawing(names, shared)
    a, b, c, d, e = blocks
    chains: tuple[tuple[Drawing, list[Node | Block]], ...] = (
        (main, [start("begin"), a, sends("ask", "question", n="3"), b, sends("more", "papers"), c,
                message("hear", "answer", payload=takes("m")), person("tail"), end("finish")]),
        (other, [begin_with("asked", EventKind.MESSAGE, "question", payload=takes("n")), script("names", _NAMES), d,
                 node("take", NodeKind.RECEIVE_TASK, event=definition(EventKind.MESSAGE, "papers")), e,
                 tells("tell", "answer", m="n + 1")]),
    )  # fmt: skip
    for drawing, chain in chains:
        last = None
        for each in chain:
            first, after = (drawing.add(each),) * 2 if isinstance(each, Node) else draw(each, drawing)
            if last is not None:
                drawing.flow(f"{last} > {first}")
            last = after
    model = pools(
        process(main.nodes, *main.flows),
        process(other.nodes, *other.flows, id="other"),
        messages=["ask > asked", "more > take", "tell > hear"],
    )
    return compile_model(model, shared), ["begin", "ask", "more", "hear", "tail", "finish", "asked", "take", "tell"]


_MOVABLE = {Wait.PERSON, Wait.SERVICE, Wait.MESSAGE, Wait.TIMER}


def course(model: CompiledModel, pool_first: list[bool], *, saving: bool) -> tuple[Run, Counter[str]]:
    """Play to the end. Within a pool the moves are always the same; `pool_first` says which pool moves when both can."""
    run = Run.start(model, NOW, {}, VARIABLES)
    done: Counter[str] = Counter()
    run.advance(lambda each: done.update([each.id]))
    for number in range(600):
        if saving:
            state, before = run.save(), (run.tokens(), run.mail)
            run = Run.restore(model, state, NOW, {})
            assert (run.tokens(), run.mail) == before
            assert run.save() == state
        movable = [
            each
            for each in run.tokens()
            if each.wait in _MOVABLE and each.takes_messages and not each.node.id.startswith(("stop", "more"))
        ]
        if not movable:
            return run, done
        sides = ([], [])  # type: tuple[list[Token], list[Token]]
        for token in movable:
            sides[_is_others(run, token)].append(token)
        chosen = sides[number < len(pool_first) and pool_first[number]] or sides[0] or sides[1]
        token = min(chosen, key=lambda each: (each.process, each.node.id))
        if token.wait in {Wait.MESSAGE, Wait.TIMER}:
            run.fire(token.id, {})
        else:
            run.complete(token.id, {"left": True, "right": True, "more": False} if token.wait is Wait.PERSON else {})
        run.advance(lambda each: done.update([each.id]))
    raise AssertionError("the model did not end")


def _is_others(run: Run, token: Token) -> bool:
    instance = run._find(token.id).workflow
    while instance.parent_task is not None and instance.spec.name != "other":
        instance = instance.parent_task.workflow
    return str(instance.spec.name) == "other"


@settings(max_examples=40)
@given(st.lists(_WITHOUT_LISTS, min_size=5, max_size=5), st.lists(st.booleans(), max_size=40), st.lists(st.booleans(), max_size=40))
def test_whoever_is_first_two_pools_come_to_the_same_end_and_nothing_is_lost_or_doubled(
    blocks: list[Block], one: list[bool], another: list[bool]
) -> None:
    model, once = conversation(blocks)
    run, done = course(model, one, saving=True)
    assert run.is_over
    assert not run.tokens()
    assert not run.instances
    assert not run.mail
    assert {each: done[each] for each in once} == dict.fromkeys(once, 1)
    unsaved, same = course(model, one, saving=False)
    assert (same, encode(unsaved.scope)) == (done, encode(run.scope))
    other_way, alike = course(model, another, saving=True)
    assert (alike, encode(other_way.scope)) == (done, encode(run.scope))


@settings(max_examples=60)
@given(st.integers(0, 5), st.lists(st.booleans(), max_size=12))
def test_as_many_messages_as_were_sent_start_a_process_each_or_are_kept(number: int, work_first: list[bool]) -> None:
    asks = repeated(sub_process("each", [start("s"), person("a"), sends("ask", "question", n="loop_counter"), end("e")],
                                "s > a > ask > e"), LoopKind.SEQUENTIAL, cardinality=str(number))  # fmt: skip
    main = process([start(), asks, person("tail"), end()], "start > each > tail > end")
    other = process(
        [begin_with("asked", EventKind.MESSAGE, "question", payload=takes("n")), person("work"), end("end2")],
        "asked > work > end2",
        id="other",
    )
    play = Play(pools(main, other, messages=["ask > asked"]))
    turns = iter([*work_first, *([True, False] * (2 * number + 2))])
    while play.waits() & {"a", "work"}:
        possible = sorted(play.waits() & {"a", "work"})
        play.complete(possible[-1] if next(turns) else possible[0])
        assert play.done.count("ask") == play.done.count("asked") + len(play.run.mail)
        assert play.count("work") <= 1
    play.complete("tail")
    assert play.run.is_over
    assert play.done.count("end2") == number


def test_messages_of_later_senders_keep_the_instant_of_their_sending() -> None:
    compiled = compile_model(RECEIVERS["a receive task"], {})
    run = Run.start(compiled, NOW, {}, {})
    run.advance(lambda each: None)
    later = NOW + timedelta(days=3)
    run = Run.restore(compiled, run.save(), later, {})
    run.complete(next(token.id for token in run.tokens() if token.node.id == "send_now"), {})
    run.advance(lambda each: None)
    assert [letter.sent_at for letter in Run.restore(compiled, run.save(), later + timedelta(days=1), {}).mail] == [later]
