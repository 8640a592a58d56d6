"""Signing: a development certificate authority, signatures and seals on PDF documents, and their verification."""

from motcua.services.connectors.signing.authority import DevelopmentAuthority, Identities
from motcua.services.connectors.signing.connector import OPERATIONS, SigningConnector, build
from motcua.services.connectors.signing.verify import Finding, SignatureReport, verify_pdf

__all__ = [
    "OPERATIONS",
    "DevelopmentAuthority",
    "Finding",
    "Identities",
    "SignatureReport",
    "SigningConnector",
    "build",
    "verify_pdf",
]
