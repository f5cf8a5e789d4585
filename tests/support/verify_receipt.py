"""Checks a consent receipt as a stranger would: `python verify_receipt.py KEYS.json RECEIPT.txt`.

Knows the published keys and the RFCs (7515, 7517, 7518), nothing of the service: it imports none of
it. Prints the content; exits 1 for a receipt that is not authentic.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def checked(keys: dict[str, Any], receipt: str) -> Any:
    """What the receipt says. Raises `ValueError`, `KeyError` or `InvalidSignature`."""
    head, body, signature = receipt.split(".")
    header = json.loads(decoded(head))
    if header["alg"] != "ES256" or header["typ"] != "consent-receipt+jws":
        raise ValueError("not a receipt")
    [key] = [key for key in keys["keys"] if key["kid"] == header["kid"]]
    x, y = (int.from_bytes(decoded(key[axis])) for axis in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = decoded(signature)
    pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(pair, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
    return json.loads(decoded(body))


if __name__ == "__main__":
    try:
        said = checked(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]).read_text())
    except (ValueError, KeyError, InvalidSignature) as fault:
        sys.exit(f"not authentic: {fault!r}")
    sys.stdout.write(json.dumps(said))
