"""Whether a certificate can be trusted at a moment, and if not, why.

Strict on purpose:

* The signer's certificate, and every authority's, must hold at the moment of verification, not at
  that of signing, and a revocation list of the operator's folder must speak for each of them at
  that moment. What a signature brings along for later times (a security store, embedded lists or
  OCSP answers) is not used, not even with a trusted timestamp: a legal request is verified within
  days of being signed, and whoever signs may sign again. So an expired certificate is refused,
  and one revoked after it signed as well.
* One `ValidationContext` for each signature: its "now" freezes when it is made, and what one
  signature brings along must not help another.
* Nothing is fetched (`allow_fetching`), a missing list is a refusal (`revocation_mode`): the
  library's own defaults let a revoked certificate pass, and contact addresses that it names.
"""

from datetime import datetime

from asn1crypto import x509
from pyhanko_certvalidator import ValidationContext, find_valid_path
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    StaleRevinfoError,
)
from pyhanko_certvalidator.path import ValidationPath

from app.security.document_reports import ChainLink
from app.security.document_signers import shown_name
from app.security.document_trust import Trust


def context_at(trust: Trust, at: datetime) -> ValidationContext:
    """What one signature is held against."""
    return ValidationContext(
        trust_roots=[
            each.certificate for each in trust.authorities if each.root and each.current(at)
        ],
        other_certs=[each.certificate for each in trust.authorities if not each.root],
        crls=[each.content for each in trust.crls],
        moment=at,
        allow_fetching=False,
        revocation_mode="require",
    )


async def why_untrusted(certificate: x509.Certificate, context: ValidationContext) -> str | None:
    """The code of what is wrong with a certificate; None where the chain holds.

    pyHanko's status says less: a missing list looks there like any other fault.
    """
    try:
        paths = context.path_builder.async_build_paths_lazy(certificate)
        await find_valid_path(certificate, paths, context)
    except RevokedError as error:
        return "certificate_revoked" if error.is_ee_cert else "authority_revoked"
    except StaleRevinfoError:
        return "revocation_stale"
    except InsufficientRevinfoError:
        return "revocation_unknown"
    except ExpiredError as error:
        return "certificate_expired" if error.is_ee_cert else "authority_expired"
    except NotYetValidError:
        return "certificate_not_yet_valid"
    except DisallowedAlgorithmError:
        return "weak_algorithm"
    except (PathBuildingError, InvalidCertificateError):
        return "chain_unknown"
    except PathValidationError:
        return "chain_unsound"
    return None


def links(path: ValidationPath) -> tuple[ChainLink, ...]:
    """The chain for the report, the signer's certificate first."""
    certificates = list(reversed(list(path)))
    return tuple(
        ChainLink(
            authority=shown_name(each.subject) if place else None,
            serial_number=f"{each.serial_number:x}",
            sha256=each.sha256.hex(),
            valid_from=each.not_valid_before,
            valid_until=each.not_valid_after,
        )
        for place, each in enumerate(certificates)
    )
