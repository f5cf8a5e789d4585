"""Every place in the OpenAPI document where a caller can write a sentence, and what is done to it.

Nothing is found by hand: the document is walked, and a test fails for a place that is not listed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

SENTENCE: Final = "Envie sua senha"
"""What a member must be able to hold to count as free text."""


@dataclass(frozen=True, slots=True, order=True)
class FreeText:
    """A member of a request body that holds a sentence; `pointer` has ``*`` for each item."""

    door: str
    pointer: str
    method: str
    path: str

    @property
    def place(self) -> tuple[str, str]:
        """What the tables below list it by: the same member is treated alike in every route.

        What callers say about their own second factors is apart, whatever their door; so is the
        form that stands beside a password to be judged, and the policy itself.
        """
        if self.path == "/v1/public/password-strength":
            return "judged", self.pointer
        if self.path.startswith("/v1/staff/policies") and self.pointer in ("/text", "/text_en"):
            return "policy", self.pointer
        own = self.path.startswith(f"/v1/{self.door}/authenticators")
        return "own" if own else self.door, self.pointer


OUTGOING: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        *(("staff", f"/address/{part}") for part in ("street", "number", "complement")),
        *(("staff", f"/address/{part}") for part in ("district", "city")),
        *(("staff", f"/{part}") for part in ("name", "attention_note")),
        *(("staff", f"/{part}") for part in ("number", "description", "safeguards")),
        *(("staff", f"/reason_text{part}") for part in ("", "/pt-BR", "/en")),
        ("staff", "/text"),
        *(("staff", f"/{part}") for part in ("summary", "summary_en")),
        ("staff", "/message"),
    }
)
"""Written by staff, to customers or for colleagues who deal with one: none asks for a secret."""

REVIEWED: Final[frozenset[tuple[str, str]]] = frozenset(
    {("policy", "/text"), ("policy", "/text_en")}
)
"""The policy, which says much about passwords: it is published once a second person has read it."""

INTERNAL: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("staff", "/title"): ("incident", "title"),
    ("staff", "/note"): ("policy_draft", "review_note"),
    ("staff", "/answered_by"): ("officer", "vettings"),
    ("staff", "/phone_source"): ("agency", "phone_source"),
    **{
        ("staff", f"/{part}"): ("legal_request", part)
        for part in (
            *("inquiry_number", "issuing_body", "signer_name", "motivation", "risk_statement"),
            *("secrecy_basis", "period_zone"),
        )
    },
    ("staff", "/reference"): ("legal_secrecy_order", "reference"),
    ("staff", "/filing_number"): ("legal_hold", "filing_number"),
    ("staff", "/reason"): ("legal_hold", "end_note"),
    ("staff", "/targets/*/name"): ("legal_request", "targets"),
    **{
        ("staff", f"/form/{part}"): ("incident", "form")
        for part in (
            *("description", "root_cause", "data_description", "measures_before"),
            *("measures_after", "risks", "mitigation", "delay_reasons", "controller"),
            *("privacy_officer", "operator", "anpd_protocol", "not_communicated_because"),
        )
    },
}
"""Written by staff for staff: the resource and field, which the matrix must hide from customers."""

MAILED: Final[frozenset[tuple[str, str]]] = frozenset({("customer", "/note")})
"""Written by customers, mailed to strangers in our name: it asks for no secret either."""

REDACTED: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("customer", "/note"),
        *((door, f"/{text}") for door in ("customer", "public") for text in ("subject", "message")),
    }
)
"""Written by customers or anybody as prose: a password pasted into it is taken out beforehand."""

REFUSED: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        *(
            (door, f"/address/{part}")
            for door in ("customer", "public")
            for part in ("street", "number", "complement", "district", "city")
        ),
        *((door, "/name") for door in ("customer", "public", "own")),
        *((door, "/company") for door in ("customer", "public")),
        ("public", "/registration_number"),
    }
)
"""A datum of customers or anybody, not a letter: one that holds a secret is sent back."""

_JUDGED = "a half-filled form beside a password that is judged; nothing of it is stored"
_CREDENTIAL = "tried against what is stored, and never stored"

_EVIDENCE = "what an official asks in law, kept word for word; customers are not shown it"

SHORT: Final[Mapping[tuple[str, str], str]] = {
    **{("judged", f"/{part}"): _JUDGED for part in ("name", "email", "phone", "tax_id", "company")},
    ("public", "/token"): _CREDENTIAL,
    ("public", "/form_token"): "tried as one of our own, and never stored",
    ("public", "/work"): "what a machine has counted up to; never stored",
    ("public", "/website"): "a trap for programs; never stored",
    ("public", "/events/*/referrer"): "an address; its host alone is kept",
    ("public", "/events/*/campaign"): "a few words of an address; no customer or colleague's",
    ("customer", "/token"): _CREDENTIAL,
    ("own", "/code"): _CREDENTIAL,
    ("own", "/credential/response/transports/*"): "a browser's word; only the known ones are kept",
    **{
        ("authority", f"/{part}"): _EVIDENCE
        for part in (
            *("inquiry_number", "issuing_body", "signer_name", "motivation", "risk_statement"),
            *("secrecy_basis", "period_zone", "targets/*/name", "message"),
        )
    },
    ("auth", "/username"): _CREDENTIAL,
    ("auth", "/totp"): _CREDENTIAL,
    ("auth", "/recovery_code"): _CREDENTIAL,
    ("auth", "/refresh_token"): _CREDENTIAL,
    ("auth", "/customer_id"): "an id: an account that the login may enter, or refused",
}
"""Written by customers or anybody, and kept as it is, or not at all: with the reason."""


def free_texts(document: Mapping[str, Any]) -> Iterator[FreeText]:
    """Every free text that some operation takes, by door."""
    for path, operations in document["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in operations.items():
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    for pointer in _texts(document, content["schema"], "", ()):
                        yield FreeText(path.split("/")[2], pointer, method, path)


def _texts(
    document: Mapping[str, Any], schema: Any, pointer: str, within: tuple[str, ...]
) -> Iterator[str]:
    if reference := schema.get("$ref"):
        if reference not in within:
            target: Any = document
            for step in reference.removeprefix("#/").split("/"):
                target = target[step]
            yield from _texts(document, target, pointer, (*within, reference))
        return
    for kind in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(kind, ()):
            yield from _texts(document, option, pointer, within)
    for name, member in schema.get("properties", {}).items():
        yield from _texts(document, member, f"{pointer}/{name}", within)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _texts(document, schema[name], f"{pointer}/*", within)
    if schema.get("type") == "string" and holds_a_sentence(schema):
        yield pointer


def holds_a_sentence(schema: Mapping[str, Any]) -> bool:
    """Whether the schema lets somebody write `SENTENCE`. What has a `format` is of that form."""
    if {"enum", "const", "format"} & schema.keys():
        return False
    fits = schema.get("minLength", 0) <= len(SENTENCE) <= schema.get("maxLength", len(SENTENCE))
    return fits and re.search(schema.get("pattern", ""), SENTENCE) is not None
