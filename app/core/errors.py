"""What can go wrong and be told: a stable code, never the value that caused it.

Layers below the doors raise `Failure`; `routers/problems.py` alone turns it into an RFC 9457
problem document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused value: where it stood, its code, and the parameters of its message.

    `pointer` is a JSON pointer (RFC 6901) into the body; for a query parameter it is empty and
    `parameter` holds a name of our own, never one that was sent.
    """

    pointer: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    parameter: str | None = None


class Failure(Exception):
    """A refusal with a stable `code` from the message catalogue (`core/messages.py`).

    `params` fill the message's placeholders and must never hold what the caller sent.
    `headers` go out with the answer (for instance ``Retry-After``).
    """

    def __init__(
        self,
        code: str,
        *,
        params: Mapping[str, str | int] | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class Refusal(Failure):
    """A failure that says "you may not": it goes on the audit log before it is answered."""

    def __init__(
        self,
        code: str,
        *,
        action: str,
        fields: Sequence[str] = (),
        subject_type: str | None = None,
        subject_id: UUID | None = None,
        params: Mapping[str, str | int] | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, params=params, errors=errors, headers=headers)
        self.action = action
        self.fields = tuple(fields)
        self.subject_type = subject_type
        self.subject_id = subject_id
