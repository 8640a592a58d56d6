"""A certificate authority for development: it makes its own root, and a certificate for each signer when that one first signs.

Never for real papers. Every subject says that the certificate is for development and without legal effect. Production puts
another `Identities` in its place, over a token, a hardware module or a remote signing service.

    <folder>/root.pem                     root certificate and key
    <folder>/root.crt                     root certificate alone, to be given to those who verify
    <folder>/<authority>/<signer>.pem     certificate and key of one signer

Key and certificate stand in one file, readable by the owner alone, written beside its place and renamed: there is never one without
the other. A file lock lets several processes start on the same folder.

Certificates are valid from ten years before the instant of the first start to ten years after. A demonstration runs on simulated
time and its signatures claim that time, while a PDF reader judges by the computer's clock: both must fall into the same validity.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from filelock import FileLock

from motcua.errors import InvalidInput, Unavailable

_YEARS_EACH_WAY = timedelta(days=3653)
_MARK = "motcua DEVELOPMENT - NO LEGAL EFFECT"
_ROOT = "root"
_FILE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")


class NotASigner(InvalidInput):
    """A certificate is named by the authority's code and the role, which become a folder and a file; nothing else may."""


class CertificateExpired(Unavailable):
    """The development certificates are too old, or not yet valid, for the instant of signing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key and its issuers, as pyHanko takes them."""

    certificate: asn1_x509.Certificate
    key: asn1_keys.PrivateKeyInfo
    chain: tuple[asn1_x509.Certificate, ...]


class Identities(Protocol):
    """Finds the certificate and the key with which a role of an authority signs at an instant."""

    def identity(self, authority_code: str, role: str, at: datetime) -> Identity: ...


@dataclass(frozen=True, slots=True)
class _Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class DevelopmentAuthority:
    """`Identities` out of a folder. Safe between threads and between processes."""

    def __init__(self, folder: Path, now: datetime) -> None:
        """Open the authority in `folder`, or found it there. `now` counts only at the founding: it centres the validity."""
        self._folder = folder
        self._known: dict[tuple[str, str], _Issued] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        with self._file_lock():
            root = _load(folder / f"{_ROOT}.pem") or _found(folder / f"{_ROOT}.pem", now)
            _write_whole(folder / f"{_ROOT}.crt", root.certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
        self._root = root

    @property
    def root_certificate(self) -> bytes:
        """The root, PEM, for those who verify."""
        return self._root.certificate.public_bytes(serialization.Encoding.PEM)

    def identity(self, authority_code: str, role: str, at: datetime) -> Identity:
        """Raises NotASigner and CertificateExpired."""
        issued = self._issued(authority_code, role)
        _check_validity(issued.certificate, at, self._folder)
        return Identity(
            certificate=asn1_x509.Certificate.load(_der(issued.certificate)),
            key=asn1_keys.PrivateKeyInfo.load(_key_der(issued.key)),
            chain=(asn1_x509.Certificate.load(_der(self._root.certificate)),),
        )

    def _issued(self, authority_code: str, role: str) -> _Issued:
        if _FILE_NAME.fullmatch(authority_code) is None or _FILE_NAME.fullmatch(role) is None:
            raise NotASigner(
                f"No certificate can be made for {role!r} of {authority_code!r}; correct the code of the authority, or the role.",
                authority_code=authority_code,
                role=role,
            )
        with self._lock:
            known = self._known.get((authority_code, role))
            if known is None:
                path = self._folder / authority_code / f"{role}.pem"
                path.parent.mkdir(exist_ok=True)
                with self._file_lock():
                    known = _load(path) or _issue(path, self._root, authority_code, role)
                self._known[authority_code, role] = known
            return known

    def _file_lock(self) -> FileLock:
        return FileLock(self._folder / ".lock")


def _found(path: Path, now: datetime) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("motcua development root", "root")
    certificate = (
        _certificate(name, name, key.public_key(), now - _YEARS_EACH_WAY, now + _YEARS_EACH_WAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_papers=False), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _save(path, _Issued(certificate, key))


def _issue(path: Path, root: _Issued, authority_code: str, role: str) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = root.certificate
    certificate = (
        _certificate(
            _subject(f"DEV {role} {authority_code}", authority_code),
            issuer.subject,
            key.public_key(),
            issuer.not_valid_before_utc,
            issuer.not_valid_after_utc,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_papers=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
        .sign(root.key, hashes.SHA256())
    )
    return _save(path, _Issued(certificate, key))


def _subject(common_name: str, unit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _MARK),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid_from: datetime, valid_until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_papers: bool) -> x509.KeyUsage:
    """A signer signs papers and stands by it (non-repudiation); the root signs certificates and nothing else."""
    return x509.KeyUsage(
        digital_signature=signs_papers,
        content_commitment=signs_papers,
        key_cert_sign=not signs_papers,
        crl_sign=not signs_papers,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _check_validity(certificate: x509.Certificate, at: datetime, folder: Path) -> None:
    valid_from, valid_until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not valid_from <= at <= valid_until:
        raise CertificateExpired(
            f"The development certificates in {folder} are valid from {valid_from:%Y-%m-%d} to {valid_until:%Y-%m-%d}, not at "
            f"{at:%Y-%m-%d %H:%M}; move the folder away, and new ones are made at the next start.",
            at=at,
        )


def _load(path: Path) -> _Issued | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    key = serialization.load_pem_private_key(content, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InvalidInput(
            f"{path} holds no key of the development authority; move the folder away, and it is made anew.", path=path
        )
    return _Issued(x509.load_pem_x509_certificate(content), key)


def _save(path: Path, issued: _Issued) -> _Issued:
    pem = issued.certificate.public_bytes(serialization.Encoding.PEM) + issued.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_whole(path, pem, mode=0o600)
    return issued


def _write_whole(path: Path, content: bytes, *, mode: int) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # made with 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(mode)
    os.replace(temporary, path)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _key_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
