"""Where each row of a package comes from: it says so itself, in every package, hold or none.

``source``: ``live``, it is what stands today; ``preserved``, it is kept by a hold alone. Then
``kept_at`` is since when (in the form in which it stood then), and ``because`` why the data of
today do not have it: ``edited``, they have the same record in another form; ``erased``, they have
it no more, or it is no more the account's; ``expired``, its time is over.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from app.projection.plans import View

NAME: Final = "provenance"
"""Under which it stands in a row: no field of the matrix is called so."""
MARKS: Final = tuple(f"{NAME}.{name}" for name in ("source", "kept_at", "because"))
Because = Literal["edited", "erased", "expired"]

LIVE: Final[Mapping[str, Any]] = {"source": "live", "kept_at": None, "because": None}


def preserved(kept_at: datetime, because: Because) -> Mapping[str, Any]:
    """Of a row that a hold alone keeps."""
    return {"source": "preserved", "kept_at": kept_at, "because": because}


def marked(view: View, provenance: Mapping[str, Any]) -> View:
    """The row with where it comes from; it is changed in place."""
    view[NAME] = provenance
    return view


def is_preserved(row: Mapping[str, Any]) -> bool:
    """Whether a row that says where it comes from is kept by a hold alone."""
    return bool(row[NAME]["source"] == "preserved")
