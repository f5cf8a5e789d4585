"""The service's certificates: what it signs documents with, and what others verify them with.

    <folder>/certificates/<kid>.pem              a private key, its certificate, those above it
    <folder>/certificates/retired/<kid>.crt.pem  what remains of those that sign no more

Named like signing keys (`key_names.py`): the newest signs. A document is verified years later, so
every certificate that ever signed stays published, rotated, expired or retired. The service
certifies itself; an operator who has a certificate of a public authority (ICP-Brasil) installs it.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from app.core.clock import Clock, system_clock
from app.security.certificate_files import (
    CertificateUnfit,
    ServiceCertificate,
    bundle,
    make,
    parse,
    pem_of,
)
from app.security.key_names import next_name, taken_over
from app.security.keyfiles import (
    KeysError,
    locked,
    make_private_folder,
    read_key_file,
    require_private,
    sync_folder,
    write_key_file,
)

NEARLY_OVER: Final = timedelta(days=30)
"""How long before its end the operator is warned, whenever something is signed."""
_FOLDER, _RETIRED = "certificates", "retired"
_END, _RETIRED_END = ".pem", ".crt.pem"
_log = logging.getLogger(__name__)


class ServiceCertificates:
    """The certificates of one folder of keys, in the name of the agency.

    The folder is the only truth and is looked into at each call: what one process makes, all have.
    In development the first one is made when it is first needed, and marked; in production an
    operator makes it, and a marked one, or one that others may read, is refused.
    """

    def __init__(
        self, directory: Path, name: str, *, production: bool, clock: Clock = system_clock
    ) -> None:
        self._keys = directory
        self._folder = directory / _FOLDER
        self._retired = self._folder / _RETIRED
        self._name = name
        self._production = production
        self._clock = clock
        self._known: dict[str, ServiceCertificate] = {}
        self._known_retired: dict[str, tuple[x509.Certificate, ...]] = {}

    def check(self) -> None:
        """Raises `KeysError` for one that is not fit for use. None at all is fine: what wants one
        says so then."""
        for kid in self._kids():
            self._read(kid)

    def signing(self) -> ServiceCertificate:
        """The newest. Raises `KeysError` where there is none, or its time is over."""
        kids = self._kids()
        if not kids and not self._production:
            kids = [self.create()]
        if not kids:
            raise KeysError(f"{self._folder}: no certificate, run `salvaguarda certificate create`")
        newest, now = self._read(kids[-1]), self._clock()
        if not newest.holds_at(now):
            raise KeysError(f"{self._path(newest.kid)}: not valid now, rotate or install another")
        if not newest.holds_at(now + NEARLY_OVER):
            _log.warning("the certificate that documents are signed with ends soon")
        return newest

    def published(self) -> bytes:
        """Every certificate that signs or ever signed, in PEM, newest first.

        Raises `KeysError` for one that is not fit for use.
        """
        if not self._production:
            self.signing()
        found = {kid: self._read(kid).pem for kid in self._kids()}
        found |= {kid: pem_of(self._read_retired(kid)) for kid in self._retired_kids()}
        return b"".join(found[kid] for kid in sorted(found, reverse=True))

    def create(self) -> str:
        """Make one if there is none; the name of the newest. Any number of processes may."""
        make_private_folder(self._folder)
        with locked(self._keys):
            return (self._kids() or [self._add()])[-1]

    def rotate(self) -> str:
        """Make one that signs from now on, and return its name."""
        make_private_folder(self._folder)
        with locked(self._keys):
            return self._add()

    def install(self, content: bytes, password: bytes | None = None) -> str:
        """Take over the operator's own (PEM, or PKCS #12 with its password): it signs from now on.

        Raises `KeysError` for one that cannot, or whose time has not come or is over.
        """
        make_private_folder(self._folder)
        with locked(self._keys):
            kid = next_name(sorted({*self._kids(), *self._retired_kids()}), self._clock())
            try:
                pair = parse(kid, content, password)
            except CertificateUnfit as unfit:
                raise KeysError(f"not installed: {unfit}") from None
            if not pair.holds_at(self._clock()):
                raise KeysError("not installed: the certificate is not valid now")
            self._write(pair)
        return kid

    def retire(self, kid: str) -> None:
        """Destroy the private key of that name; the certificate stays published.

        Raises `KeysError` for an unknown name, and for the last one.
        """
        with locked(self._keys):
            kids = self._kids()
            if kid not in kids:
                raise KeysError(f"{self._folder}: holds no certificate of that name")
            if len(kids) == 1:
                raise KeysError(f"{self._folder}: the last one stays, rotate first")
            pair = self._read(kid)
            make_private_folder(self._retired)
            kept = self._retired / f"{kid}{_RETIRED_END}"
            write_key_file(kept, pair.pem, development=not self._production)
            self._path(kid).unlink()
            sync_folder(self._folder)
            self._known.pop(kid, None)

    def _add(self) -> str:
        now = self._clock()
        pair = make(next_name(sorted({*self._kids(), *self._retired_kids()}), now), self._name, now)
        self._write(pair)
        return pair.kid

    def _write(self, pair: ServiceCertificate) -> None:
        write_key_file(self._path(pair.kid), bundle(pair), development=not self._production)

    def _path(self, kid: str) -> Path:
        return self._folder / f"{kid}{_END}"

    def _kids(self) -> list[str]:
        """Those that can sign, oldest first. A PEM file of another name would never be used, and
        nobody told: `KeysError`."""
        names = sorted(_names(self._folder, _END))
        strange = [name for name in names if taken_over(name) is None]
        if strange:
            raise KeysError(
                f"{self._folder}: {strange[0]}{_END} is not named like one of ours,"
                " take `salvaguarda certificate install`"
            )
        return names

    def _retired_kids(self) -> list[str]:
        return [name for name in _names(self._retired, _RETIRED_END) if taken_over(name)]

    def _read(self, kid: str) -> ServiceCertificate:
        if kid not in self._known:
            path = self._path(kid)
            if self._production:
                require_private(self._folder)
            content, _ = read_key_file(path, production=self._production)
            try:
                self._known[kid] = parse(kid, content)
            except CertificateUnfit as unfit:
                raise KeysError(f"{path}: {unfit}") from None
        return self._known[kid]

    def _read_retired(self, kid: str) -> tuple[x509.Certificate, ...]:
        if kid not in self._known_retired:
            path = self._retired / f"{kid}{_RETIRED_END}"
            content, _ = read_key_file(path, production=self._production)
            try:
                self._known_retired[kid] = tuple(x509.load_pem_x509_certificates(content))
            except ValueError:
                raise KeysError(f"{path}: not a certificate in PEM") from None
        return self._known_retired[kid]


def _names(folder: Path, end: str) -> Iterator[str]:
    """The names of files that end so, without it."""
    try:
        for path in folder.iterdir():
            if path.name.endswith(end) and not path.name.startswith("."):
                yield path.name.removesuffix(end)
    except FileNotFoundError:
        return
    except OSError as error:
        raise KeysError(f"{folder}: cannot be read ({error.strerror})") from None
