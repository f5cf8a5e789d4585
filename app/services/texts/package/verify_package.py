#!/usr/bin/env python3
"""Confere um pacote do Salvaguarda, sem o serviço. / Checks a Salvaguarda package, on its own.

    python verify_package.py pacote.zip --certificate certificado.pem [--fingerprint SHA256]

Precisa só de Python 3.9 e da biblioteca "cryptography". Não extrai nada. Sai com 0 se tudo confere,
com 1 se algo não confere, com 2 se não foi possível conferir.
Needs Python 3.9 and the library "cryptography", no more. Extracts nothing. Exits 0 when everything
holds, 1 when something does not, 2 when it could not check.

A assinatura também se confere com OpenSSL: veja LEIA-ME.txt. / OpenSSL can check the signature too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.x509 import Certificate

FORMAT, VERSION = "salvaguarda-disclosure-package", 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.p7s"
MOST_ENTRIES = 10_000
LARGEST_MANIFEST = 64 * 1024 * 1024
LARGEST_SIGNATURE = 1024 * 1024
BLOCK = 1024 * 1024
LONG = 0x7FFFFFFF
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9]+)*")

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
DATA = bytes.fromhex("2a864886f70d010701")
CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
SIGNING_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")
SHA256 = bytes.fromhex("608648016503040201")
ECDSA_SHA256 = bytes.fromhex("2a8648ce3d040302")
RSA = (bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010b"))


class Bad(Exception):
    """Algo não confere: em português e em inglês. / Something does not hold, in both languages."""

    def __init__(self, portuguese: str, english: str) -> None:
        super().__init__(english)
        self.portuguese, self.english = portuguese, english


# ---- ZIP: nada além do que se vê / nothing beside what is seen ------------------------------


def entries(package: IO[bytes], size: int) -> dict[str, zipfile.ZipInfo]:
    """The entries by name. The file must consist of them and of their directory, byte for byte."""
    try:
        archive = zipfile.ZipFile(package)
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, struct.error):
        raise Bad("não é um ZIP íntegro", "not a sound ZIP") from None
    found = archive.infolist()
    if len(found) > MOST_ENTRIES:
        raise Bad("tem entradas demais", "has too many entries")
    names = set()
    for entry in found:
        safe = len(entry.orig_filename) <= 100 and NAME.fullmatch(entry.orig_filename)
        if not safe or entry.filename != entry.orig_filename:
            raise Bad("uma entrada tem nome perigoso", "an entry has a dangerous name")
        if entry.filename.lower() in names:
            raise Bad("há duas entradas de mesmo nome", "two entries have the same name")
        names.add(entry.filename.lower())
        kind = entry.external_attr >> 16 & 0o170000
        if kind not in (0, 0o100000):
            raise Bad("uma entrada não é um arquivo comum", "an entry is not an ordinary file")
        plain = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if entry.flag_bits & ~0x0808 or entry.compress_type not in plain:
            raise Bad("uma entrada é cifrada ou de outro tipo", "an entry is of another kind")
        if entry.comment or entry.extra != sizes_of(entry):
            raise Bad("uma entrada traz algo a mais", "an entry carries something more")
    begin = directory_at(package, size)
    place = 0
    for entry in sorted(found, key=lambda each: each.header_offset):
        if entry.header_offset != place:
            raise Bad("há bytes fora das entradas", "there are bytes outside the entries")
        place = end_of(package, entry)
    if archive.comment or place != begin or archive.start_dir != begin:
        raise Bad("há bytes fora das entradas", "there are bytes outside the entries")
    return {entry.filename: entry for entry in found}


def directory_at(package: IO[bytes], size: int) -> int:
    """Where the directory begins; it must reach to the end records, and these to the end."""
    stray = Bad("há bytes fora das entradas", "there are bytes outside the entries")
    end = size - 22
    record = at(package, end, 22)
    if record[:4] != b"PK\x05\x06" or record[20:] != b"\0\0":
        raise stray
    count: int
    length: int
    begin: int
    count, length, begin = struct.unpack("<HLL", record[10:20])
    if count == 0xFFFF or length == 0xFFFFFFFF or begin == 0xFFFFFFFF:
        end -= 76
        record = at(package, end, 76)
        if record[:4] != b"PK\x06\x06" or record[56:60] != b"PK\x06\x07":
            raise stray
        if record[4:12] != struct.pack("<Q", 44) or record[64:72] != struct.pack("<Q", end):
            raise stray
        length, begin = struct.unpack("<QQ", record[40:56])
    if begin + length != end:
        raise stray
    return begin


def end_of(package: IO[bytes], entry: zipfile.ZipInfo) -> int:
    """Where the entry ends. Its own header must say what the directory does."""
    contradicts = Bad("uma entrada contradiz o índice", "an entry contradicts the directory")
    head = at(package, entry.header_offset, 30)
    if len(head) != 30 or head[:4] != b"PK\x03\x04":
        raise contradicts
    name: int
    extra: int
    flags, method = struct.unpack("<HH", head[6:10])
    name, extra = struct.unpack("<HH", head[26:30])
    told = at(package, entry.header_offset + 30, name)
    same = (flags, method, told) == (entry.flag_bits, entry.compress_type, entry.filename.encode())
    if not same:
        raise contradicts
    more = at(package, entry.header_offset + 30 + name, extra)
    if more not in (b"", struct.pack("<HHQQ", 1, 16, 0, 0)):
        raise Bad("uma entrada traz algo a mais", "an entry carries something more")
    place = entry.header_offset + 30 + name + extra + entry.compress_size
    sums = entry.CRC, entry.compress_size, entry.file_size
    if not flags & 8:
        if more or max(sums) > 0xFFFFFFFF or head[14:26] != struct.pack("<LLL", *sums):
            raise contradicts
        return place
    # The numbers stand behind the content: here stands nothing, or that they are elsewhere.
    if head[14:26] != struct.pack("<LLL", 0, *(2 * [0xFFFFFFFF if more else 0])):
        raise contradicts
    told = struct.pack("<4sLQQ", b"PK\x07\x08", *sums)
    if at(package, place, len(told)) != told:
        raise contradicts
    return place + len(told)


def sizes_of(entry: zipfile.ZipInfo) -> bytes:
    """What the directory adds of a large entry (ZIP64), and of no other: the numbers alone that
    have no room where they belong."""
    numbers = [entry.file_size, entry.compress_size]
    numbers = numbers if max(numbers) > LONG else []
    numbers += [entry.header_offset] if entry.header_offset > LONG else []
    size = 8 * len(numbers)
    return struct.pack(f"<HH{len(numbers)}Q", 1, size, *numbers) if numbers else b""


def at(package: IO[bytes], place: int, length: int) -> bytes:
    """So many bytes at a place, or fewer."""
    if place < 0:
        return b""
    package.seek(place)
    return package.read(length)


def whole(package: IO[bytes], entry: zipfile.ZipInfo, most: int) -> bytes:
    """A small entry's content."""
    if entry.file_size > most:
        raise Bad(f"{entry.filename} é grande demais", f"{entry.filename} is too large")
    return b"".join(blocks(package, entry, most))


def blocks(package: IO[bytes], entry: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """An entry's content, never more than `most` bytes of it, whatever it unpacks to. What is
    packed must end where the content does: `zipfile` would pass over what follows."""
    damaged = Bad(f"{entry.filename} está danificado", f"{entry.filename} is damaged")
    lengths = struct.unpack("<HH", at(package, entry.header_offset + 26, 4))
    package.seek(entry.header_offset + 30 + sum(lengths))
    unpacker = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    left, packed, taken, check = entry.compress_size, b"", 0, 0
    while left if unpacker is None else not unpacker.eof:
        if not packed:
            packed = package.read(min(BLOCK, left))
            left -= len(packed)
        fed = len(packed)
        if unpacker is None:
            block, packed = packed, b""
        else:
            try:
                block = unpacker.decompress(packed, BLOCK)
            except zlib.error:
                raise damaged from None
            packed = unpacker.unconsumed_tail
        if not fed and not block:
            raise damaged
        taken += len(block)
        if taken > most:
            raise Bad(
                f"{entry.filename} é maior do que declara",
                f"{entry.filename} is larger than it says",
            )
        check = zlib.crc32(block, check)
        yield block
    if left or packed or (unpacker is not None and unpacker.unused_data):
        raise Bad("uma entrada traz algo a mais", "an entry carries something more")
    if check != entry.CRC:
        raise damaged


# ---- CMS (RFC 5652) -------------------------------------------------------------------------


def values(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """The DER values that `data` consists of: (tag, whole, content)."""
    found, place = [], 0
    while place < len(data):
        head = data[place : place + 2]
        if len(head) < 2 or head[0] & 31 == 31:
            raise malformed()
        length, begin = head[1], place + 2
        if length & 128:
            size = length & 127
            if not 1 <= size <= 4:
                raise malformed()
            length = int.from_bytes(data[begin : begin + size], "big")
            begin += size
        if begin + length > len(data):
            raise malformed()
        found.append((head[0], data[place : begin + length], data[begin : begin + length]))
        place = begin + length
    return found


def one(data: bytes, tag: int) -> bytes:
    """The content of the one value, of that tag, that `data` is."""
    found = values(data)
    if len(found) != 1 or found[0][0] != tag:
        raise malformed()
    return found[0][2]


def malformed() -> Bad:
    """For everything that is not a signature of ours."""
    return Bad(
        "manifest.p7s não é uma assinatura CMS esperada", "manifest.p7s is not a CMS as expected"
    )


def check_signature(
    signature: bytes, manifest: bytes, certificates: list[Certificate]
) -> Certificate:
    """The certificate that signed the manifest; it must be one of the published ones."""
    try:
        return signer_of(signature, manifest, certificates)
    except (IndexError, ValueError, KeyError, TypeError):
        raise malformed() from None


def signer_of(signature: bytes, manifest: bytes, certificates: list[Certificate]) -> Certificate:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.serialization import Encoding

    kind, content = values(one(signature, 0x30))
    if kind[2] != SIGNED_DATA:
        raise malformed()
    signed = values(one(content[2], 0x30))
    encapsulated, infos = values(signed[2][2]), values(signed[-1][2])
    if len(encapsulated) != 1 or encapsulated[0][2] != DATA or signed[-1][0] != 0x31:
        raise malformed()
    if len(infos) != 1:
        raise Bad("há mais de uma assinatura", "there is more than one signature")
    info = values(infos[0][2])
    digest, attributes, algorithm, value = info[2], info[3], info[4], info[5]
    if values(digest[2])[0][2] != SHA256 or attributes[0] != 0xA0 or value[0] != 0x04:
        raise malformed()
    told = {}
    for attribute in values(attributes[2]):
        name, content = values(attribute[2])
        if name[2] in told:
            raise malformed()
        told[name[2]] = content[2]
    if told[CONTENT_TYPE] != values(encapsulated[0][1])[0][1]:
        raise malformed()
    if one(told[MESSAGE_DIGEST], 0x04) != hashlib.sha256(manifest).digest():
        raise Bad(
            "o manifesto foi alterado depois de assinado",
            "the manifest was changed after it was signed",
        )
    named = values(values(one(one(told[SIGNING_CERTIFICATE_V2], 0x30), 0x30))[0][2])
    if named[0][0] == 0x30:
        if values(named[0][2])[0][2] != SHA256:
            raise malformed()
        named = named[1:]
    for certificate in certificates:
        der = certificate.public_bytes(Encoding.DER)
        if hashlib.sha256(der).digest() == named[0][2]:
            break
    else:
        raise Bad(
            "quem assinou não é um dos certificados informados",
            "the signer is none of the given certificates",
        )
    # What is signed is the attributes as a SET OF (RFC 5652, 5.4).
    attested, key = b"\x31" + attributes[1][1:], certificate.public_key()
    method = values(algorithm[2])[0][2]
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and method == ECDSA_SHA256:
            key.verify(value[2], attested, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey) and method in RSA:
            key.verify(value[2], attested, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise malformed()
    except InvalidSignature:
        raise Bad("a assinatura não confere", "the signature does not hold") from None
    return certificate


# ---- Manifesto / manifest -------------------------------------------------------------------


def read_manifest(content: bytes) -> dict[str, Any]:
    """What the manifest says, if it is one."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    try:
        manifest: dict[str, Any] = json.loads(content.decode("utf-8"), object_pairs_hook=once)
        if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
            raise ValueError("another format")
        for file in manifest["files"]:
            if type(file["bytes"]) is not int or not isinstance(file["sha256"], str):
                raise ValueError("no size or hash")
        datetime.fromisoformat(manifest["moments"]["collected_until"].replace("Z", "+00:00"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Bad("o manifesto não é deste formato", "the manifest is not of this format") from None
    return manifest


def check_moment(manifest: dict[str, Any], certificate: Certificate) -> None:
    """The certificate must have been valid when the package was made."""
    made = datetime.fromisoformat(manifest["moments"]["collected_until"].replace("Z", "+00:00"))
    made = made.replace(tzinfo=None)
    if hasattr(certificate, "not_valid_before_utc"):
        begin = certificate.not_valid_before_utc.replace(tzinfo=None)
        end = certificate.not_valid_after_utc.replace(tzinfo=None)
    else:  # older versions of the library
        begin, end = certificate.not_valid_before, certificate.not_valid_after
    if not begin.replace(microsecond=0) <= made <= end:
        raise Bad(
            "o certificado não valia quando o pacote foi feito",
            "the certificate was not valid when the package was made",
        )


def check_files(
    package: IO[bytes], found: dict[str, zipfile.ZipInfo], manifest: dict[str, Any]
) -> None:
    """Every listed file is there and is what it was, and there is no other."""
    listed = [file["name"] for file in manifest["files"]]
    for name in sorted({*listed, MANIFEST, SIGNATURE} - found.keys()):
        raise Bad(f"falta {name}", f"{name} is missing")
    for name in sorted(found.keys() - {*listed, MANIFEST, SIGNATURE}):
        raise Bad(f"{name} está a mais", f"{name} is extra")
    if len(set(listed)) != len(listed):
        raise Bad("o manifesto repete um arquivo", "the manifest lists a file twice")
    for file in manifest["files"]:
        name, digest, size, lines = file["name"], hashlib.sha256(), 0, 0
        for block in blocks(package, found[name], file["bytes"]):
            digest.update(block)
            size += len(block)
            lines += block.count(b"\n")
        if size != file["bytes"] or digest.hexdigest() != file["sha256"]:
            raise Bad(f"{name} foi alterado", f"{name} was changed")
        if name.endswith(".jsonl") and lines != file["rows"]:
            raise Bad(f"{name} tem outro número de linhas", f"{name} has other rows")


def check_fingerprint(certificate: Certificate, wanted: str | None) -> str:
    """The certificate's own fingerprint, compared with one that came by another way."""
    from cryptography.hazmat.primitives.serialization import Encoding

    fingerprint = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    if wanted is not None and re.sub(r"[^0-9a-f]", "", wanted.lower()) != fingerprint:
        raise Bad(
            f"o certificado tem outra impressão: {fingerprint}",
            f"the certificate has another fingerprint: {fingerprint}",
        )
    return fingerprint


# ---- Programa / program ---------------------------------------------------------------------


def verify(
    package: IO[bytes], size: int, certificates: list[Certificate], wanted: str | None
) -> tuple[dict[str, Any], Certificate, str]:
    """The manifest of a package that holds, and who signed it."""
    found = entries(package, size)
    for name in (MANIFEST, SIGNATURE):
        if name not in found:
            raise Bad(f"falta {name}", f"{name} is missing")
    content = whole(package, found[MANIFEST], LARGEST_MANIFEST)
    signature = whole(package, found[SIGNATURE], LARGEST_SIGNATURE)
    certificate = check_signature(signature, content, certificates)
    fingerprint = check_fingerprint(certificate, wanted)
    manifest = read_manifest(content)
    check_moment(manifest, certificate)
    check_files(package, found, manifest)
    return manifest, certificate, fingerprint


def report(manifest: dict[str, Any], certificate: Certificate, fingerprint: str) -> None:
    """What holds, for people."""
    say(f"CONFERE / HOLDS: {manifest['request']['reference']}")
    say(f"  assinado por / signed by: {certificate.subject.rfc4514_string()}")
    say(f"  SHA-256: {fingerprint}")
    say("  (compare com a impressão obtida por outro meio / compare it with one got another way)")
    words = {
        "held": "registros entregues / rows handed over: {rows}",
        "nothing_found": "nada consta / nothing found",
        "nobody_identified": "nenhuma conta identificada / no account identified",
        "not_held": "não mantido pelo serviço / not held by the service",
    }
    for category in manifest["categories"]:
        told = words.get(category["holding"], category["holding"])
        say(f"  {category['name']}: {told.replace('{rows}', str(category['rows']))}")


def say(text: str, stream: TextIO | None = None) -> None:
    """In whatever the terminal can show."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    safe = "".join(sign if sign.isprintable() else "?" for sign in text)
    stream.write(safe.encode(encoding, "replace").decode(encoding) + "\n")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("package", help="pacote.zip")
    parser.add_argument(
        "--certificate", required=True, help="PEM, de / from /v1/public/certificate"
    )
    parser.add_argument("--fingerprint", help="SHA-256 do certificado / of the certificate")
    arguments = parser.parse_args()
    try:
        from cryptography import x509
    except ImportError:
        say("Instale a biblioteca cryptography. / Install the library cryptography.", sys.stderr)
        return 2
    try:
        certificates = x509.load_pem_x509_certificates(Path(arguments.certificate).read_bytes())
        size = Path(arguments.package).stat().st_size
        with open(arguments.package, "rb") as package:
            report(*verify(package, size, certificates, arguments.fingerprint))
    except Bad as bad:
        say(f"NÃO CONFERE: {bad.portuguese}.", sys.stderr)
        say(f"DOES NOT HOLD: {bad.english}.", sys.stderr)
        return 1
    except Exception as error:  # whatever it was: nothing was found to hold
        say(f"Não foi possível conferir. / Could not check: {error}", sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
