"""Who acts. In this release the header `X-Actor` says so, and it is believed.

That is safe only behind the authority's own gateway, which signs people in, sets the header, and removes one that comes from
outside; the server therefore listens on the loopback address unless it is told otherwise. Everything asks `acting`, so a real
identity (OpenID Connect) replaces this one function.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from motcua.errors import InvalidInput

_ACTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,99}")
RESERVED = ("clock", "applicant", "payment_gateway")


class ActorMissing(InvalidInput):
    """The request does not say who acts."""

    http_status = 401


class ActorRefused(InvalidInput):
    """The name of the actor cannot be one."""

    http_status = 401


def read_actor(name: str | None) -> str:
    """A valid actor's name: letters, digits and `. _ : @ + -`, at most 100, and none that motcua itself acts under."""
    if not name:
        raise ActorMissing("The request does not say who acts. Send the officer's or the service's name in the header X-Actor.")
    if _ACTOR.fullmatch(name) is None:
        raise ActorRefused(
            "The header X-Actor holds no valid name. Use 1 to 100 letters (A-Z), digits and the signs . _ : @ + -, "
            "beginning with a letter or a digit."
        )
    if name in RESERVED or name.startswith("worker:"):
        raise ActorRefused(f'The name "{name}" is one that motcua itself acts under. Use the name of the person or the service.')
    return name


def acting(
    x_actor: Annotated[str | None, Header(description="Who acts; set by the authority's gateway, and believed.")] = None,
) -> str:
    """Who acts in this request. Raises ActorMissing or ActorRefused."""
    return read_actor(x_actor)


Acting = Annotated[str, Depends(acting)]
