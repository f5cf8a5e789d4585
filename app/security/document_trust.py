"""Whom we trust: the operator's folder of roots and revocation lists.

    trust/icp-brasil/   roots of ICP-Brasil, and authorities below them: qualified signatures
    trust/gov-br/       the same of gov.br: advanced signatures
    trust/crls/         revocation lists of all of them; a job of the operator's refreshes these

PEM (any number in a file) or DER, under any name. A certificate that signed itself is a root, any
other only helps to build chains. Nothing is ever fetched: not a list, not an authority that a
document names.

What somebody else could have put there is not used: a file, or a folder with all in it, that its
group or everybody may write to, or that belongs to neither root nor ourselves. A group of one's
own, as with ``umask 002``, is no exception: who else is in it today cannot be told from here, and
``chmod g-w`` is soon done. The folders above are the operator's own care.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asn1crypto import crl, pem, x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_der_x509_certificate

from app.security.document_reports import Assurance
from app.security.document_signers import shown_name

FOLDERS: Final[Mapping[str, Assurance]] = {
    "icp-brasil": "icp_brasil_qualified",
    "gov-br": "gov_br_advanced",
}
CRLS: Final = "crls"
LARGEST_FILE: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate of the folder; only a root is trusted by itself."""

    file: str
    assurance: Assurance
    root: bool
    certificate: x509.Certificate

    def current(self, at: datetime) -> bool:
        """Whether it holds at that moment. A root past its end anchors nothing."""
        return bool(self.certificate.not_valid_before <= at <= self.certificate.not_valid_after)


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list of the folder, not yet held against its issuer's key."""

    file: str
    content: crl.CertificateList
    this_update: datetime
    next_update: datetime | None

    def current(self, at: datetime) -> bool:
        """Whether it speaks for that moment."""
        return self.next_update is not None and self.this_update <= at <= self.next_update


@dataclass(frozen=True, slots=True)
class TrustFault:
    """A file, folder or authority with something to mend; `code` is one of `TRUST`'s."""

    code: str
    file: str


@dataclass(frozen=True, slots=True)
class Trust:
    """All that the folder holds."""

    authorities: tuple[Authority, ...]
    crls: tuple[RevocationList, ...]
    faults: tuple[TrustFault, ...]

    def assurance_of(self, root: x509.Certificate) -> Assurance:
        """The level that a root stands for; the lower one if it lies in both folders."""
        levels = [
            each.assurance
            for each in self.authorities
            if each.root and each.certificate.sha256 == root.sha256
        ]
        if not levels:
            return "none"
        return "gov_br_advanced" if "gov_br_advanced" in levels else levels[0]


_Parsed = tuple[Authority, ...] | RevocationList | TrustFault
_Key = tuple[str, int, int]


class TrustFolder:
    """The folder at `path`, read anew each time; files that did not change are parsed once.

    A large list takes a quarter of a second to parse, which no verification should pay again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parsed: dict[_Key, _Parsed] = {}

    def read(self) -> Trust:
        """What is there now. A missing folder is an empty one."""
        kept: dict[_Key, _Parsed] = {}
        faults: list[TrustFault] = []
        for file, status in self._files(faults):
            name = file.relative_to(self._path).as_posix()
            if (fault := _unsafe(status)) is not None:
                faults.append(TrustFault(fault, name))
                continue
            key = (name, status.st_mtime_ns, status.st_size)
            kept[key] = self._parsed.get(key) or _parse(file, name)
        self._parsed = kept
        certificates = [each for each in kept.values() if isinstance(each, tuple)]
        return Trust(
            tuple(each for together in certificates for each in together),
            tuple(each for each in kept.values() if isinstance(each, RevocationList)),
            (*faults, *(each for each in kept.values() if isinstance(each, TrustFault))),
        )

    def _files(self, faults: list[TrustFault]) -> Iterator[tuple[Path, os.stat_result]]:
        """The files of the folders that can be used; of the others, `faults` are told."""
        for folder in (".", *FOLDERS, CRLS):
            path = self._path / folder
            try:
                fault = _unsafe(path.stat())
                files = [] if fault or folder == "." else sorted(path.iterdir())
            except OSError:
                continue
            if fault is not None:
                faults.append(TrustFault(fault, folder))
                if folder == ".":
                    return
            for file in files:
                try:
                    status = file.stat()
                except OSError:  # gone since: an operator's job is replacing it
                    continue
                if stat.S_ISREG(status.st_mode) and not file.name.startswith("."):
                    yield file, status


def inventory(trust: Trust, at: datetime) -> dict[str, Any]:
    """What an operator should know of the folder, as plain JSON values."""
    issuers = {each.content.issuer.hashable: each for each in trust.crls if each.current(at)}
    faults = [{"code": each.code, "file": each.file} for each in trust.faults]
    for folder, assurance in FOLDERS.items():
        if not any(each.root and each.assurance == assurance for each in trust.authorities):
            faults.append({"code": "no_roots", "file": folder})
    for authority in trust.authorities:
        if not authority.current(at):
            faults.append({"code": "authority_not_current", "file": authority.file})
        elif authority.certificate.subject.hashable not in issuers:
            faults.append({"code": "crl_missing", "file": authority.file})
    faults += [
        {"code": "crl_stale", "file": each.file} for each in trust.crls if not each.current(at)
    ]
    return {
        "checked_at": at.isoformat(),
        "authorities": [
            {
                "file": each.file,
                "assurance": each.assurance,
                "root": each.root,
                "name": shown_name(each.certificate.subject),
                "sha256": each.certificate.sha256.hex(),
                "valid_from": each.certificate.not_valid_before.isoformat(),
                "valid_until": each.certificate.not_valid_after.isoformat(),
            }
            for each in trust.authorities
        ],
        "crls": [
            {
                "file": each.file,
                "issuer": shown_name(each.content.issuer),
                "this_update": each.this_update.isoformat(),
                "next_update": each.next_update and each.next_update.isoformat(),
                "age_hours": round((at - each.this_update).total_seconds() / 3600, 1),
                "current": each.current(at),
            }
            for each in trust.crls
        ],
        "findings": faults,
    }


def _unsafe(status: os.stat_result) -> str | None:
    """Why what lies there could be somebody else's; None where that cannot be."""
    if os.name != "posix":  # there is no such mode or owner
        return None
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "file_writable_by_others"
    if status.st_uid not in (0, os.geteuid()):
        return "file_owned_by_another"
    return None


def _parse(file: Path, name: str) -> _Parsed:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            return TrustFault("file_unreadable", name)
        folder = name.partition("/")[0]
        if folder == CRLS:
            return _revocation_list(content, name)
        return _authorities(content, name, FOLDERS[folder])
    except Exception:  # whatever lies there must not keep the others from being used
        return TrustFault("file_unreadable", name)


def _authorities(content: bytes, name: str, assurance: Assurance) -> tuple[Authority, ...]:
    found = []
    for der in _unarmoured(content):
        certificate = x509.Certificate.load(der, strict=True)
        if not certificate.ca:
            raise ValueError("not an authority's")
        found.append(Authority(name, assurance, _signed_itself(der), certificate))
    if not found:
        raise ValueError("empty")
    return tuple(found)


def _revocation_list(content: bytes, name: str) -> RevocationList:
    [der] = _unarmoured(content)
    parsed = crl.CertificateList.load(der, strict=True)
    listed = parsed["tbs_cert_list"]
    next_update = listed["next_update"].native
    return RevocationList(
        name,
        parsed,
        listed["this_update"].native.astimezone(UTC),
        next_update and next_update.astimezone(UTC),
    )


def _unarmoured(content: bytes) -> list[bytes]:
    if not pem.detect(content):
        return [content]
    return [der for _, _, der in pem.unarmor(content, multiple=True)]


def _signed_itself(der: bytes) -> bool:
    certificate = load_der_x509_certificate(der)
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
