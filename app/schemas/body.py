"""What every request body has in common."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A JSON object with listed members only; an error never quotes what was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
