"""Models composed of every element that the engine runs, drawn block by block: they always come to their end, whatever people do.

A block has one way in and one way out. `LEAVES` are single elements (or the smallest group that shows one), `AROUND_ONE` and
`AROUND_TWO` hold other blocks. `Drawn` is the model and the shared parts that it calls. Names tell what to do with a token:

    stop…    an event that interrupts: whoever plays may fire it     more…    an event that may come again and again
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from motcua.bpmn.elements import Definitions, EventKind, LoopKind, Node, NodeKind, OperationUse
from tests.small_models import (
    call,
    catch,
    definition,
    end,
    end_with,
    handler,
    inclusive,
    node,
    on,
    parallel,
    person,
    process,
    race,
    repeated,
    rule,
    script,
    service,
    start,
    sub_process,
    terminate,
    throw,
    transaction,
    undo,
    undone_by,
    xor,
)

VARIABLES: Mapping[str, Any] = {"steps": 0, "left": True, "right": True, "more": False, "items": [1, 2, 3], "ready": False}
"""What every model of these blocks starts with."""

# A block is its kind and its parts.
Block: TypeAlias = tuple[Any, ...]
Ends: TypeAlias = tuple[str, str]


@dataclass
class Drawing:
    """Nodes and flows of one body, with fresh names for both, and the shared parts that it calls."""

    names: Iterator[int] = field(default_factory=itertools.count)
    shared: dict[str, Definitions] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def name(self, kind: str) -> str:
        return f"{kind}{next(self.names)}"

    def add(self, one: Node) -> str:
        self.nodes.append(one)
        return one.id

    def flow(self, text: str) -> None:
        self.flows.append(text)

    def body(self, block: Block, *, last: Node | None = None) -> Drawing:
        """Another drawing with a start, the block, and an end."""
        inside = Drawing(self.names, self.shared)
        begin, finish = inside.add(start(self.name("start"))), inside.add(last or end(self.name("end")))
        a, b = draw(block, inside)
        inside.flow(f"{begin} > {a}")
        inside.flow(f"{b} > {finish}")
        return inside


@dataclass(frozen=True)
class Drawn:
    model: Definitions
    shared: Mapping[str, Definitions]


def draw(block: Block, on_this: Drawing) -> Ends:
    """Draw a block; its first and last node."""
    kind, *parts = block
    if kind in LEAVES:
        return LEAVES[kind](on_this)
    if kind in AROUND_ONE:
        return AROUND_ONE[kind](on_this, parts[0])
    return AROUND_TWO[kind](on_this, parts[0], parts[1])


def whole(block: Block) -> Drawn:
    """A process around one block, with a person at the end, so that there is something to wait for after it."""
    on_this = Drawing()
    begin, tail, finish = on_this.add(start()), on_this.add(person("tail")), on_this.add(end())
    a, b = draw(block, on_this)
    on_this.flow(f"{begin} > {a}")
    on_this.flow(f"{b} > {tail} > {finish}")
    return Drawn(process(on_this.nodes, *on_this.flows), on_this.shared)


# ---- blocks of one element


def _one(make: Callable[[str], Node], name: str) -> Callable[[Drawing], Ends]:
    def drawn(d: Drawing) -> Ends:
        id = d.add(make(d.name(name)))
        return id, id

    return drawn


def _link(d: Drawing) -> Ends:
    name = d.name("link")
    return d.add(throw(d.name("jump"), EventKind.LINK, name)), d.add(catch(d.name("land"), EventKind.LINK, name))


def _signal(d: Drawing) -> Ends:
    """One branch waits for what the other one throws."""
    name = d.name("signal")
    split, join = d.add(parallel(d.name("psplit"))), d.add(parallel(d.name("pjoin")))
    waits = d.add(catch(d.name("hear"), EventKind.SIGNAL, name))
    asks, says = d.add(person(d.name("person"))), d.add(throw(d.name("say"), EventKind.SIGNAL, name))
    d.flow(f"{split} > {waits} > {join}")
    d.flow(f"{split} > {asks} > {says} > {join}")
    return split, join


def _condition(d: Drawing) -> Ends:
    """One branch waits for what the other one sets; the counter keeps rounds apart."""
    before = d.add(script(d.name("before"), "ready = False"))
    split, join = d.add(parallel(d.name("psplit"))), d.add(parallel(d.name("pjoin")))
    waits = d.add(catch(d.name("when"), EventKind.CONDITIONAL, "ready"))
    asks, sets = d.add(person(d.name("person"))), d.add(script(d.name("set"), "ready = True"))
    d.flow(f"{before} > {split} > {waits} > {join}")
    d.flow(f"{split} > {asks} > {sets} > {join}")
    return before, join


SEND = OperationUse("test.send")
LEAVES: Mapping[str, Callable[[Drawing], Ends]] = {
    "person": _one(person, "person"),
    "manual": _one(lambda id: node(id, NodeKind.MANUAL_TASK), "manual"),
    "repeated person": _one(lambda id: repeated(person(id), LoopKind.PARALLEL, cardinality="2"), "asked"),
    "repeated service": _one(lambda id: repeated(service(id), LoopKind.SEQUENTIAL, cardinality="2"), "asked"),
    "pass": _one(lambda id: throw(id, EventKind.NONE), "pass"),
    "send task": _one(lambda id: node(id, NodeKind.SEND_TASK, operation=SEND), "send"),
    "service": _one(service, "service"),
    "decision": _one(lambda id: rule(id, "steps"), "decision"),
    "script": _one(lambda id: script(id, "steps = steps + 1"), "script"),
    "receive": _one(lambda id: node(id, NodeKind.RECEIVE_TASK, event=definition(EventKind.MESSAGE, id)), "receive"),
    "message": _one(lambda id: catch(id, EventKind.MESSAGE, id), "message"),
    "timer": _one(lambda id: catch(id, EventKind.TIMER), "timer"),
    "send": _one(lambda id: throw(id, EventKind.MESSAGE, id, operation=SEND), "send"),
    "escalate": _one(lambda id: throw(id, EventKind.ESCALATION, "UNHEARD"), "escalate"),
    "link": _link,
    "signal": _signal,
    "condition": _condition,
}

# ---- blocks around one other


def _sub(d: Drawing, part: Block) -> Ends:
    inside = d.body(part)
    id = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    return id, id


def _transaction(d: Drawing, part: Block) -> Ends:
    inside = d.body(part)
    id = d.add(transaction(d.name("deal"), inside.nodes, *inside.flows))
    return id, id


def _call(d: Drawing, part: Block) -> Ends:
    inside = d.body(part)
    key = d.name("part")
    d.shared[key] = process(inside.nodes, *inside.flows, id=key)
    id = d.add(call(d.name("call"), key))
    return id, id


def _loop(d: Drawing, part: Block) -> Ends:
    again, decide, ask = d.add(xor(d.name("again"))), d.add(xor(d.name("decide"))), d.add(person(d.name("ask")))
    first, last = draw(part, d)
    after = d.add(script(d.name("after"), "steps = steps + 1"))
    d.flow(f"{again} > {first}")
    d.flow(f"{last} > {ask} > {decide}")
    d.flow(f"{decide} > {again} if more")
    d.flow(f"{decide} > {after} by default")
    return again, after


def _repeat(loop: LoopKind, **how: Any) -> Callable[[Drawing, Block], Ends]:
    def drawn(d: Drawing, part: Block) -> Ends:
        inside = d.body(part)
        id = d.add(repeated(sub_process(d.name("each"), inside.nodes, *inside.flows), loop, **how))
        return id, id

    return drawn


def _edge(kind: EventKind, *, interrupting: bool) -> Callable[[Drawing, Block], Ends]:
    """A sub-process with a boundary event. One that interrupts joins the way on, the other has an end of its own."""

    def drawn(d: Drawing, part: Block) -> Ends:
        inside = d.body(part)
        host = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
        name = d.name("stop" if interrupting else "more")
        edge = d.add(on(name, host, kind, name, interrupting=interrupting))
        if not interrupting:
            d.flow(f"{edge} > {d.add(person(d.name('aside')))} > {d.add(end(d.name('end')))}")
            return host, host
        join, mend = d.add(xor(d.name("join"))), d.add(person(d.name("mend")))
        d.flow(f"{host} > {join}")
        d.flow(f"{edge} > {mend} > {join}")
        return host, join

    return drawn


def _thrown(kind: EventKind, *, interrupting: bool = True) -> Callable[[Drawing, Block], Ends]:
    """A sub-process that after its block throws what its boundary event catches; a transaction, if it is cancelled."""

    def drawn(d: Drawing, part: Block) -> Ends:
        code = d.name("CODE")
        inside = d.body(part, last=end_with(d.name("cry"), kind, code))
        make = transaction if kind is EventKind.CANCEL else sub_process
        host = d.add(make(d.name("sub"), inside.nodes, *inside.flows))
        edge = d.add(on(d.name("caught"), host, kind, code, interrupting=interrupting))
        if not interrupting:
            d.flow(f"{edge} > {d.add(end(d.name('end')))}")
            return host, host
        never, join = d.add(script(d.name("never"), "steps = steps + 1")), d.add(xor(d.name("join")))
        d.flow(f"{host} > {never} > {join}")
        d.flow(f"{edge} > {join}")
        return host, join

    return drawn


def _handled(kind: EventKind, *, interrupting: bool) -> Callable[[Drawing, Block], Ends]:
    """A sub-process with an event sub-process in it, started from outside."""

    def drawn(d: Drawing, part: Block) -> Ends:
        inside = d.body(part)
        name, work, done = d.name("stop" if interrupting else "more"), d.name("fix"), d.name("end")
        event = definition(kind, name)
        inside.add(handler(name, event, [person(work), end(done)], f"{name}_start > {work} > {done}", interrupting=interrupting))
        id = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
        return id, id

    return drawn


def _handled_inside(kind: EventKind, *, interrupting: bool = True) -> Callable[[Drawing, Block], Ends]:
    """A sub-process that after its block throws what an event sub-process in it catches."""

    def drawn(d: Drawing, part: Block) -> Ends:
        code, name, done = d.name("CODE"), d.name("care"), d.name("end")
        inside = d.body(part, last=end_with(d.name("cry"), kind, code))
        inside.add(handler(name, definition(kind, code), [end(done)], f"{name}_start > {done}", interrupting=interrupting))
        id = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
        return id, id

    return drawn


def _conditional(d: Drawing, part: Block) -> Ends:
    """A sub-process that after its block makes two conditions true: one starts an event sub-process, one interrupts it all."""
    watched, alarm = d.name("watched"), d.name("alarm")
    before = d.add(script(d.name("before"), f"{watched} = 0\n{alarm} = False"))
    inside = Drawing(d.names, d.shared)
    begin, first_set = inside.add(start(d.name("start"))), inside.add(script(d.name("set"), f"{watched} = 1"))
    asks, then_set = inside.add(person(d.name("person"))), inside.add(script(d.name("set"), f"{alarm} = True"))
    idle, finish = inside.add(person(d.name("idle"))), inside.add(end(d.name("end")))
    name, done = d.name("care"), d.name("end")
    event = definition(EventKind.CONDITIONAL, f"{watched} > 0")
    inside.add(handler(name, event, [end(done)], f"{name}_start > {done}", interrupting=False))
    a, b = draw(part, inside)
    inside.flow(f"{begin} > {a}")
    inside.flow(f"{b} > {first_set} > {asks} > {then_set} > {idle} > {finish}")
    host = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    edge, join = d.add(on(d.name("edge"), host, EventKind.CONDITIONAL, alarm)), d.add(xor(d.name("join")))
    d.flow(f"{before} > {host} > {join}")
    d.flow(f"{edge} > {join}")
    return before, join


def _conditional_the_other_way(d: Drawing, part: Block) -> Ends:
    """A sub-process that after its block makes two conditions true: one happens beside it, one starts what interrupts it all."""
    watched, alarm = d.name("watched"), d.name("alarm")
    before = d.add(script(d.name("before"), f"{watched} = 0\n{alarm} = False"))
    inside = Drawing(d.names, d.shared)
    begin, first_set = inside.add(start(d.name("start"))), inside.add(script(d.name("set"), f"{watched} = 1"))
    asks, then_set = inside.add(person(d.name("person"))), inside.add(script(d.name("set"), f"{alarm} = True"))
    idle, finish = inside.add(person(d.name("idle"))), inside.add(end(d.name("end")))
    name, done = d.name("care"), d.name("end")
    inside.add(handler(name, definition(EventKind.CONDITIONAL, alarm), [end(done)], f"{name}_start > {done}"))
    a, b = draw(part, inside)
    inside.flow(f"{begin} > {a}")
    inside.flow(f"{b} > {first_set} > {asks} > {then_set} > {idle} > {finish}")
    host = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    edge = d.add(on(d.name("edge"), host, EventKind.CONDITIONAL, f"{watched} > 0", interrupting=False))
    d.flow(f"{before} > {host}")
    d.flow(f"{edge} > {d.add(end(d.name('end')))}")
    return before, host


def _sent(d: Drawing, part: Block) -> Ends:
    name = d.name("send")
    inside = d.body(part, last=end_with(name, EventKind.MESSAGE, name, operation=SEND))
    id = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    return id, id


def _terminated(d: Drawing, part: Block) -> Ends:
    """Two branches inside; whichever comes to its end first ends the other."""
    inside = Drawing(d.names, d.shared)
    begin, split = inside.add(start(d.name("start"))), inside.add(parallel(d.name("fork")))
    first, last = draw(part, inside)
    other = inside.add(person(d.name("person")))
    inside.flow(f"{begin} > {split} > {first}")
    inside.flow(f"{last} > {inside.add(terminate(d.name('kill')))}")
    inside.flow(f"{split} > {other} > {inside.add(terminate(d.name('kill')))}")
    id = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    return id, id


def _undone(d: Drawing, part: Block) -> Ends:
    """A sub-process that undoes a task after its block, beside the token, and again at its end, when there is nothing left."""
    pay = d.name("pay")
    thrown = node(d.name("undo"), NodeKind.INTERMEDIATE_THROW_EVENT, event=undo(pay, waits=False))
    inside = d.body(("sequence", part, ("person",)), last=node(d.name("undo"), NodeKind.END_EVENT, event=undo()))
    *_, last = inside.flows
    before, _, finish = last.partition(" > ")
    inside.nodes += [person(pay), *undone_by(pay, person(d.name("back"))), thrown]
    inside.flows[-1] = f"{before} > {pay} > {thrown.id} > {finish}"
    id = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    return id, id


def _undone_as_a_whole(d: Drawing, part: Block) -> Ends:
    """A sub-process with what undoes it inside, undone when it is completed."""
    inside = d.body(part)
    name, work, done = d.name("care"), d.name("fix"), d.name("end")
    inside.add(handler(name, undo(), [person(work), end(done)], f"{name}_start > {work} > {done}"))
    host = d.add(sub_process(d.name("sub"), inside.nodes, *inside.flows))
    thrown = d.add(node(d.name("undo"), NodeKind.INTERMEDIATE_THROW_EVENT, event=undo()))
    d.flow(f"{host} > {thrown}")
    return host, thrown


def _undone_and_cancelled(d: Drawing, part: Block) -> Ends:
    """A transaction with a task that is undone because it is cancelled after its block."""
    inside, pay = d.body(part, last=end_with(d.name("cry"), EventKind.CANCEL)), d.name("pay")
    *_, last = inside.flows
    before, _, finish = last.partition(" > ")
    inside.nodes += [person(pay), *undone_by(pay, service(d.name("back")))]
    inside.flows[-1] = f"{before} > {pay} > {finish}"
    host = d.add(transaction(d.name("deal"), inside.nodes, *inside.flows))
    edge, join = d.add(on(d.name("caught"), host, EventKind.CANCEL)), d.add(xor(d.name("join")))
    d.flow(f"{host} > {join}")
    d.flow(f"{edge} > {join}")
    return host, join


AROUND_ONE: Mapping[str, Callable[[Drawing, Block], Ends]] = {
    "sub": _sub,
    "transaction": _transaction,
    "call": _call,
    "loop": _loop,
    "parallel instances": _repeat(LoopKind.PARALLEL, collection="items", item="item"),
    "sequential instances": _repeat(LoopKind.SEQUENTIAL, cardinality="2"),
    "standard loop": _repeat(LoopKind.STANDARD, condition="more", maximum=3),
    "message edge": _edge(EventKind.MESSAGE, interrupting=True),
    "message beside": _edge(EventKind.MESSAGE, interrupting=False),
    "timer edge": _edge(EventKind.TIMER, interrupting=True),
    "timer beside": _edge(EventKind.TIMER, interrupting=False),
    "error edge": _thrown(EventKind.ERROR),
    "escalation edge": _thrown(EventKind.ESCALATION),
    "escalation beside": _thrown(EventKind.ESCALATION, interrupting=False),
    "signal edge": _thrown(EventKind.SIGNAL),
    "signal beside": _thrown(EventKind.SIGNAL, interrupting=False),
    "cancel edge": _thrown(EventKind.CANCEL),
    "message handler": _handled(EventKind.MESSAGE, interrupting=True),
    "message handler beside": _handled(EventKind.MESSAGE, interrupting=False),
    "timer handler": _handled(EventKind.TIMER, interrupting=True),
    "timer handler beside": _handled(EventKind.TIMER, interrupting=False),
    "error handler": _handled_inside(EventKind.ERROR),
    "escalation handler": _handled_inside(EventKind.ESCALATION),
    "escalation handler beside": _handled_inside(EventKind.ESCALATION, interrupting=False),
    "signal handler": _handled_inside(EventKind.SIGNAL),
    "signal handler beside": _handled_inside(EventKind.SIGNAL, interrupting=False),
    "conditions": _conditional,
    "conditions the other way": _conditional_the_other_way,
    "message end": _sent,
    "terminate": _terminated,
    "undone": _undone,
    "undone as a whole": _undone_as_a_whole,
    "undone and cancelled": _undone_and_cancelled,
}

# ---- blocks around two others


def _sequence(d: Drawing, one: Block, other: Block) -> Ends:
    (first, a), (b, last) = draw(one, d), draw(other, d)
    d.flow(f"{a} > {b}")
    return first, last


def _gateways(make: Callable[[str], Node], name: str, conditions: tuple[str, str]) -> Callable[[Drawing, Block, Block], Ends]:
    def drawn(d: Drawing, one: Block, other: Block) -> Ends:
        split, join = d.add(make(d.name(f"{name}split"))), d.add(make(d.name(f"{name}join")))
        for part, condition in zip((one, other), conditions, strict=True):
            first, last = draw(part, d)
            d.flow(f"{split} > {first}{condition}")
            d.flow(f"{last} > {join}")
        return split, join

    return drawn


def _inclusive(d: Drawing, one: Block, other: Block) -> Ends:
    split, join = d.add(inclusive(d.name("isplit"))), d.add(inclusive(d.name("ijoin")))
    for part, condition in ((one, "left"), (other, "right")):
        first, last = draw(part, d)
        d.flow(f"{split} > {first} if {condition}")
        d.flow(f"{last} > {join}")
    d.flow(f"{split} > {join} by default")
    return split, join


def _race(d: Drawing, one: Block, other: Block) -> Ends:
    split, join = d.add(race(d.name("race"))), d.add(xor(d.name("join")))
    for part, make in ((one, LEAVES["message"]), (other, LEAVES["timer"])):
        wait, _ = make(d)
        first, last = draw(part, d)
        d.flow(f"{split} > {wait} > {first}")
        d.flow(f"{last} > {join}")
    return split, join


AROUND_TWO: Mapping[str, Callable[[Drawing, Block, Block], Ends]] = {
    "sequence": _sequence,
    "choice": _gateways(xor, "x", (" if left", " by default")),
    "parallel": _gateways(parallel, "p", ("", "")),
    "inclusive": _inclusive,
    "race": _race,
}
