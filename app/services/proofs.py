"""What somebody has shown to be who they are: checked first, used up with what it opens."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.services.owners import Owner

Factor = Literal["totp", "recovery_code", "passkey"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A second factor of `owner`, found good. `spending` uses it up, for one caller only."""

    factor: Factor
    owner: Owner
    spending: Update


async def spend(connection: AsyncConnection, proof: Proof) -> bool:
    """Use the proof up; False when somebody else did meanwhile. It stands as the transaction does.

    So a code opens one door once, however many try it at the same moment.
    """
    return (await connection.execute(proof.spending)).first() is not None
