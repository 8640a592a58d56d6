"""The codes that stand in addresses, each with its shape, so that nothing else gets further than the router."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path

DossierCode = Annotated[
    str,
    Path(
        max_length=80,
        pattern=r"^[0-9A-Z.]+-(\d{6}|\d{8})-\d{4,7}$",
        description="As on the receipt slip.",
        examples=["H05.20-260302-0001"],
    ),
]
ProcedureCode = Annotated[
    str, Path(max_length=40, pattern=r"^[0-9A-Z][0-9A-Z.]*$", description="Text: the last zero counts.", examples=["1.001193"])
]
TaskId = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$")]
DocumentId = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
MessageId = Annotated[
    str, Path(max_length=100, pattern=r"^[0-9A-Za-z._:-]+$", description="The sender's own id; the same id twice is one message.")
]
IdempotencyKey = Annotated[
    str | None,
    Header(max_length=100, pattern=r"^[!-~]+$", description="The sender's own key; the same request sent twice opens one dossier."),
]
