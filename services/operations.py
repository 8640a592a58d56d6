"""Every operation that a model may ask of a connector, by name: what `motcua model check` and the engine go by."""

from __future__ import annotations

from collections.abc import Mapping

from motcua.engine.connectors import Operation
from motcua.services.connectors.documents.connector import OPERATIONS as DOCUMENTS
from motcua.services.connectors.national_portal.connector import OPERATIONS as NATIONAL_PORTAL
from motcua.services.connectors.payment.connector import OPERATIONS as PAYMENT
from motcua.services.connectors.signing.connector import OPERATIONS as SIGNING

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation for operation in (*DOCUMENTS, *SIGNING, *PAYMENT, *NATIONAL_PORTAL)
}
