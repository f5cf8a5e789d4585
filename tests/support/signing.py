"""Authorities, certificates and revocation lists like those of ICP-Brasil and gov.br, made for one
test run, and signers that sign with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.core.clock import system_clock
from app.core.documents import cpf_with_check_digits, with_check_digits

NOW: datetime = system_clock().replace(microsecond=0)
"""The moment at which this run's documents are signed and verified."""

DAY = timedelta(days=1)
SIGNER = cpf_with_check_digits("529982247"[:9])
OTHER = cpf_with_check_digits("111444777")
COMPANY = with_check_digits("12ABC34501DE")
_PERSON = x509.ObjectIdentifier("2.16.76.1.3.1")
_COMPANY = x509.ObjectIdentifier("2.16.76.1.3.3")
_RESPONSIBLE = x509.ObjectIdentifier("2.16.76.1.3.4")


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate with its key, and the one that issued it, if another."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    issuer: "Certified | None" = None

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))

    @property
    def above(self) -> list["Certified"]:
        """Its authorities below the root."""
        found, each = [], self.issuer
        while each is not None and each.issuer is not None:
            found.append(each)
            each = each.issuer
        return found


def authority(
    name: str,
    issuer: Certified | None = None,
    *,
    until: datetime = NOW + 300 * DAY,
    claims: Certified | None = None,
    signs: bool = False,
) -> Certified:
    """A root, or an authority below `issuer`; it may claim another's key to be its issuer's, and
    that its own is for signing documents too."""
    return _issue(
        _subject(name),
        issuer,
        (NOW - 300 * DAY, until),
        [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (_usage(key_cert_sign=True, crl_sign=True, content_commitment=signs), True),
        ],
        claims=claims,
    )


def person(
    issuer: Certified,
    *,
    tax_id: str | None = SIGNER,
    valid: tuple[datetime, datetime] = (NOW - 100 * DAY, NOW + 100 * DAY),
    signs: bool = True,
    address: str = "http://127.0.0.1:9/ac.crl",
    besides: str | None = None,
    also_company: bool = False,
) -> Certified:
    """An e-CPF: `tax_id` is put in as it is, right or wrong, and `besides` as another person's."""
    names: list[x509.GeneralName] = [x509.RFC822Name("maria@exemplo.com.br")]
    held = [each for each in (tax_id, besides) if each is not None]
    names += [x509.OtherName(_PERSON, _data(each)) for each in held]
    if also_company:
        names.append(x509.OtherName(_COMPANY, _octets(COMPANY.encode())))
    return _issue(
        _subject(f"MARIA DE AVILA:{tax_id or SIGNER}"),
        issuer,
        valid,
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True, content_commitment=signs, key_encipherment=True), True),
            (x509.SubjectAlternativeName(names), False),
            (
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
                ),
                False,
            ),
            (_distribution(address), False),
            (_access(address), False),
        ],
    )


def company(issuer: Certified) -> Certified:
    """An e-CNPJ: the person responsible for it has the signer's CPF."""
    names = [
        x509.OtherName(_COMPANY, _octets(COMPANY.encode())),
        x509.OtherName(_RESPONSIBLE, _data(SIGNER)),
    ]
    return _issue(
        _subject(f"TRIBUNAL DE TESTE:{COMPANY}"),
        issuer,
        (NOW - 100 * DAY, NOW + 100 * DAY),
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True, content_commitment=True), True),
            (x509.SubjectAlternativeName(names), False),
        ],
    )


def time_authority(issuer: Certified) -> Certified:
    """Who stamps times; pyHanko's own stamper for tests wants RSA."""
    return _issue(
        _subject("CARIMBO DO TEMPO DE TESTE"),
        issuer,
        (NOW - 100 * DAY, NOW + 100 * DAY),
        [
            (_usage(digital_signature=True, content_commitment=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        ],
        key=rsa.generate_private_key(65537, 2048),
    )


def revocation_list(
    issuer: Certified,
    revoked: Iterable[Certified] = (),
    *,
    made: datetime = NOW - DAY / 24,
    until: datetime = NOW + DAY,
    fillers: int = 0,
) -> bytes:
    """The issuer's list in DER; `fillers` more entries make it as long as wanted."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(made)
        .next_update(until)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(_by(issuer), critical=False)
    )
    serials = [each.certificate.serial_number for each in revoked]
    for serial in (*serials, *range(1, fillers + 1)):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(made - DAY)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)


def signer(who: Certified, *, chain: Iterable[Certified] | None = None) -> SimpleSigner:
    """Signs as `who`, with the authorities below the root in the signature unless `chain` says."""
    store: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its class is
    store.register_multiple([each.asn1 for each in (who.above if chain is None else chain)])
    return SimpleSigner(signing_cert=who.asn1, signing_key=_asn1_key(who), cert_registry=store)


def stamper(who: Certified) -> DummyTimeStamper:
    """Stamps `NOW`, as `who`."""
    store: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its class is
    store.register_multiple([each.asn1 for each in who.above])
    return DummyTimeStamper(who.asn1, _asn1_key(who), certs_to_embed=store, fixed_dt=NOW)


@dataclass(frozen=True, slots=True)
class World:
    """ICP-Brasil and gov.br in small, and a folder that trusts both."""

    root: Certified
    intermediate: Certified
    gov_root: Certified
    gov_intermediate: Certified
    stamper: Certified

    @classmethod
    def made(cls) -> "World":
        root = authority("AC Raiz de Teste")
        intermediate = authority("AC de Teste", root)
        gov_root = authority("AC Raiz do Governo de Teste")
        return cls(
            root,
            intermediate,
            gov_root,
            authority("AC Final do Governo de Teste", gov_root),
            time_authority(intermediate),
        )

    def trust(self, folder: Path, revoked: Iterable[Certified] = ()) -> Path:
        """Write the roots and current revocation lists into `folder`, whatever the umask."""
        for place, root in (("icp-brasil", self.root), ("gov-br", self.gov_root)):
            (folder / place).mkdir(parents=True)
            (folder / place / "root.pem").write_bytes(root.pem)
        (folder / "crls").mkdir()
        for name, issuer in (
            ("root", self.root),
            ("ac", self.intermediate),
            ("gov-root", self.gov_root),
            ("gov-ac", self.gov_intermediate),
        ):
            content = revocation_list(issuer, [each for each in revoked if each.issuer is issuer])
            (folder / "crls" / f"{name}.crl").write_bytes(content)
        return closed(folder)


def closed(folder: Path) -> Path:
    """The folder, with all in it taken from its group and everybody."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o022)
    return folder


def _issue(
    subject: x509.Name,
    issuer: Certified | None,
    valid: tuple[datetime, datetime],
    extensions: list[tuple[x509.ExtensionType, bool]],
    *,
    key: rsa.RSAPrivateKey | None = None,
    claims: Certified | None = None,
) -> Certified:
    own = key or ec.generate_private_key(ec.SECP256R1())
    by = issuer.certificate.subject if issuer else subject
    signing = issuer.key if issuer else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            _by(claims) if claims else _key_identifier(signing),
            critical=False,
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Certified(builder.sign(signing, SHA256()), own, issuer)


def _by(issuer: Certified) -> x509.AuthorityKeyIdentifier:
    return _key_identifier(issuer.key)


def _key_identifier(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [_named(NameOID.ORGANIZATION_NAME, "ICP-Teste"), _named(NameOID.COMMON_NAME, name)]
    )


def _named(oid: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(oid, text)


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _data(tax_id: str) -> bytes:
    """Birth date, CPF, NIS, RG and who issued it."""
    return _octets(f"01011980{tax_id}{0:011}{0:015}SSPSP".encode())


def _octets(data: bytes) -> bytes:
    return bytes((0x04, len(data))) + data


def _distribution(address: str) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)]
    )


def _access(address: str) -> x509.AuthorityInformationAccess:
    method = x509.oid.AuthorityInformationAccessOID
    place = x509.UniformResourceIdentifier(address)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(each, place) for each in (method.OCSP, method.CA_ISSUERS)]
    )


def _asn1_key(who: Certified) -> asn1_keys.PrivateKeyInfo:
    der = who.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return asn1_keys.PrivateKeyInfo.load(der)
