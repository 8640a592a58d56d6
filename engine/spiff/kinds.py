"""Which spec runs which kind of node. What is not in these tables, and not compiled by name in `compile.py`, is refused.

`motcua.bpmn.checks.support` says the same to analysts, docs/extension.md to everyone, and a test keeps the three alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from motcua.bpmn.elements import EventKind, NodeKind
from motcua.engine.spiff import compensation, events, gateways, specs

Maker = Callable[..., specs.NodeSpec]

PLAIN: Final[Mapping[NodeKind, Maker]] = {
    NodeKind.USER_TASK: specs.PersonTask,
    NodeKind.MANUAL_TASK: specs.PersonTask,
    NodeKind.SERVICE_TASK: specs.ServiceTask,
    NodeKind.SEND_TASK: specs.ServiceTask,
    NodeKind.RECEIVE_TASK: events.CatchEvent,
    NodeKind.EXCLUSIVE_GATEWAY: gateways.ExclusiveGateway,
    NodeKind.PARALLEL_GATEWAY: gateways.ParallelGateway,
    NodeKind.INCLUSIVE_GATEWAY: gateways.InclusiveGateway,
    NodeKind.EVENT_BASED_GATEWAY: specs.EventBasedGateway,
}

EVENTS: Final[Mapping[NodeKind, Mapping[EventKind, Maker]]] = {
    NodeKind.START_EVENT: {
        EventKind.NONE: specs.Pass,
        **dict.fromkeys(
            (
                EventKind.MESSAGE,
                EventKind.TIMER,
                EventKind.ERROR,
                EventKind.ESCALATION,
                EventKind.SIGNAL,
                EventKind.CONDITIONAL,
                EventKind.COMPENSATE,
            ),
            events.Listener,
        ),
    },
    NodeKind.END_EVENT: {
        EventKind.NONE: specs.Pass,
        EventKind.TERMINATE: events.TerminateEnd,
        EventKind.ERROR: events.ErrorEnd,
        EventKind.ESCALATION: events.EscalationThrow,
        EventKind.SIGNAL: events.SignalThrow,
        EventKind.MESSAGE: specs.ServiceTask,
        EventKind.CANCEL: compensation.CancelEnd,
        EventKind.COMPENSATE: compensation.throw,
    },
    NodeKind.INTERMEDIATE_THROW_EVENT: {
        EventKind.NONE: specs.Pass,
        EventKind.ESCALATION: events.EscalationThrow,
        EventKind.SIGNAL: events.SignalThrow,
        EventKind.MESSAGE: specs.ServiceTask,
        EventKind.LINK: specs.Pass,
        EventKind.COMPENSATE: compensation.throw,
    },
    NodeKind.INTERMEDIATE_CATCH_EVENT: {
        EventKind.LINK: specs.Pass,
        **dict.fromkeys((EventKind.MESSAGE, EventKind.TIMER, EventKind.SIGNAL, EventKind.CONDITIONAL), events.CatchEvent),
    },
    NodeKind.BOUNDARY_EVENT: dict.fromkeys(
        (
            EventKind.MESSAGE,
            EventKind.TIMER,
            EventKind.ERROR,
            EventKind.ESCALATION,
            EventKind.SIGNAL,
            EventKind.CONDITIONAL,
            EventKind.CANCEL,
            EventKind.COMPENSATE,  # never waited for: what undoes is found when it is asked for
        ),
        events.CatchEvent,
    ),
}
