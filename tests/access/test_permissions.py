"""Who may do what: nobody, unless a line of the table says so."""

import re
from functools import cache
from pathlib import Path

import pytest

from app import services
from app.access.matrix import COLUMNS, MatrixError
from app.access.permissions import (
    MEMBER_PERMISSIONS,
    NEEDED_OF_MEMBERS,
    OPEN_TO_THE_UNACCEPTING,
    OWNER,
    PERMISSIONS,
    _read,
    _read_members,
    _read_open,
    may,
    member_may,
)
from app.access.purposes import EVERY_PURPOSE, PURPOSES
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES, Viewer

HEADING = " ".join(COLUMNS)
NOBODY = " ".join("·" for _ in COLUMNS)

# Said once more by hand: a verb granted by mistake must be granted twice.
ALL_SIGHTED = {Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER, Viewer.PRIVACY_OFFICER}
RESPONSIBLE = {Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER}
ANSWERING = {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER, Viewer.SUPPORT, Viewer.MARKETING}
GRANTED = {
    "staff:customer:list": set(STAFF_ROLES),
    "staff:customer:read": set(STAFF_ROLES),
    "staff:customer:update": {Viewer.DIRECTOR, Viewer.SUPPORT, Viewer.BILLING},
    "staff:customer_change:list": ALL_SIGHTED | {Viewer.SUPPORT, Viewer.BILLING},
    "staff:membership:list": ALL_SIGHTED | {Viewer.SUPPORT},
    "staff:invoice:list": RESPONSIBLE | {Viewer.BILLING},
    "staff:invoice:create": {Viewer.BILLING},
    "staff:invoice:update": {Viewer.BILLING},
    "staff:intervention:list": ALL_SIGHTED,
    "staff:intervention:create": RESPONSIBLE,
    "staff:incident:list": ALL_SIGHTED,
    "staff:incident:read": ALL_SIGHTED,
    "staff:incident:create": RESPONSIBLE,
    "staff:incident:update": ALL_SIGHTED,
    "staff:incident:confirm": RESPONSIBLE,
    "staff:incident:cancel": RESPONSIBLE,
    "staff:incident:retry": RESPONSIBLE,
    "staff:contact_request:list": ANSWERING | {Viewer.SYSTEMS_ENGINEER},
    "staff:contact_request:read": ANSWERING | {Viewer.SYSTEMS_ENGINEER},
    "staff:contact_request:update": ANSWERING,
    "staff:contact_request:answer": ANSWERING,
    "staff:outbox_message:list": ALL_SIGHTED,
    "staff:legal_request:list": ALL_SIGHTED,
    "staff:legal_request:read": ALL_SIGHTED,
    "staff:legal_request:create": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_request:advance": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_step:list": ALL_SIGHTED,
    "staff:legal_hold:list": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_hold:file": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_hold:release": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_request:keep_secret": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_secrecy_order:list": ALL_SIGHTED,
    "staff:legal_secrecy_order:confirm": {Viewer.DIRECTOR},
    "staff:legal_notice:list": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_target:list": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_target:choose": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_custody:list": ALL_SIGHTED,
    "staff:legal_package:read": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_package:download": {Viewer.DIRECTOR},
    "staff:legal_package:reissue": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "authority:legal_package:read": {Viewer.AUTHORITY},
    "authority:legal_package:download": {Viewer.AUTHORITY},
    "staff:legal_document:list": ALL_SIGHTED,
    "staff:legal_document:create": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_document:delete": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:legal_document:download": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "authority:legal_document:list": {Viewer.AUTHORITY},
    "authority:legal_document:create": {Viewer.AUTHORITY},
    "authority:legal_document:delete": {Viewer.AUTHORITY},
    "authority:legal_request:list": {Viewer.AUTHORITY},
    "authority:legal_request:read": {Viewer.AUTHORITY},
    "authority:legal_request:create": {Viewer.AUTHORITY},
    "authority:legal_request:advance": {Viewer.AUTHORITY},
    "authority:legal_step:list": {Viewer.AUTHORITY},
    "authority:legal_colleague:list": {Viewer.AUTHORITY},
    "authority:legal_colleague:add": {Viewer.AUTHORITY},
    "authority:legal_colleague:remove": {Viewer.AUTHORITY},
    "public:transparency_report:read": {Viewer.PUBLIC},
    "staff:recipient:list": ALL_SIGHTED | {Viewer.SUPPORT, Viewer.MARKETING},
    "staff:recipient:read": ALL_SIGHTED | {Viewer.SUPPORT, Viewer.MARKETING},
    "staff:recipient:create": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:recipient:update": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:consent:list": ALL_SIGHTED,
    "staff:consent:read": ALL_SIGHTED | {Viewer.SUPPORT, Viewer.MARKETING},
    "staff:consent:record": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER, Viewer.SUPPORT},
    **dict.fromkeys(
        (
            "staff:policy_draft:list",
            "staff:policy_draft:read",
            "staff:policy_draft:create",
            "staff:policy_draft:update",
            "staff:policy_draft:submit",
            "staff:policy_draft:review",
            "staff:policy_draft:publish",
            "staff:policy_draft:discard",
            "staff:policy:withdraw",
            "staff:policy_delivery:create",
        ),
        frozenset({Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER}),
    ),
    "staff:policy_delivery:read": ALL_SIGHTED,
    "staff:analytics:read": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER, Viewer.MARKETING},
    "staff:disclosure:list": ALL_SIGHTED,
    "staff:agency:list": ALL_SIGHTED,
    "staff:agency:read": ALL_SIGHTED,
    "staff:officer:list": ALL_SIGHTED,
    "staff:officer:read": ALL_SIGHTED,
    **dict.fromkeys(
        (
            "staff:agency:create",
            "staff:agency:update",
            "staff:agency:confirm",
            "staff:officer:vet",
            "staff:officer:suspend",
            "staff:officer:reinstate",
            "staff:officer:recover",
        ),
        frozenset({Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER}),
    ),
    **dict.fromkeys(
        (
            "authority:officer:read",
            "authority:session:list",
            "authority:session:end",
            "authority:password:update",
            "authority:authenticator:list",
            "authority:authenticator:read",
            "authority:authenticator:add",
            "authority:authenticator:update",
            "authority:authenticator:remove",
            "authority:recovery_code:renew",
        ),
        frozenset({Viewer.AUTHORITY}),
    ),
    "staff:disclosure:create": {Viewer.DIRECTOR, Viewer.PRIVACY_OFFICER},
    "staff:visibility:read": set(STAFF_ROLES),
    "staff:audit_event:list": ALL_SIGHTED,
    **dict.fromkeys(
        (
            "staff:session:list",
            "staff:session:end",
            "staff:password:update",
            "staff:authenticator:list",
            "staff:authenticator:read",
            "staff:authenticator:add",
            "staff:authenticator:update",
            "staff:authenticator:remove",
            "staff:recovery_code:renew",
        ),
        frozenset(STAFF_ROLES),
    ),
    **dict.fromkeys(NEEDED_OF_MEMBERS, frozenset({Viewer.SELF})),
    **dict.fromkeys(
        (
            "public:policy:read",
            "public:policy:list",
            "public:purpose:read",
            "public:consent_receipt:verify",
            "public:cookie_consent:read",
            "public:cookie_consent:record",
            "public:analytics_event:add",
            "public:password:assess",
            "public:password:recover",
            "public:password:reset",
            "public:customer:register",
            "public:customer:confirm",
            "public:email:verify",
            "public:email:change",
            "public:email:undo",
            "public:invitation:accept",
            "public:agency:list",
            "public:officer:register",
            "public:officer:confirm",
            "public:officer:recover",
            "public:contact_form:read",
            "public:contact_request:create",
        ),
        frozenset({Viewer.PUBLIC}),
    ),
}
MEMBERS = {
    "profile": {
        "customer:customer:read",
        "customer:customer:update",
        "customer:customer_change:list",
    },
    "invoices": {"customer:invoice:list", "customer:invoice:read"},
    "support": set(),
    "backups": set(),
    "consents": {
        "customer:analytics_event:list",
        "customer:recipient:list",
        "customer:disclosure:list",
        "customer:consent:list",
        "customer:consent:read",
        "customer:consent:record",
    },
    "members": {
        "customer:membership:list",
        "customer:membership:update",
        "customer:membership:revoke",
        "customer:invitation:list",
        "customer:invitation:create",
        "customer:invitation:withdraw",
    },
}
"""What each permission opens to a member beyond what concerns their own login."""
ASK_FOR_ACCEPTANCE = {
    "customer:membership:update",
    "customer:invitation:create",
    "customer:invitation:accept",
    "customer:invoice:list",
    "customer:invoice:read",
}
"""What stays shut until the policy in force was accepted."""
OWNERS_ALONE = {"customer:audit_event:list", "customer:legal_notice:list"}
DOORS = {
    "staff": set(STAFF_ROLES),
    "customer": {Viewer.SELF},
    "public": {Viewer.PUBLIC},
    "partner": {Viewer.PARTNER},
    "authority": {Viewer.AUTHORITY},
}


@pytest.mark.parametrize("verb", sorted(set(GRANTED) | set(PERMISSIONS)))
def test_every_viewer_by_every_verb(verb: str) -> None:
    assert {viewer for viewer in Viewer if may(viewer, verb)} == set(GRANTED[verb])


@pytest.mark.parametrize("permission", MEMBER_PERMISSIONS)
def test_a_member_may_what_the_permission_says_and_no_more(permission: str) -> None:
    in_person = {verb for verb in NEEDED_OF_MEMBERS if member_may((), verb)}
    opened = {verb for verb in NEEDED_OF_MEMBERS if member_may((permission,), verb)}
    assert opened - in_person == MEMBERS[permission]


def test_every_verb_of_the_customer_door_says_what_it_needs_of_a_member() -> None:
    verbs = {verb for verb in PERMISSIONS if verb.startswith("customer:")}
    assert verbs == set(NEEDED_OF_MEMBERS)
    assert all(member_may((OWNER,), verb) for verb in verbs)
    assert not member_may((OWNER,), "customer:unknown:verb")
    of_members = {verb for verb in verbs if member_may(MEMBER_PERMISSIONS, verb)}
    assert verbs - of_members == OWNERS_ALONE


@pytest.mark.parametrize("table", ["a:b:c nobody", "a:b:c any\na:b:c owner"])
def test_a_members_table_that_is_not_well_written_is_refused(table: str) -> None:
    with pytest.raises(MatrixError, match="permissions"):
        _read_members(table)


def test_what_asks_for_no_acceptance_is_said_twice() -> None:
    assert set(NEEDED_OF_MEMBERS) - OPEN_TO_THE_UNACCEPTING == ASK_FOR_ACCEPTANCE


@pytest.mark.parametrize(
    "table",
    [
        "customer:login:read why\ncustomer:login:read why",
        "customer:nobody:knows why",
        "staff:customer:read why",
    ],
)
def test_an_open_verb_is_one_of_the_customer_door_and_stands_once(table: str) -> None:
    with pytest.raises(MatrixError, match="permissions"):
        _read_open(table)


@pytest.mark.parametrize("verb", PERMISSIONS)
def test_a_verb_stays_behind_its_own_door(verb: str) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z_]+:[a-z_]+", verb)
    assert PERMISSIONS[verb] <= DOORS[verb.partition(":")[0]]


@pytest.mark.parametrize("verb", ["", "staff", "staff:customer", "staff:customer:*", "*", "none"])
@pytest.mark.parametrize("viewer", Viewer)
def test_a_verb_that_is_not_written_is_refused_to_everyone(viewer: Viewer, verb: str) -> None:
    assert not may(viewer, verb)


@pytest.mark.parametrize(
    "table",
    [
        f"self dir\na:b:c {NOBODY}",
        f"{HEADING}\na:b:c yes",
        f"{HEADING}\na:b:c {NOBODY.replace('·', 'YES', 1)}",
        f"{HEADING}\na:b:c {NOBODY} yes",
        f"{HEADING}\na:b:c {NOBODY}\na:b:c {NOBODY}",
    ],
)
def test_a_table_that_is_not_well_written_is_refused(table: str) -> None:
    with pytest.raises(MatrixError, match="permissions"):
        _read(table)


@pytest.mark.parametrize("verb", PERMISSIONS)
def test_every_verb_is_asked_for_by_a_service(verb: str) -> None:
    assert not {f'"{verb}"', f'}}:{verb.partition(":")[2]}"'}.isdisjoint(_texts_of_services()), (
        "who may do what nobody does?"
    )


@cache
def _texts_of_services() -> frozenset[str]:
    """The verbs in the services' code: whole, or as ``{door}:resource:action`` for two doors."""
    folder = Path(services.__path__[0])
    return frozenset(
        text
        for file in folder.glob("*.py")
        for text in re.findall(r'"[a-z]+:[a-z_]+:[a-z_]+"|\}:[a-z_]+:[a-z_]+"', file.read_text())
    )


def test_every_viewer_has_a_usual_purpose() -> None:
    assert set(PURPOSES) == set(Viewer)
    for purposes in PURPOSES.values():
        assert purposes
        assert len(set(purposes)) == len(purposes)
    assert {purpose for purposes in PURPOSES.values() for purpose in purposes} == EVERY_PURPOSE


def test_a_customers_own_purpose_is_nobody_elses() -> None:
    for viewer in set(Viewer) - {Viewer.SELF}:
        assert not set(PURPOSES[Viewer.SELF]) & set(PURPOSES[viewer])


def test_engineers_give_a_reason() -> None:
    assert {Viewer.SYSTEMS_ENGINEER} == MUST_GIVE_REASON
