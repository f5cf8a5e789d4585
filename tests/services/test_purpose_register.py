"""`services/purpose_register.py`: how the register is written down."""

import pytest

from app.access.matrix import Sight
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.services.purpose_register import RegisterError, read, registered

FILE = """
[[versions]]
asked_of = ["account"]
basis = "consent"
article = "LGPD art. 7, I"
withdrawable = true
consent_kept_from = 1
categories = ["contact"]
fields = ["customer.email"]
[versions.title]
pt-BR = "Um"
en = "One"
[versions.text]
pt-BR = "Um"
en = "One"
[versions.retention]
pt-BR = "Um"
en = "One"
[versions.recipients]
pt-BR = "Um"
en = "One"
"""


def test_versions_are_counted_and_each_word_counts() -> None:
    first, second = read("research", FILE + FILE.replace("One", "Two"))
    assert (first.version, second.version) == (1, 2)
    assert len({first.hash, second.hash, read("other", FILE)[0].hash}) == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('["customer.email"]', '["customer.shoe_size"]'),
        ("withdrawable = true", "withdrawable = false"),
        ('["account"]', "[]"),
        ('"consent"', '"contract"'),
        ('"consent"', '"curiosity"'),
        ("consent_kept_from = 1", "consent_kept_from = 2"),
        ('en = "One"', 'en = " "'),
        ('en = "One"', 'fr = "Un"'),
        ('["contact"]', '["contact, and more"]'),
        ("article", "articel"),
        ("[[versions]]", "[versions]"),
        ("[[versions]]", "[[versions"),
    ],
)
def test_a_file_that_is_not_written_as_it_must_be(before: str, after: str) -> None:
    with pytest.raises(RegisterError, match="research"):
        read("research", FILE.replace(before, after))


def test_marketing_is_told_just_what_it_sees() -> None:
    """The register promises what the matrix keeps: the two cannot drift apart."""
    seen = {
        f"customer.{row.field}"
        for row in RESOURCES["customer"].rows
        if row.cell(Viewer.MARKETING).sight is Sight.CONSENTED
    }
    [marketing] = [purpose for purpose in registered() if purpose.key == "marketing"]
    assert set(marketing.content["fields"]) == seen


def test_what_the_law_has_us_keep_of_a_use_is_told_whole() -> None:
    """Each field of an access record that people are shown of themselves, and whose it is."""
    shown = {
        f"access_record.{row.field}"
        for row in RESOURCES["access_record"].rows
        if row.cell(Viewer.SELF).sight is not Sight.HIDDEN and row.field != "id"
    }
    *_, newest = [one for one in registered() if one.key == "legal_obligations"]
    told = {name for name in newest.content["fields"] if name.startswith("access_record.")}
    assert told == shown | {"access_record.login_id"}
    assert newest.content["consent_kept_from"] == 1  # nobody is asked: nothing lapses by new words
