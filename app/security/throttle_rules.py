"""How often each guarded deed may be tried: plain figures, to be read and changed here alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

DAY: Final = 86_400

ThrottledDeed = Literal[
    "customer_sign_in",
    "staff_sign_in",
    "authority_sign_in",
    "second_factor",
    "token_refresh",
    "own_password",
    "own_texts",
    "recovery",
    "registration",
    "authority_registration",
    "invitation",
    "email_change",
    "password_strength",
    "token_spending",
    "contact_form",
    "contact_request",
    "own_contact_request",
    "cookie_consent",
    "analytics",
]


@dataclass(frozen=True, slots=True)
class Pace:
    """So many tries at once, then one after 1, 2, 4 … and at most `longest` seconds.

    It begins anew `seconds` after the first try, or when a try went well.
    """

    tries: int
    longest: int
    seconds: int = DAY


@dataclass(frozen=True, slots=True)
class Budget:
    """So many tries in so many seconds, then none until these have passed."""

    tries: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What one deed costs an account in one network, an account anywhere, and a network.

    Where `strangers` come, anybody can name any of its accounts: then nobody may be kept out by
    what others try, and the account's own pace gives way to whoever waited for it once. Elsewhere
    only who is known already (by a session, by a password) can try; the pace is the account's.

    With a `home` (of customers, staff or officers) the account's own pace does not hold where the
    account did well in the last month, and what went well costs the network nothing. Deeds that
    never go well before the caller's eyes have none: it would tell whoever asks about an address
    where its owner is. The network's budget holds for everybody alike.
    """

    pair: Pace | None
    account: Pace | None
    network: Budget | None
    strangers: bool = False
    home: Literal["customer", "staff", "authority"] | None = None


# What guides the figures. A person mistypes a handful of times; whoever guesses needs thousands,
# and gets about a hundred a day in each network. One network (/24, or /48 of IPv6) is a household,
# an office, or a mobile operator's gateway with hundreds of customers: all of them may sign in
# within the same minute. A sign-in counts while it is under way; only what fails goes on counting,
# and the step that asks for a second factor.
# fmt: off
RULES: Final[Mapping[ThrottledDeed, Rule]] = {
    #                         there          anywhere       network           strangers, home
    "customer_sign_in":  Rule(Pace(5, 900),  Pace(20, 30),  Budget(200, 300), True, "customer"),
    "staff_sign_in":     Rule(Pace(5, 900),  Pace(10, 30),  Budget(100, 300), True, "staff"),
    "authority_sign_in": Rule(Pace(5, 900),  Pace(10, 30),  Budget(100, 300), True, "authority"),
    # A code has six digits: the account's pace holds, whoever comes from wherever. Only who knows
    # the password or holds a session can get here, so it is no lock on a stranger.
    "second_factor":     Rule(None,          Pace(5, 900),  Budget(300, 300)),
    # Each writes a token, an event and an access record. The account is the session: a page renews
    # once in a quarter of an hour, and again when it is loaded, in every tab.
    "token_refresh":     Rule(None,          Pace(30, 10, 600), None),
    # To change a password one tells the one of now; who is signed in might guess at it.
    "own_password":      Rule(None,          Pace(5, 900),  Budget(100, 300)),
    # What customers write, tried for their own password. Once spent, its shape alone decides.
    "own_texts":         Rule(None,          Pace(5, 900),  Budget(100, 300)),
    # Each sends a mail; a whole office may be asked to choose new passwords on one day.
    "recovery":          Rule(Pace(3, 900),  Pace(6, 30),   Budget(100, 600), True),
    "registration":      Rule(Pace(3, 900),  Pace(6, 30),   Budget(100, 600), True),
    "authority_registration": Rule(Pace(3, 900), Pace(6, 30), Budget(60, 600), True),
    "invitation":        Rule(None,          Pace(10, 900), None),
    # Each sends a mail to an address of the caller's choice.
    "email_change":      Rule(None,          Pace(5, 900),  None),
    # Forms ask at each pause in typing.
    "password_strength": Rule(None,          None,          Budget(120, 60)),
    # Links that open nothing; those that are good are not counted: see `services/link_tries.py`.
    "token_spending":    Rule(None,          None,          Budget(60, 300)),
    # A form is fetched for each visit of a page; sending one costs work, and may send a mail.
    "contact_form":      Rule(None,          None,          Budget(120, 300)),
    "contact_request":   Rule(Pace(3, 900),  Pace(6, 30),   Budget(60, 600), True),
    "own_contact_request": Rule(None,        Pace(10, 900), None),
    # Rows that are kept for good. Who changes their mind all day waits a little, and then may.
    "cookie_consent":    Rule(None,          Pace(20, 60),  Budget(200, 600)),
    # Pages report by themselves, several times each; see also `analytics_events.MOST_PER_HOUR`.
    "analytics":         Rule(None,          None,          Budget(1200, 60)),
}
# fmt: on
