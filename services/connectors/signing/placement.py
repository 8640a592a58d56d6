"""Who can sign, and where on the page.

officers and whoever else prepares the text   initials, beside the list of recipients
division head                                 initials, next to the officer's
leaders                                       the signature, under their title
the organisation                              the seal, over the left third of the signature (decree 30/2020, art. 33)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reportlab.lib.units import mm

from motcua.procedures_catalog.roles import ROLES
from motcua.services.connectors.documents.places import SEAL_DIAMETER, SIGNATURE_HEIGHT, SIGNATURE_WIDTH, Place, seal_left_of
from motcua.services.connectors.signing.pdf import Box, SignedDocument

LEADER: Final = "leader"
SEALER: Final = "organisation"
_LEADERS = {LEADER, "department_leader", "people_committee_leader", "commune_leader"}

SIGNERS: Final[Mapping[str, Place]] = {
    role: Place.LEADER if role in _LEADERS else Place.DIVISION_HEAD if role == "division_head" else Place.OFFICER
    for role in (*ROLES, LEADER)
}
"""The roles that may sign, each with the place of its picture."""


def title_of(signer: str) -> str:
    """The words under which a role signs."""
    return ROLES.get(signer, "Lãnh đạo cơ quan")


def signature_box(document: SignedDocument, place: Place) -> Box:
    """The place that the form keeps; if there is none, or it is taken, the next free one along the lower edge of the last page."""
    taken = document.signatures.values()
    wanted = document.place(place)
    if wanted is not None and not any(wanted.overlaps(box) for box in taken):
        return wanted
    return next(box for box in _along_the_lower_edge(document.page_count - 1) if not any(box.overlaps(other) for other in taken))


def seal_box(document: SignedDocument) -> Box | None:
    """Over the left third of the last full signature, or of the last initials where there is none; None on an unsigned paper."""
    boxes = list(document.signatures.values())
    full = [
        box
        for name, box in document.signatures.items()
        if box.right - box.left >= SIGNATURE_WIDTH - 2 and not name.startswith(SEALER)
    ]
    if not boxes:
        return None
    signature = (full or boxes)[-1]
    left = seal_left_of(signature.left, signature.right - signature.left)
    bottom = (signature.bottom + signature.top - SEAL_DIAMETER) / 2
    return Box(signature.page, left, bottom, left + SEAL_DIAMETER, bottom + SEAL_DIAMETER)


def _along_the_lower_edge(page: int) -> list[Box]:
    """Rows of three, upwards from the lower margin: more than anyone signs."""
    lefts = [20 * mm + column * (SIGNATURE_WIDTH + 4 * mm) for column in range(3)]
    bottoms = [8 * mm + row * (SIGNATURE_HEIGHT + 3 * mm) for row in range(9)]
    return [Box(page, left, bottom, left + SIGNATURE_WIDTH, bottom + SIGNATURE_HEIGHT) for bottom in bottoms for left in lefts]
