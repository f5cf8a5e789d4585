"""From a row of the outbox to the letter that goes out: unsealed, rendered, composed."""

import orjson

from app.services.mail_message import Letter, Sender, compose
from app.services.outbox_leases import Claimed
from app.services.platform import Platform


def letter_of(platform: Platform, sender: Sender, claimed: Claimed) -> Letter:
    """The same to the byte at each attempt.

    Raises `SealBroken`, jinja2's `TemplateError`, or `ValueError` for what can never be sent:
    altered, of a template that is gone, to something that is no address.
    """
    values = dict(claimed.params)
    if claimed.sealed is not None:
        values |= orjson.loads(platform.mail_sealer.open(claimed.sealed, claimed.id.bytes))
    return compose(
        platform.mail_templates.render(claimed.template, claimed.language, values),
        id=claimed.id,
        recipient=claimed.recipient,
        sender=sender,
        language=claimed.language,
        written_at=claimed.created_at,
    )
