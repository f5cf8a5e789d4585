"""What the floor is told: texts of our own plans and the key of our tokens, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Orders:
    """One floor's orders, handed over as a JSON file.

    `fields` are the view's (dotted), in the order of the SELECT's columns; `list_names` the
    parameters of `list_sql` in order. With `remember` a token's signature is checked once.
    """

    dsn: str
    pool: int
    remember: bool
    public_key: str
    kid: str
    issuer: str
    fields: list[str]
    named: str
    purpose: str
    policy_hash: str
    read_sql: str
    list_sql: str
    list_names: list[str]
