"""A certificate for signing documents and its key: how the pair is made, read and written.

Kept as one PEM text: the private key (PKCS #8), its certificate, then those that lead to its root.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from cryptography.x509.oid import NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

VALID_FOR: Final = timedelta(days=3 * 365)
SMALLEST_RSA: Final = 2048
CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
LONGEST_NAME: Final = 64  # characters of a common name (RFC 5280, ub-common-name)
_PEM_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"


class CertificateUnfit(Exception):
    """Documents cannot be signed with it; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class ServiceCertificate:
    """A key pair whose public half is certified. The private one does not show in a log."""

    kid: str
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    """The certificates that lead to its root, nearest first; none for one that is its own."""
    key: PrivateKey = field(kw_only=True, repr=False)

    @property
    def pem(self) -> bytes:
        """What is published: the certificate and those above it, never the key."""
        return pem_of((self.certificate, *self.chain))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate (DER), in hexadecimal digits."""
        return self.certificate.fingerprint(SHA256()).hex()

    def holds_at(self, moment: datetime) -> bool:
        """Whether the certificate is valid then."""
        begin, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return begin <= moment <= end


def make(kid: str, name: str, now: datetime) -> ServiceCertificate:
    """A fresh P-256 pair that certifies itself in `name`, for three years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:LONGEST_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name[: LONGEST_NAME - 13]} (documentos)"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )
    return ServiceCertificate(kid, certificate, key=key)


def parse(kid: str, content: bytes, password: bytes | None = None) -> ServiceCertificate:
    """What a PEM text or a PKCS #12 file holds. Raises `CertificateUnfit`."""
    try:
        if _PEM_CERTIFICATE in content:
            key: object = load_pem_private_key(content, password)
            certificates = x509.load_pem_x509_certificates(content)
        else:
            key, own, others = load_key_and_certificates(content, password)
            certificates = [*([own] if own is not None else []), *others]
    except (ValueError, TypeError):  # of another form, or another password
        raise CertificateUnfit("not a key with its certificate, or not its password") from None
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise CertificateUnfit("holds no private key of a kind that signs documents")
    return _fit(kid, key, certificates)


def bundle(pair: ServiceCertificate) -> bytes:
    """The PEM text that `parse` reads."""
    key = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + pair.pem


def pem_of(certificates: Sequence[x509.Certificate]) -> bytes:
    """The certificates one after the other."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _fit(kid: str, key: PrivateKey, certificates: Sequence[x509.Certificate]) -> ServiceCertificate:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < SMALLEST_RSA:
            raise CertificateUnfit(f"an RSA key has {SMALLEST_RSA} bits or more")
    elif key.curve.name not in CURVES:
        raise CertificateUnfit("a key on another curve than those of NIST")
    public = key.public_key()
    own = [each for each in certificates if each.public_key() == public]
    if len(own) != 1:
        raise CertificateUnfit("the certificate is not that of the key")
    try:
        usage = own[0].extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:  # it may be used for anything
        pass
    else:
        if not usage.content_commitment and not usage.digital_signature:
            raise CertificateUnfit("the certificate is not for signing documents")
    return ServiceCertificate(kid, own[0], _upwards(own[0], certificates), key=key)


def _upwards(
    leaf: x509.Certificate, certificates: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Those that certify it, each by the next, as far as they are there."""
    path: list[x509.Certificate] = [leaf]
    while path[-1].issuer != path[-1].subject:
        above = [
            each for each in certificates if each.subject == path[-1].issuer and each not in path
        ]
        if not above:
            break
        path.append(above[0])
    return tuple(path[1:])
