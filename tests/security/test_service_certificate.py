"""`app/security/service_certificate.py`: made, rotated, installed, retired; always published."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from app.security.certificate_files import VALID_FOR, ServiceCertificate, bundle, make
from app.security.keyfiles import KeysError
from app.security.service_certificate import ServiceCertificates
from tests.security.folder import mode
from tests.security.moment import Moment

Opener = Callable[..., ServiceCertificates]


@pytest.fixture
def opened(folder: Path, moment: Moment) -> Opener:
    """Each call stands for another process on the same folder."""

    def opened(*, production: bool = True) -> ServiceCertificates:
        return ServiceCertificates(folder, "Agência Ávila", production=production, clock=moment)

    return opened


def serials(pem: bytes) -> list[int]:
    return [each.serial_number for each in x509.load_pem_x509_certificates(pem)]


def test_one_is_made_in_the_agencys_name_for_its_owner_alone(opened: Opener, folder: Path) -> None:
    kid = opened().create()
    pair = opened().signing()
    assert pair.kid == kid
    assert "Agência Ávila" in pair.certificate.subject.rfc4514_string()
    usage = pair.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    pair.certificate.verify_directly_issued_by(pair.certificate)
    made = [path for path in (folder / "certificates").rglob("*") if path.is_file()]
    assert {mode(path) for path in made} == {0o600}
    assert mode(folder / "certificates") == 0o700


def test_create_again_changes_nothing(opened: Opener) -> None:
    assert opened().create() == opened().create()


def test_neither_the_pair_nor_what_is_published_shows_the_key(opened: Opener) -> None:
    opened().create()
    pair = opened().signing()
    assert "PRIVATE" not in repr(pair)
    assert b"PRIVATE" not in opened().published()
    assert b"PRIVATE" in bundle(pair)


def test_the_newest_signs_and_all_stay_published(opened: Opener, moment: Moment) -> None:
    ours, theirs = opened(), opened()
    ours.create()
    made = [ours.signing()]
    for _ in range(2):
        moment.pass_by(3600)
        ours.rotate()
        made.append(theirs.signing())
    wanted = [pair.certificate.serial_number for pair in reversed(made)]
    assert serials(theirs.published()) == wanted
    ours.retire(made[0].kid)
    assert serials(theirs.published()) == serials(opened().published()) == wanted
    with pytest.raises(KeysError, match="no certificate of that name"):
        ours.retire(made[0].kid)


def test_a_retired_one_leaves_no_key(opened: Opener, folder: Path) -> None:
    ours = opened()
    old = ours.create()
    ours.rotate()
    ours.retire(old)
    kept = [path for path in folder.rglob("*.pem") if old in path.name]
    assert [path.parent.name for path in kept] == ["retired"]
    assert b"PRIVATE" not in kept[0].read_bytes()


def test_the_last_one_stays(opened: Opener) -> None:
    kid = opened().create()
    with pytest.raises(KeysError, match="the last one stays"):
        opened().retire(kid)


def test_production_makes_none_by_itself(opened: Opener) -> None:
    opened().check()
    assert opened().published() == b""
    with pytest.raises(KeysError, match="certificate create"):
        opened().signing()


def test_development_makes_one_when_it_is_needed_and_production_refuses_it(
    opened: Opener,
) -> None:
    opened(production=False).signing()
    assert len(serials(opened(production=False).published())) == 1
    with pytest.raises(KeysError, match="made in development"):
        opened().check()


@pytest.mark.parametrize("open_to_others", ["certificates", "certificates/{kid}.pem"])
def test_production_refuses_what_others_may_read(
    opened: Opener, folder: Path, open_to_others: str
) -> None:
    path = folder / open_to_others.format(kid=opened().create())
    path.chmod(0o755)
    with pytest.raises(KeysError, match="open to others"):
        opened().check()


def test_one_whose_time_is_over_signs_nothing_and_stays_published(
    opened: Opener, moment: Moment, caplog: pytest.LogCaptureFixture
) -> None:
    opened().create()
    moment.pass_by((VALID_FOR - timedelta(days=20)).total_seconds())
    opened().signing()
    assert "ends soon" in caplog.text
    moment.pass_by(timedelta(days=21).total_seconds())
    with pytest.raises(KeysError, match="not valid now"):
        opened().signing()
    assert len(serials(opened().published())) == 1


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\n", b"\x30\x03\x02\x01"])
def test_a_damaged_one_is_refused(opened: Opener, folder: Path, damage: bytes) -> None:
    kid = opened().create()
    (folder / "certificates" / f"{kid}.pem").write_bytes(damage)
    with pytest.raises(KeysError, match=kid):
        opened().check()


def test_a_file_that_is_not_named_like_one_of_ours_is_told(opened: Opener, folder: Path) -> None:
    opened().create()
    (folder / "certificates" / "ours.pem").write_bytes(b"x")
    with pytest.raises(KeysError, match="certificate install"):
        opened().check()


def certified_by_a_root(moment: Moment) -> tuple[ServiceCertificate, x509.Certificate]:
    """A pair that a root of somebody else's certifies."""
    root = make("root", "Raiz", moment())
    own = make("own", "Agência", moment())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(own.certificate.subject)
        .issuer_name(root.certificate.subject)
        .public_key(own.key.public_key())
        .serial_number(7)
        .not_valid_before(moment())
        .not_valid_after(moment() + timedelta(days=90))
        .sign(root.key, SHA256())
    )
    return ServiceCertificate("own", certificate, key=own.key), root.certificate


@pytest.mark.parametrize("form", ["pem", "pkcs12", "pkcs12 with password"])
def test_the_operators_own_is_installed_with_its_chain(
    opened: Opener, moment: Moment, form: str
) -> None:
    pair, root = certified_by_a_root(moment)
    password = b"segredo" if form.endswith("password") else None
    if form == "pem":
        content = root.public_bytes(Encoding.PEM) + bundle(pair)
    else:
        content = serialize_key_and_certificates(
            b"ours",
            pair.key,
            pair.certificate,
            [root],
            BestAvailableEncryption(password) if password else NoEncryption(),
        )
    opened().create()
    moment.pass_by(1)
    kid = opened().install(content, password)
    signing = opened().signing()
    assert (signing.kid, signing.certificate, signing.chain) == (kid, pair.certificate, (root,))
    assert serials(opened().published())[:2] == [7, root.serial_number]
    assert len(serials(opened().published())) == 3


def test_what_cannot_sign_is_not_installed(opened: Opener, moment: Moment, folder: Path) -> None:
    pair, _ = certified_by_a_root(moment)
    other = make("other", "Outra", moment())
    old = make("old", "Velha", moment() - VALID_FOR - timedelta(days=1))
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    edwards = ed25519.Ed25519PrivateKey.generate()
    unfit = {
        "not that of the key": key_pem(other.key) + pair.pem,
        "not valid now": bundle(old),
        "2048 bits": key_pem(weak) + pair.pem,
        "no private key of a kind": key_pem(edwards) + pair.pem,
        "another curve": key_pem(ec.generate_private_key(ec.SECP256K1())) + pair.pem,
        "not a key with its certificate": pair.pem,
        "or not its password": serialize_key_and_certificates(
            None, pair.key, pair.certificate, None, BestAvailableEncryption(b"x")
        ),
    }
    for reason, content in unfit.items():
        with pytest.raises(KeysError, match=reason):
            opened().install(content)
    assert list(folder.rglob("*.pem")) == []


def key_pem(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
