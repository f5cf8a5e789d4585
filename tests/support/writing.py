"""What clients send."""

import itertools
from typing import Any

_numbers = itertools.count(1)


def registration(**members: Any) -> dict[str, Any]:
    """A valid registration with an address of its own, some of its members replaced."""
    return {
        "kind": "person",
        "name": "Maria D'Ávila",
        "email": f"registro-{next(_numbers)}@exemplo.com.br",
        "password": "quatro-gatos-7-telhados",
        "accepted_policy_version": 1,
    } | members
