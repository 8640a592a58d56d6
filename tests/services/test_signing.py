"""Initials, signature and seal: each once, each verifiable by others, and every way of tampering told apart."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pypdf import PdfReader

from motcua.engine.connectors import Connector, Done, NewDocument, ServiceCall, TechnicalFailure
from motcua.engine.dossier import DocumentRecord
from motcua.services.blobs import FolderBlobs
from motcua.services.connectors import documents, signing
from motcua.services.connectors.documents.places import SEAL_DIAMETER
from motcua.services.connectors.documents.typesetting import print_drawing
from motcua.services.connectors.signing.authority import CertificateExpired, DevelopmentAuthority, NotASigner
from motcua.services.connectors.signing.connector import NothingToSign, SignerUnknown
from motcua.services.connectors.signing.pdf import SignedDocument
from motcua.services.connectors.signing.verify import Finding, NotAPdf, verify_pdf
from tests.services.papers import DOSSIER, LETTERHEAD, NOW, call, made_by, recorded

LATER = NOW + timedelta(days=2)


class Desk:
    """A dossier's papers, and the people who sign them one after another, a minute apart."""

    def __init__(self, folder: Path) -> None:
        self.blobs = FolderBlobs(folder / "blobs")
        self.pki = folder / "pki"
        self.connectors: dict[str, Connector] = {
            **documents.build(self.blobs, "https://motcua.example.vn/tra-cuu", lambda _: LETTERHEAD),
            **signing.build(self.blobs, self.pki, NOW, lambda _: LETTERHEAD),
        }
        self.papers: tuple[DocumentRecord, ...] = ()

    @property
    def root(self) -> bytes:
        return (self.pki / "root.crt").read_bytes()

    def do(self, asked: ServiceCall) -> NewDocument:
        minute = len(self.papers)
        paper = made_by(self.connectors, replace(asked, documents=self.papers, now=NOW + timedelta(minutes=minute)))
        self.papers += (recorded(self.blobs, paper, made_by=asked.key, minute=minute),)
        return paper

    def draft(self) -> NewDocument:
        return self.do(call("documents.draft_result", key="draft"))

    def sign(self, signer: str, key: str | None = None) -> NewDocument:
        return self.do(call("signing.sign", key=key or signer, signer=signer))

    def seal(self, number: str | None = "123/QĐ-SNNMT") -> NewDocument:
        return self.do(call("signing.seal", key="seal", number=number))

    def signed_and_sealed(self) -> bytes:
        self.draft()
        self.sign("officer")
        self.sign("leader")
        return self.seal().content

    def judge(self, content: bytes) -> tuple[signing.SignatureReport, ...]:
        return verify_pdf(content, [self.root], at=LATER)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_officer_leader_and_seal_all_verify_and_only_the_last_covers_the_whole_document(desk: Desk) -> None:
    reports = desk.judge(desk.signed_and_sealed())
    assert [report.signer for report in reports] == ["DEV officer H05.12", "DEV leader H05.12", "DEV organisation H05.12"]
    assert [(report.valid, report.trusted, report.finding) for report in reports] == [(True, True, Finding.VALID)] * 3
    assert [report.covers_whole_document for report in reports] == [False, False, True]


def test_a_signature_claims_the_time_that_the_clock_of_the_call_told(desk: Desk) -> None:
    reports = desk.judge(desk.signed_and_sealed())
    assert [report.signed_at for report in reports] == [NOW + timedelta(minutes=minute) for minute in (1, 2, 3)]


def test_a_later_signature_leaves_every_earlier_byte_as_it_was(desk: Desk) -> None:
    versions = [desk.draft().content, desk.sign("officer").content, desk.sign("leader").content, desk.seal().content]
    for earlier, later in pairwise(versions):
        assert later.startswith(earlier.rstrip())


def test_the_clerk_gives_the_number_and_the_date_with_the_seal(desk: Desk) -> None:
    sealed = desk.signed_and_sealed()
    assert PdfReader(BytesIO(sealed)).get_form_text_fields() == {
        "motcua_number": "123/QĐ-SNNMT",
        "motcua_day": "03",
        "motcua_month": "3",
        "motcua_year": "2026",
    }


def test_the_seal_covers_the_left_third_of_the_signature_of_the_leader(desk: Desk) -> None:
    _, leader, seal = SignedDocument(desk.signed_and_sealed()).signatures.values()
    assert seal.right - leader.left == pytest.approx((leader.right - leader.left) / 3, abs=1.5)
    assert seal.right - seal.left == pytest.approx(SEAL_DIAMETER, abs=1.5)
    assert seal.bottom < (leader.bottom + leader.top) / 2 < seal.top


def test_officer_and_division_head_initial_side_by_side_and_two_leaders_do_not_write_over_each_other(desk: Desk) -> None:
    desk.draft()
    for signer in ("officer", "division_head", "department_leader", "people_committee_leader"):
        paper = desk.sign(signer)
    boxes = list(SignedDocument(paper.content).signatures.values())
    assert not any(one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[:index])
    assert all(report.valid for report in desk.judge(paper.content))


def test_any_paper_can_be_signed_also_one_without_places(desk: Desk) -> None:
    blank = NewDocument("result", "scan.pdf", "application/pdf", print_drawing(595, 842, lambda canvas: None))
    desk.papers = (recorded(desk.blobs, blank, made_by="upload"),)
    for signer in ("officer", "division_head", "leader"):
        signed = desk.sign(signer)
    boxes = list(SignedDocument(signed.content).signatures.values())
    assert not any(one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[:index])
    assert [report.valid for report in desk.judge(desk.seal().content)] == [True] * 4


def test_the_officer_of_the_desk_signs_the_receipt_slip(desk: Desk) -> None:
    slip = desk.do(call("documents.receipt_slip", key="slip"))
    signed = desk.do(call("signing.sign", key="s", signer="one_stop_desk", kind="receipt_slip"))
    assert (signed.kind, signed.name) == (slip.kind, slip.name)
    assert [report.signer for report in desk.judge(signed.content)] == ["DEV one_stop_desk H05.12"]


def test_signing_twice_with_the_same_key_gives_one_signature(desk: Desk) -> None:
    desk.draft()
    first = desk.sign("officer", key="k")
    assert desk.sign("officer", key="k") == first
    desk.sign("leader", key="l")
    assert len(desk.judge(desk.sign("officer", key="k").content)) == 2
    assert len(desk.judge(desk.sign("officer", key="m").content)) == 3


def test_an_attempt_after_a_crash_that_recorded_nothing_signs_the_same_draft_again_once(desk: Desk) -> None:
    desk.draft()
    asked = replace(call("signing.sign", signer="officer"), documents=desk.papers)
    for _ in range(2):
        outcome = desk.connectors["signing.sign"].call(asked)
        assert isinstance(outcome, Done)
        assert outcome.outputs["signatures"] == 1


def test_the_latest_document_of_the_kind_is_signed(desk: Desk) -> None:
    desk.draft()
    desk.do(call("documents.draft_result", key="second draft", title="Quyết định thứ hai"))
    signed = desk.sign("officer")
    assert signed.content.startswith(desk.blobs.get(desk.papers[1].sha256))


def test_without_a_document_nothing_is_signed_and_the_sentence_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(NothingToSign, match='no document of the kind "result" to sign; draft or upload it'):
        desk.sign("officer")


def test_an_unsigned_paper_is_never_sealed(desk: Desk) -> None:
    desk.draft()
    with pytest.raises(NothingToSign, match="no unsigned paper is sealed"):
        desk.seal()


def test_a_number_is_never_changed_nor_added_once_the_paper_is_sealed(desk: Desk) -> None:
    desk.signed_and_sealed()
    with pytest.raises(NothingToSign, match='sealed with the number "123/QĐ-SNNMT", so it cannot get "124/QĐ-SNNMT"'):
        desk.do(call("signing.seal", key="another", number="124/QĐ-SNNMT"))
    desk.do(call("documents.draft_result", key="new draft", title="Quyết định"))
    desk.sign("leader", key="once more")
    desk.do(call("signing.seal", key="without"))
    with pytest.raises(NothingToSign, match='sealed with the number ""'):
        desk.do(call("signing.seal", key="with", number="125"))


def test_a_second_organisation_seals_without_breaking_the_first_seal(desk: Desk) -> None:
    desk.signed_and_sealed()
    twice = desk.do(call("signing.seal", key="another", number="123/QĐ-SNNMT"))
    assert [report.valid for report in desk.judge(twice.content)] == [True] * 4


def test_a_signer_whom_nobody_knows_is_refused(desk: Desk) -> None:
    desk.draft()
    with pytest.raises(SignerUnknown, match='"king" cannot sign; name one of'):
        desk.sign("king")


def test_a_document_that_is_damaged_in_the_store_or_no_pdf_is_not_signed(desk: Desk) -> None:
    picture = NewDocument("result", "photo.jpg", "image/jpeg", b"\xff\xd8 a photograph")
    desk.papers = (recorded(desk.blobs, picture, made_by="upload"),)
    with pytest.raises(NothingToSign, match="cannot be signed"):
        desk.sign("officer")
    desk.papers = (replace(desk.papers[0], sha256="0" * 64),)
    with pytest.raises(TechnicalFailure, match="No document with the hash"):
        desk.sign("officer")


def test_several_threads_sign_different_dossiers_at_once(desk: Desk) -> None:
    desk.draft()

    def signed(number: int) -> bytes:
        dossier = replace(DOSSIER, authority_code=f"H05.{number % 3}")
        asked = replace(call("signing.sign", key=f"k{number}", dossier=dossier, signer="leader"), documents=desk.papers)
        return made_by(desk.connectors, asked).content

    with ThreadPoolExecutor(6) as threads:
        for content in threads.map(signed, range(12)):
            assert [report.valid for report in desk.judge(content)] == [True]


# Tampering


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def test_one_altered_byte_of_the_page_is_found_in_every_signature(desk: Desk) -> None:
    content = bytearray(desk.signed_and_sealed())
    content[content.index(b"stream") + 40] ^= 1
    assert [(report.valid, report.finding) for report in desk.judge(bytes(content))] == [(False, Finding.ALTERED)] * 3


def test_every_alteration_by_one_bit_is_found_by_the_last_signature_or_ends_the_document(desk: Desk) -> None:
    desk.draft()
    content = desk.sign("leader").content
    hexadecimal = re.search(rb"/Contents <[0-9A-F]+>", content)
    assert hexadecimal is not None
    for position in range(20, len(content), len(content) // 12):
        if hexadecimal.start() <= position < hexadecimal.end():
            continue
        altered = content[:position] + bytes([content[position] ^ 4]) + content[position + 1 :]
        try:
            reports = desk.judge(altered)
        except NotAPdf:
            continue
        assert not any(report.valid for report in reports)


def test_a_page_altered_by_an_appended_update_is_found_although_the_signed_bytes_are_intact(desk: Desk) -> None:
    sealed = desk.signed_and_sealed()
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    writer.add_stream_to_page(0, writer.add_object(generic.StreamObject(stream_data=b"q 0 0 1 rg 100 300 300 200 re f Q")))  # type: ignore[no-untyped-call]
    forged = _written(writer)
    assert forged.startswith(sealed)
    assert [(report.valid, report.finding) for report in desk.judge(forged)] == [(False, Finding.ALTERED)] * 3


def test_a_number_altered_after_the_seal_is_found(desk: Desk) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(desk.signed_and_sealed()))
    field = writer.root["/AcroForm"]["/Fields"][0].get_object()
    assert field["/T"] == "motcua_number"
    field[generic.pdf_name("/V")] = generic.pdf_string("999")
    writer.update_container(field)
    forged = _written(writer)
    assert desk.judge(forged)[-1].finding is Finding.ALTERED


def test_a_damaged_signature_does_not_hide_what_can_be_said_of_the_others(desk: Desk) -> None:
    content = desk.signed_and_sealed()
    second = [match.start() for match in re.finditer(rb"/Contents <", content)][1] + len(b"/Contents <")
    damaged = content[:second] + b"00" * 40 + content[second + 80 :]
    officer, leader, seal = desk.judge(damaged)
    assert officer.valid
    assert leader.finding is Finding.UNREADABLE
    assert seal.finding is Finding.ALTERED


def test_an_issuer_whom_nobody_trusts_is_told_apart_from_an_altered_paper(desk: Desk, tmp_path: Path) -> None:
    stranger = DevelopmentAuthority(tmp_path / "stranger", NOW)
    reports = verify_pdf(desk.signed_and_sealed(), [stranger.root_certificate], at=LATER)
    assert [(report.valid, report.trusted, report.finding) for report in reports] == [(False, False, Finding.UNKNOWN_ISSUER)] * 3


def test_an_expired_certificate_is_told_apart_from_both(desk: Desk) -> None:
    content = desk.signed_and_sealed()
    for at in (datetime(2050, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)):
        reports = verify_pdf(content, [desk.root], at=at)
        assert [(report.valid, report.trusted, report.finding) for report in reports] == [(False, False, Finding.EXPIRED)] * 3


def test_what_is_no_pdf_is_refused_and_an_unsigned_pdf_has_no_reports(desk: Desk) -> None:
    with pytest.raises(NotAPdf):
        desk.judge(b"a letter")
    assert desk.judge(desk.draft().content) == ()


# The development authority


def test_founding_is_done_once_however_many_start_at_the_same_time(tmp_path: Path) -> None:
    def start(_: int) -> tuple[bytes, bytes]:
        authority = DevelopmentAuthority(tmp_path, NOW)
        return authority.root_certificate, authority.identity("H05", "leader", NOW).certificate.dump()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(start, range(8)))) == 1


def test_keys_are_readable_by_their_owner_alone(desk: Desk) -> None:
    desk.signed_and_sealed()
    secret = sorted(desk.pki.rglob("*.pem"))
    assert [path.name for path in secret] == ["leader.pem", "officer.pem", "organisation.pem", "root.pem"]
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}
    assert b"PRIVATE KEY" not in desk.root


def test_every_certificate_says_that_it_is_for_development(tmp_path: Path) -> None:
    identity = DevelopmentAuthority(tmp_path, NOW).identity("H05.12", "leader", NOW)
    for certificate in (identity.certificate, *identity.chain):
        assert certificate.subject.native["organization_name"] == "motcua DEVELOPMENT - NO LEGAL EFFECT"


def test_certificates_hold_ten_years_to_either_side_of_the_founding(tmp_path: Path) -> None:
    authority = DevelopmentAuthority(tmp_path, NOW)
    for years in (-9, 9):
        authority.identity("H05", "officer", NOW + timedelta(days=365 * years))
    for years in (-11, 11):
        with pytest.raises(CertificateExpired, match="move the folder away"):
            authority.identity("H05", "officer", NOW + timedelta(days=365 * years))


@pytest.mark.parametrize("code", ["../up", "..", "", "/etc", "a/b", ".hidden", "a\x00b"])
def test_no_code_of_an_authority_leads_out_of_the_folder(code: str, tmp_path: Path) -> None:
    with pytest.raises(NotASigner):
        DevelopmentAuthority(tmp_path, NOW).identity(code, "officer", NOW)


# What another reader says


def _tool(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None and not os.environ.get("MOTCUA_REQUIRE_TOOLS"):
        pytest.skip(f"{name} is not installed; it comes with the Debian package {package}")
    assert path is not None, f"{name} is required by MOTCUA_REQUIRE_TOOLS; install {package}"
    return path


def _run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout


def test_poppler_finds_every_signature_valid_and_once_the_root_is_known_trusted(desk: Desk, tmp_path: Path) -> None:
    pdfsig, certutil = _tool("pdfsig", "poppler-utils"), _tool("certutil", "libnss3-tools")
    paper, database = tmp_path / "sealed.pdf", tmp_path / "nss"
    paper.write_bytes(desk.signed_and_sealed())
    database.mkdir()
    _run(certutil, "-N", "-d", f"sql:{database}", "--empty-password")
    strangers = _run(pdfsig, "-nssdir", database, paper)
    assert strangers.count("Signature is Valid.") == 3
    assert "Certificate is Trusted." not in strangers
    _run(certutil, "-A", "-d", f"sql:{database}", "-n", "motcua", "-t", "CT,C,C", "-i", desk.pki / "root.crt")
    known = _run(pdfsig, "-nssdir", database, paper)
    assert known.count("Signature is Valid.") == 3
    assert known.count("Certificate is Trusted.") == 3
    assert known.count("Signature Type: ETSI.CAdES.detached") == 3


def test_poppler_finds_an_altered_byte_too(desk: Desk, tmp_path: Path) -> None:
    pdfsig = _tool("pdfsig", "poppler-utils")
    content = bytearray(desk.signed_and_sealed())
    content[content.index(b"stream") + 40] ^= 1
    paper = tmp_path / "altered.pdf"
    paper.write_bytes(content)
    assert "Signature is Valid." not in _run(pdfsig, paper)
