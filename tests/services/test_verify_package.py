"""`verify_package.py`, the program in each package: in a process of its own, without the service.

Each kind of tampering is seen to fail, and for its own reason.
"""

import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.core.clock import system_clock
from app.security.certificate_files import VALID_FOR
from app.security.service_certificate import ServiceCertificates
from tests.support.packages import ROW, VERIFIER, Handed, category, handed, order, rows_from

ROWS = rows_from([ROW] * 300, [ROW] * 200)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    made = order(
        category(ROWS), category(rows_from(), "consents"), category(None, "communications")
    )
    return handed(tmp_path_factory.mktemp("package"), made)


def verify(package: Path, certificate: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Isolated (-I): neither the service nor the folder can be imported from."""
    return subprocess.run(
        [sys.executable, "-I", VERIFIER, package, "--certificate", certificate, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONIOENCODING": "utf-8"},
    )


def test_a_good_package_holds_and_tells_what_is_in_it(good: Handed) -> None:
    told = verify(good.package, good.certificate)
    assert (told.returncode, told.stderr) == (0, "")
    assert "CONFERE / HOLDS: SG-2026-7K3F9Q" in told.stdout
    assert "access_records: registros entregues / rows handed over: 500" in told.stdout
    assert "consents: nada consta / nothing found" in told.stdout
    assert "communications: não mantido pelo serviço / not held" in told.stdout


def test_the_program_in_the_package_is_this_one(good: Handed) -> None:
    with zipfile.ZipFile(good.package) as found:
        assert found.read("verify_package.py") == VERIFIER.read_bytes()
    assert "import app" not in VERIFIER.read_text()


def test_the_fingerprint_is_compared_when_it_is_given(good: Handed) -> None:
    (certificate,) = x509.load_pem_x509_certificates(good.certificate.read_bytes())
    fingerprint = certificate.fingerprint(SHA256()).hex(":").upper()
    assert verify(good.package, good.certificate, "--fingerprint", fingerprint).returncode == 0
    told = verify(good.package, good.certificate, "--fingerprint", "00" * 32)
    assert told.returncode == 1
    assert "another fingerprint" in told.stderr


def test_one_that_was_signed_before_the_rotation_still_holds(tmp_path: Path) -> None:
    paths = handed(tmp_path, order(category(ROWS)))
    certificates = ServiceCertificates(tmp_path / "keys", "Agência", production=False)
    old = certificates.signing().kid
    certificates.rotate()
    certificates.retire(old)
    paths.certificate.write_bytes(certificates.published())
    assert verify(paths.package, paths.certificate).returncode == 0


def test_an_rsa_certificate_of_somebody_elses_signs_as_well(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name.from_rfc4514_string("CN=e-CNPJ de teste")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(system_clock() - timedelta(hours=1))
        .not_valid_after(system_clock() + timedelta(days=1))
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificates = ServiceCertificates(tmp_path / "keys", "Agência", production=False)
    certificates.install(pem + certificate.public_bytes(Encoding.PEM))
    paths = handed(tmp_path, order(category(ROWS)))
    told = verify(paths.package, paths.certificate)
    assert told.returncode == 0, told.stderr
    assert "e-CNPJ de teste" in told.stdout


# ---- Tampering ------------------------------------------------------------------------------


def content_of(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as found:
        return {name: found.read(name) for name in found.namelist()}


def written(path: Path, content: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    """An ordinary, sound ZIP."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)


def repacked(good: Handed, path: Path, **changed: bytes | None) -> None:
    """The same entries, some of them changed, added or (None) left out; ``_`` stands for a dot."""
    content = content_of(good.package)
    for name, data in changed.items():
        name = name.replace("__", ".")
        if data is None:
            del content[name]
        else:
            content[name] = data
    written(path, content)


def relisted(good: Handed, path: Path) -> None:
    """A row is taken out, and the manifest says so: whoever does it has no key."""
    content = content_of(good.package)
    lines = content["access_records.jsonl"].splitlines(keepends=True)[1:]
    manifest = json.loads(content["manifest.json"])
    (listed,) = [file for file in manifest["files"] if file["name"] == "access_records.jsonl"]
    content["access_records.jsonl"] = b"".join(lines)
    listed["bytes"], listed["rows"] = len(b"".join(lines)), len(lines)
    listed["sha256"] = "0" * 64
    content["manifest.json"] = json.dumps(manifest).encode()
    written(path, content)


def of_another_service(good: Handed, path: Path) -> None:
    """Everything is in order, but for who signed it."""
    folder = path.parent / "impostor"
    folder.mkdir()
    path.write_bytes(handed(folder, order(category(ROWS))).package.read_bytes())


def signature_of_another_package(good: Handed, path: Path) -> None:
    folder = path.parent / "other"
    folder.mkdir()
    other = handed(folder, order(category(rows_from([ROW]))), keys=good.package.parent / "keys")
    repacked(good, path, manifest__p7s=content_of(other.package)["manifest.p7s"])


def value_of_signature_flipped(good: Handed, path: Path) -> None:
    signature = bytearray(content_of(good.package)["manifest.p7s"])
    signature[-1] ^= 1
    repacked(good, path, manifest__p7s=bytes(signature))


def signed_attribute_flipped(good: Handed, path: Path) -> None:
    """The moment of signing, which is among what is signed."""
    signature = content_of(good.package)["manifest.p7s"]
    place = signature.index(bytes.fromhex("2a864886f70d010905")) + 13
    flipped = bytes([signature[place + 4] ^ 1])
    repacked(good, path, manifest__p7s=signature[: place + 4] + flipped + signature[place + 5 :])


def byte_flipped(good: Handed, path: Path) -> None:
    content = bytearray(good.package.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)


def junk_appended(good: Handed, path: Path) -> None:
    path.write_bytes(good.package.read_bytes() + b"junk")


def junk_prepended(good: Handed, path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\n" + good.package.read_bytes())


def comment_added(good: Handed, path: Path) -> None:
    path.write_bytes(good.package.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"hidden"


def entry_commented(good: Handed, path: Path) -> None:
    """In the directory, beside an entry: no program shows it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content_of(good.package).items():
            entry = zipfile.ZipInfo(name)
            entry.comment = b"hidden" if name == "manifest.json" else b""
            archive.writestr(entry, data)


def extra_in_both_headers(good: Handed, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content_of(good.package).items():
            entry = zipfile.ZipInfo(name)
            entry.extra = struct.pack("<HH6s", 0xCAFE, 6, b"hidden")
            archive.writestr(entry, data)


def extra_before_the_content(good: Handed, path: Path) -> None:
    """Where our own packages hold two zeros: the size of what has not been read yet."""
    content = good.package.read_bytes()
    held = struct.pack("<HHQQ", 1, 16, 0, 0)
    assert held in content
    path.write_bytes(content.replace(held, struct.pack("<HH16s", 1, 16, b"hidden"), 1))


def sizes_before_the_content(good: Handed, path: Path) -> None:
    """The first twelve bytes that nobody reads where the sizes stand behind the content."""
    content = bytearray(good.package.read_bytes())
    content[14:18] = b"HIDE"
    path.write_bytes(content)


def packed_behind_the_end(good: Handed, path: Path) -> None:
    """What is packed goes on after the content has ended: nothing unpacks it."""
    name, hidden = "access_records.csv", b"hidden"
    with zipfile.ZipFile(good.package) as archive:
        entry = archive.getinfo(name)
        entries, begin = archive.infolist(), archive.start_dir
    content = bytearray(good.package.read_bytes())
    end = min(each.header_offset for each in entries if each.header_offset > entry.header_offset)
    packed = entry.compress_size + len(hidden)
    struct.pack_into("<Q", content, end - 16, packed)
    place = begin
    for each in entries:
        (offset,) = struct.unpack_from("<L", content, place + 42)
        if each.filename == name:
            struct.pack_into("<L", content, place + 20, packed)
        if offset >= end:
            struct.pack_into("<L", content, place + 42, offset + len(hidden))
        place += 46 + sum(struct.unpack_from("<HHH", content, place + 28))
    struct.pack_into("<L", content, len(content) - 6, begin + len(hidden))
    path.write_bytes(content[: end - 24] + hidden + content[end - 24 :])
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None  # it is a sound ZIP


def cut_off(good: Handed, path: Path) -> None:
    path.write_bytes(good.package.read_bytes()[:-300])


def hidden_entry(good: Handed, path: Path) -> None:
    """An entry in front that the directory does not know: some programs would unpack it."""
    hidden = path.parent / "hidden.zip"
    written(hidden, {"hidden.txt": b"x"}, zipfile.ZIP_STORED)
    with zipfile.ZipFile(hidden) as archive:
        front = hidden.read_bytes()[: archive.start_dir]
    content = bytearray(good.package.read_bytes())
    with zipfile.ZipFile(good.package) as archive:
        directory, entries = archive.start_dir, archive.infolist()
    place = directory
    for entry in entries:
        (offset,) = struct.unpack_from("<L", content, place + 42)
        struct.pack_into("<L", content, place + 42, offset + len(front))
        lengths = struct.unpack_from("<HHH", content, place + 28)
        place += 46 + sum(lengths)
        assert entry.header_offset == offset
    struct.pack_into("<L", content, len(content) - 6, directory + len(front))
    path.write_bytes(front + content)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None  # it is a sound ZIP


def renamed(good: Handed, path: Path, name: str) -> None:
    content = content_of(good.package)
    content[name] = content.pop("access_records.csv")
    written(path, content)


def twice(good: Handed, path: Path) -> None:
    path.write_bytes(good.package.read_bytes())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("access_records.csv", b"id\r\n")


def symlink(good: Handed, path: Path) -> None:
    repacked(good, path, access_records__csv=None)
    entry = zipfile.ZipInfo("access_records.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(entry, b"/etc/passwd")


def bomb(good: Handed, path: Path) -> None:
    """A gigabyte that packs to one megabyte; the manifest says another size."""
    content = content_of(good.package)
    del content["access_records.csv"]
    written(path, content)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("access_records.csv", "w") as entry,
    ):
        for _ in range(1024):
            entry.write(bytes(1 << 20))


def manifest_bomb(good: Handed, path: Path) -> None:
    repacked(good, path, manifest__json=bytes(65 << 20))


def local_header_differs(good: Handed, path: Path) -> None:
    content = good.package.read_bytes()
    path.write_bytes(content.replace(b"access_records.csv", b"access_records.exe", 1))


Tamper = Callable[[Handed, Path], object]
TAMPERED: dict[str, tuple[Tamper, str]] = {
    "file changed": (
        partial(repacked, access_records__csv=b"id\r\n"),
        "access_records.csv was changed",
    ),
    "certificate changed": (partial(repacked, certidao__pdf=b"%PDF-"), "certidao.pdf was changed"),
    "verifier changed": (
        partial(repacked, verify_package__py=b"print('CONFERE')"),
        "verify_package.py was changed",
    ),
    "file missing": (
        partial(repacked, access_records__jsonl=None),
        "access_records.jsonl is missing",
    ),
    "file extra": (partial(repacked, extra__txt=b"x"), "extra.txt is extra"),
    "manifest missing": (partial(repacked, manifest__json=None), "manifest.json is missing"),
    "signature missing": (partial(repacked, manifest__p7s=None), "manifest.p7s is missing"),
    "manifest changed": (
        partial(repacked, manifest__json=b"{}"),
        "the manifest was changed after it was signed",
    ),
    "row removed and relisted": (relisted, "the manifest was changed after it was signed"),
    "signature is junk": (partial(repacked, manifest__p7s=b"junk"), "not a CMS"),
    "signature is empty": (partial(repacked, manifest__p7s=b""), "not a CMS"),
    "signature of another package": (
        signature_of_another_package,
        "the manifest was changed after it was signed",
    ),
    "value of signature flipped": (value_of_signature_flipped, "the signature does not hold"),
    "signed attribute flipped": (signed_attribute_flipped, "the signature does not hold"),
    "of another service": (of_another_service, "the signer is none of the given certificates"),
    "byte flipped": (byte_flipped, "damaged"),
    "junk appended": (junk_appended, "bytes outside the entries"),
    "junk prepended": (junk_prepended, "bytes outside the entries"),
    "comment added": (comment_added, "bytes outside the entries"),
    "an entry's comment": (entry_commented, "carries something more"),
    "extra in both headers": (extra_in_both_headers, "carries something more"),
    "extra before the content": (extra_before_the_content, "carries something more"),
    "sizes before the content": (sizes_before_the_content, "contradicts the directory"),
    "packed behind the end": (packed_behind_the_end, "carries something more"),
    "cut off": (cut_off, "not a sound ZIP"),
    "hidden entry": (hidden_entry, "bytes outside the entries"),
    "zip-slip": (partial(renamed, name="../../etc/cron.d/x"), "dangerous name"),
    "absolute path": (partial(renamed, name="/etc/passwd"), "dangerous name"),
    "backslash": (partial(renamed, name="..\\evil.csv"), "dangerous name"),
    "folder": (partial(renamed, name="folder/"), "dangerous name"),
    "another's letters": (partial(renamed, name="access_r\u0435cords.csv"), "dangerous name"),
    "listed twice": (twice, "two entries have the same name"),
    "same but for case": (
        partial(repacked, Access_records__csv=b"id\r\n"),
        "two entries have the same name",
    ),
    "symbolic link": (symlink, "not an ordinary file"),
    "bomb": (bomb, "larger than it says"),
    "manifest bomb": (manifest_bomb, "too large"),
    "headers differ": (local_header_differs, "an entry contradicts the directory"),
    "not a ZIP": (lambda _, path: path.write_text("PK"), "not a sound ZIP"),
    "empty": (lambda _, path: path.touch(), "not a sound ZIP"),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_told(good: Handed, tmp_path: Path, kind: str) -> None:
    tamper, reason = TAMPERED[kind]
    path = tmp_path / "package.zip"
    tamper(good, path)
    told = verify(path, good.certificate)
    assert told.returncode == 1, told.stdout
    assert told.stdout == ""
    assert reason in told.stderr
    assert "NÃO CONFERE" in told.stderr


def test_repacking_alone_is_no_tampering(good: Handed, tmp_path: Path) -> None:
    """Else the tests above might fail for another reason than theirs."""
    repacked(good, tmp_path / "package.zip")
    assert verify(tmp_path / "package.zip", good.certificate).returncode == 0


@pytest.mark.parametrize("away", [-timedelta(days=1), VALID_FOR + timedelta(days=1)])
def test_a_certificate_that_was_not_valid_then_proves_nothing(
    tmp_path: Path, away: timedelta
) -> None:
    paths = handed(tmp_path, order(category(ROWS)), clock=lambda: system_clock() + away)
    told = verify(paths.package, paths.certificate)
    assert told.returncode == 1
    assert "not valid when the package was made" in told.stderr


@pytest.mark.parametrize("certificate", ["missing.pem", "package.zip"])
def test_what_cannot_be_checked_is_not_said_to_hold(good: Handed, certificate: str) -> None:
    told = verify(good.package, good.package.with_name(certificate))
    assert (told.returncode, told.stdout) == (2, "")
    assert "Could not check" in told.stderr
