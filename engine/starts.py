"""Which start event an application is filed at: the only one, or the one whose message it names."""

from __future__ import annotations

from motcua.bpmn.elements import Node
from motcua.engine.spiff.compile import CompiledModel
from motcua.errors import InvalidInput


class StartNotChosen(InvalidInput):
    """The model can be started in several ways, and the application names none of them; or it names one that there is not."""


def start_for(model: CompiledModel, message: str | None) -> Node:
    """The start event of the main process. An application that names no message is filed at the none start, or at the only start.

    Raises StartNotChosen.
    """
    if message in model.starts:
        return model.starts[message]
    if message is None and len(model.starts) == 1:
        return next(iter(model.starts.values()))
    named = ", ".join(sorted(f'"{name}"' for name in model.starts if name is not None)) or "none"
    said = "names no message" if message is None else f'names the message "{message}"'
    raise StartNotChosen(
        f"The application {said}, and the procedure is started by another: {named}. Name one of them.",
        message=message,
        starts=[name for name in model.starts if name is not None],
    )
