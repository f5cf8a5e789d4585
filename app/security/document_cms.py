"""Detached signatures: CMS (RFC 5652) in a file of its own, DER or PEM."""

from collections.abc import Iterator
from typing import Final

from asn1crypto import cms, core, pem

MOST_SIGNATURES: Final = 16
MOST_CERTIFICATES: Final = 64
"""In one signature; chains have three or four. Building paths through more could take forever."""


class CmsUnreadable(ValueError):
    """It is no signed CMS message."""


class TooManySigners(ValueError):
    """More than `MOST_SIGNATURES` signatures, or `MOST_CERTIFICATES` certificates."""


class OtherContent(ValueError):
    """The message brings along content that is not the document."""


def signed_data(file: bytes, document: bytes) -> Iterator[cms.SignedData]:
    """One message for each signer, without content.

    Content that the message brings along must be the document, byte for byte; it is then left out,
    which changes nothing that was signed.
    """
    held = cms.ContentInfo.load(_unarmoured(file), strict=True)
    if held["content_type"].native != "signed_data":
        raise CmsUnreadable
    whole = held["content"]
    attached = whole["encap_content_info"]["content"]
    if attached.native is not None and bytes(attached) != document:
        raise OtherContent
    if len(whole["signer_infos"]) > MOST_SIGNATURES:
        raise TooManySigners
    for signer in whole["signer_infos"]:
        alone = cms.SignedData(
            {
                "version": whole["version"],
                "digest_algorithms": whole["digest_algorithms"],
                "encap_content_info": {
                    "content_type": whole["encap_content_info"]["content_type"].native
                },
                "certificates": whole["certificates"],
                "signer_infos": [signer],
            }
        )
        check_size(alone)
        yield alone


def check_size(message: cms.SignedData) -> None:
    """Raises `TooManySigners` for a message with more certificates than a chain could want."""
    if len(message["certificates"]) > MOST_CERTIFICATES:
        raise TooManySigners


def has_signed_attributes(message: cms.SignedData) -> bool:
    """Without them what was signed could be somebody's signed attributes, passed off as a text."""
    [signer] = message["signer_infos"]
    return not isinstance(signer["signed_attrs"], core.Void)


def _unarmoured(file: bytes) -> bytes:
    if not pem.detect(file):
        return file
    _, _, der = pem.unarmor(file)
    return bytes(der)
