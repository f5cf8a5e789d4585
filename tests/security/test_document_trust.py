"""The operator's trust folder: what is taken from it, and what is said of it."""

import os
from pathlib import Path

import pytest

from app.core.messages.signatures import TRUST
from app.security.document_reports import Assurance
from app.security.document_trust import TrustFolder, inventory
from tests.support.signing import DAY, NOW, World, authority, person, revocation_list


@pytest.fixture(scope="module")
def world() -> World:
    return World.made()


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    return world.trust(tmp_path / "trust")


def found(folder: Path) -> list[tuple[str, str]]:
    findings = inventory(TrustFolder(folder).read(), NOW)["findings"]
    assert {finding["code"] for finding in findings} <= TRUST.keys()
    return [(finding["code"], finding["file"]) for finding in findings]


def test_a_folder_in_order_has_no_findings(folder: Path) -> None:
    told = inventory(TrustFolder(folder).read(), NOW)
    assert told["findings"] == []
    assert [(each["file"], each["assurance"], each["root"]) for each in told["authorities"]] == [
        ("icp-brasil/root.pem", "icp_brasil_qualified", True),
        ("gov-br/root.pem", "gov_br_advanced", True),
    ]
    assert len(told["crls"]) == 4
    assert {each["age_hours"] for each in told["crls"]} == {1.0}
    assert {each["current"] for each in told["crls"]} == {True}


def test_a_folder_that_is_not_there_trusts_nobody(tmp_path: Path) -> None:
    trust = TrustFolder(tmp_path / "none").read()
    assert (trust.authorities, trust.crls, trust.faults) == ((), (), ())
    assert found(tmp_path / "none") == [("no_roots", "icp-brasil"), ("no_roots", "gov-br")]


def test_old_and_missing_lists_are_told(folder: Path, world: World) -> None:
    old = revocation_list(world.root, made=NOW - 3 * DAY, until=NOW - DAY)
    (folder / "crls" / "root.crl").write_bytes(old)
    assert found(folder) == [
        ("crl_missing", "icp-brasil/root.pem"),
        ("crl_stale", "crls/root.crl"),
    ]


def test_an_expired_root_is_told_and_anchors_nothing(folder: Path) -> None:
    past = authority("AC Raiz Antiga", until=NOW - DAY)
    (folder / "icp-brasil" / "old.pem").write_bytes(past.pem)
    assert found(folder) == [("authority_not_current", "icp-brasil/old.pem")]


def test_only_what_signed_itself_is_a_root(folder: Path, world: World) -> None:
    namesake = authority("AC Raiz de Teste", world.root)
    both = world.intermediate.pem + namesake.pem
    (folder / "icp-brasil" / "below.pem").write_bytes(both)
    trust = TrustFolder(folder).read()
    assert [each.root for each in trust.authorities if each.file.endswith("below.pem")] == [
        *(False, False),
    ]


def test_what_is_no_authority_or_no_list_is_told_and_passed_over(
    folder: Path, world: World
) -> None:
    (folder / "icp-brasil" / "person.pem").write_bytes(person(world.intermediate).pem)
    (folder / "gov-br" / "note.txt").write_text("raiz")
    (folder / "gov-br" / "empty.pem").write_bytes(b"")
    (folder / "gov-br" / ".hidden").write_text("passed over without a word")
    (folder / "crls" / "page.html").write_text("<html>404</html>")
    assert found(folder) == [
        ("file_unreadable", "icp-brasil/person.pem"),
        ("file_unreadable", "gov-br/empty.pem"),
        ("file_unreadable", "gov-br/note.txt"),
        ("file_unreadable", "crls/page.html"),
    ]


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
@pytest.mark.parametrize("mode", [0o646, 0o664, 0o662])
def test_a_file_that_others_can_change_is_not_used(folder: Path, mode: int) -> None:
    root = folder / "icp-brasil" / "root.pem"
    reader = TrustFolder(folder)
    assert reader.read().faults == ()
    root.chmod(mode)
    assert [(each.code, each.file) for each in reader.read().faults] == [
        ("file_writable_by_others", "icp-brasil/root.pem"),
    ]
    assert found(folder) == [
        ("file_writable_by_others", "icp-brasil/root.pem"),
        ("no_roots", "icp-brasil"),
    ]
    root.chmod(0o644)
    assert found(folder) == []


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes")
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_nothing_in_a_folder_that_others_can_change_is_used(folder: Path, mode: int) -> None:
    (folder / "icp-brasil").chmod(mode)
    assert found(folder) == [
        ("file_writable_by_others", "icp-brasil"),
        ("no_roots", "icp-brasil"),
    ]
    (folder / "icp-brasil").chmod(0o755)
    folder.chmod(mode)
    trust = TrustFolder(folder).read()
    assert (trust.authorities, trust.crls) == ((), ())
    assert [(each.code, each.file) for each in trust.faults] == [("file_writable_by_others", ".")]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="root alone gives away")
@pytest.mark.parametrize("name", [".", "icp-brasil", "icp-brasil/root.pem"])
def test_what_belongs_to_another_is_not_used(folder: Path, name: str) -> None:
    os.chown(folder / name, 12345, -1)
    told = found(folder)
    assert ("file_owned_by_another", name) in told
    assert ("no_roots", "icp-brasil") in told


def test_it_is_read_anew_and_parsed_once(folder: Path, world: World) -> None:
    reader = TrustFolder(folder)
    first, second = reader.read(), reader.read()
    assert [a.content is b.content for a, b in zip(first.crls, second.crls, strict=True)] == [
        *(True,) * 4,
    ]
    fresh = folder / "crls" / "root.crl.new"
    fresh.write_bytes(revocation_list(world.root, fillers=3))
    os.replace(fresh, folder / "crls" / "root.crl")
    third = reader.read()
    changed = [
        each.file for each in third.crls if each.content not in [e.content for e in first.crls]
    ]
    assert changed == ["crls/root.crl"]
    (folder / "crls" / "ac.crl").unlink()
    assert len(reader.read().crls) == 3


@pytest.mark.parametrize(
    ("places", "assurance"),
    [
        (("icp-brasil",), "icp_brasil_qualified"),
        (("gov-br",), "gov_br_advanced"),
        (("icp-brasil", "gov-br"), "gov_br_advanced"),
        ((), "none"),
    ],
)
def test_a_root_in_both_folders_counts_as_the_lower(
    tmp_path: Path, world: World, places: tuple[str, ...], assurance: Assurance
) -> None:
    for place in places:
        (tmp_path / place).mkdir()
        (tmp_path / place / "root.pem").write_bytes(world.root.pem)
    assert TrustFolder(tmp_path).read().assurance_of(world.root.asn1) == assurance
