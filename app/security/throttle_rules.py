"""How often each guarded deed may be tried: plain figures, to be read and changed here alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

ThrottledDeed = Literal[
    "customer_sign_in",
    "staff_sign_in",
    "second_factor",
    "own_password",
    "recovery",
    "registration",
    "invitation",
    "email_change",
    "password_strength",
    "token_spending",
]


@dataclass(frozen=True, slots=True)
class Pace:
    """So many tries at once, then one after 1, 2, 4 … and at most `longest` seconds.

    It begins anew a day after the first try, or when a try went well.
    """

    tries: int
    longest: int


@dataclass(frozen=True, slots=True)
class Budget:
    """So many tries in so many seconds, then none until these have passed."""

    tries: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What one deed costs an account in one network, an account anywhere, and a network.

    With an `audience` anybody can name any of its accounts: then nobody may be kept out by what
    others try. The account's own pace gives way to whoever waited for it once, and neither it nor
    the network's budget holds where the account did well in the last month. Without an audience
    only who is known already (by a session, by a password) can try, and the pace is the account's.
    """

    pair: Pace | None
    account: Pace | None
    network: Budget | None
    audience: Literal["customer", "staff"] | None = None


# What guides the figures. A person mistypes a handful of times; whoever guesses needs thousands,
# and gets about a hundred a day in each network. One network (/24, or /48 of IPv6) is a household,
# an office, or a mobile operator's gateway with hundreds of customers, of whom those who did well
# there before are not counted.
# fmt: off
RULES: Final[Mapping[ThrottledDeed, Rule]] = {
    #                         account in a network  account anywhere  network
    "customer_sign_in":  Rule(Pace(5, 900),         Pace(20, 30),     Budget(100, 300), "customer"),
    "staff_sign_in":     Rule(Pace(5, 900),         Pace(10, 30),     Budget(40, 300),  "staff"),
    # A code has six digits: the account's pace holds, whoever comes from wherever. Only who knows
    # the password or holds a session can get here, so it is no lock on a stranger.
    "second_factor":     Rule(None,                 Pace(5, 900),     Budget(300, 300)),
    # To change a password one tells the one of now; who is signed in might guess at it.
    "own_password":      Rule(None,                 Pace(5, 900),     Budget(100, 300)),
    "recovery":          Rule(Pace(3, 900),         Pace(6, 30),      Budget(30, 600),  "customer"),
    "registration":      Rule(Pace(3, 900),         Pace(6, 30),      Budget(30, 600),  "customer"),
    "invitation":        Rule(None,                 Pace(10, 900),    None),
    # Each sends a mail to an address of the caller's choice.
    "email_change":      Rule(None,                 Pace(5, 900),     None),
    # Forms ask at each pause in typing.
    "password_strength": Rule(None,                 None,             Budget(120, 60)),
    # 256 random bits are not guessed: this spares the database.
    "token_spending":    Rule(None,                 None,             Budget(60, 300)),
}
# fmt: on
