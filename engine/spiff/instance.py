"""What runs inside a dossier: its process, and the sub-processes and called processes inside that, each with its own tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.workflow import Workflow

from motcua.engine.spiff import events, specs
from motcua.engine.spiff.ledger import Record
from motcua.engine.spiff.scopes import Scope

if TYPE_CHECKING:
    from motcua.engine.spiff.run import Run


class ProcessInstance(Workflow):  # type: ignore[misc]
    """A process or sub-process inside a dossier; `parent_task` is the activity that runs it.

    number: which instance of a repeated activity this is, from 1; 0 for the only one.   ledger: what was completed here and can be
    undone.   is_broken: whether it was terminated or interrupted from inside.   begin_at: the start event at which it begins, where
    its process has several.
    """

    def __init__(
        self,
        spec: specs.ProcessSpec,
        top: Run | None,
        parent_task: Any,
        deserializing: bool = False,
        scope: Scope | None = None,
        number: int = 0,
        begin_at: str | None = None,
    ) -> None:
        self.begin_at = begin_at
        self.top_workflow = top if top is not None else self
        self.parent_task = parent_task
        self.variables: Scope = scope if scope is not None else parent_task.workflow.variables
        self.number = number
        self.ledger: list[Record] = []
        self.is_broken = False
        super().__init__(spec, deserializing)

    def update_waiting_tasks(self) -> None:
        """Nothing waits for a tick: joins are asked when a token arrives, events when they are fired."""

    def _task_completed_notify(self, task: Any) -> None:
        """The step loop sees for itself when an instance is done; the library would go by a node named "End"."""

    def live(self) -> Iterator[Any]:
        return (task for task in self.tasks.values() if task.has_state(specs.LIVE))

    @property
    def is_done(self) -> bool:
        """Whether no token is left that keeps it going; listeners of event sub-processes do not."""
        return all(isinstance(task.task_spec, events.Listener) for task in self.live())
