"""The link in a mail, posted back by the page that it led to."""

from pydantic import ConfigDict

from app.schemas.body import Body
from app.schemas.fields import OneTimeToken


class MailedLink(Body):
    """The token of a link, which works once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"}]}
    )

    token: OneTimeToken
