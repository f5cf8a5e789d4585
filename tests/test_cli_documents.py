"""`salvaguarda document verify` and `trust list`: reports on stdout, verdicts as exit codes."""

import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import cli
from tests.support.signed_documents import ORDER, detached, pdf, signed
from tests.support.signing import NOW, OTHER, SIGNER, World, person, revocation_list, signer


@dataclass(frozen=True)
class Files:
    """What an operator has: a trust folder, an order, a text with its signature."""

    world: World
    trust: Path
    order: Path
    text: Path
    p7s: Path


@pytest.fixture
async def files(tmp_path: Path) -> Files:
    world = World.made()
    maria = signer(person(world.intermediate))
    files = Files(
        world,
        world.trust(tmp_path / "trust"),
        *(tmp_path / name for name in ("order.pdf", "order.txt", "order.p7s")),
    )
    files.order.write_bytes(await signed(pdf(), maria))
    files.text.write_bytes(ORDER)
    files.p7s.write_bytes(await detached(ORDER, maria))
    return files


@pytest.fixture
def settled(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALVAGUARDA_TRUST_DIR", str(files.trust))
    monkeypatch.setenv("SALVAGUARDA_DOCUMENT_WORKERS", "1")


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, Any, str]:
    """The exit code, the JSON on stdout, what was said on stderr."""
    monkeypatch.setattr(sys, "argv", ["salvaguarda", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int | None)
    return code or 0, json.loads(said.out or "null"), said.err


@pytest.mark.usefixtures("settled")
def test_an_accepted_document_ends_with_zero(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("document", "verify", str(files.order), "--signer-cpf", SIGNER)
    code, report, _ = run(monkeypatch, capsys, *command)
    assert (code, report["verdict"], report["findings"]) == (0, "accepted", [])
    assert report["assurance"] == "icp_brasil_qualified"
    printed = f"{SIGNER[:3]}.{SIGNER[3:6]}.{SIGNER[6:9]}-{SIGNER[9:]}"
    command = ("document", "verify", str(files.text), "--signature", str(files.p7s))
    code, report, _ = run(monkeypatch, capsys, *command, "--signer-cpf", printed)
    assert (code, report["verdict"]) == (0, "accepted")
    assert report["signatures"][0]["matches_declared"] is True


@pytest.mark.usefixtures("settled")
def test_any_other_ends_with_one_and_says_why(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("document", "verify", str(files.order), "--signer-cpf", OTHER)
    code, report, _ = run(monkeypatch, capsys, *command)
    assert (code, report["verdict"]) == (1, "rejected")
    assert report["findings"] == [
        {
            "code": "signer_not_declared",
            "signature": None,
            "message": "No signature is the declared signer's.",
        }
    ]
    code, report, _ = run(monkeypatch, capsys, "document", "verify", str(files.text))
    assert (code, report["verdict"]) == (1, "malformed")
    later = (NOW + timedelta(days=400)).isoformat()
    code, report, _ = run(monkeypatch, capsys, *command[:3], "--at", later)
    assert (code, report["verdict"], report["checked_at"][:4]) == (1, "rejected", later[:4])


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "options", [("--signer-cpf", "111.111.111-11"), ("--at", "yesterday"), ("--at", "2026-11-28")]
)
def test_an_option_that_cannot_be_is_said_in_one_line(
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, str],
) -> None:
    code, report, said = run(monkeypatch, capsys, "document", "verify", str(files.order), *options)
    assert (code, report) == (1, None)
    assert len(said.splitlines()) == 1
    assert options[1] not in said


@pytest.mark.usefixtures("settled")
def test_the_trust_folder_is_listed_and_what_wants_mending_told(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, _ = run(monkeypatch, capsys, "trust", "list")
    assert (code, told["findings"], len(told["authorities"]), len(told["crls"])) == (0, [], 2, 4)
    old = revocation_list(files.world.root, made=NOW - timedelta(9), until=NOW - timedelta(8))
    (files.trust / "crls" / "root.crl").write_bytes(old)
    code, told, _ = run(monkeypatch, capsys, "trust", "list")
    assert code == 1
    assert [finding["code"] for finding in told["findings"]] == ["crl_missing", "crl_stale"]
    assert [each["current"] for each in told["crls"] if each["file"] == "crls/root.crl"] == [False]
