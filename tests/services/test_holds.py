"""`app/services/holds.py`: what is held may not be deleted, by whichever hold."""

from sqlalchemy import select

from app.models import AccessRecord, Customer
from app.services import holds


def test_without_holds_everything_is_free() -> None:
    assert str(holds.free(AccessRecord.customer_id, ())) == "true"


def test_each_of_several_holds_counts() -> None:
    two = holds.free(AccessRecord.customer_id, (select(Customer.id), select(Customer.id)))
    assert str(two).count("NOT IN") == 2
