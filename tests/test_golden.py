"""The documents under `openapi/` are what the code says: a change to them is seen in review."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.document import DOCUMENT

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "from app.cli import main; main()"
HOW = "run `make openapi`, and review the difference as what it is: "


def committed(name: str) -> Any:
    path = ROOT / "openapi" / name
    assert path.exists(), f"openapi/{name} is missing: run `make openapi`"
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_visibility_matrix_is_the_committed_one(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", COMMAND, "visibility", "--format", "json"],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    said = json.loads(told.stdout)
    assert committed("visibility.json") == said, f"{HOW}a decision about people's privacy"
    # Byte for byte too, so that nothing can hide in the file beside what is compared.
    assert (ROOT / "openapi" / "visibility.json").read_bytes() == told.stdout, HOW


def test_the_openapi_document_is_the_committed_one() -> None:
    said = json.loads(json.dumps(DOCUMENT))
    assert committed("openapi.json") == said, f"{HOW}a change of the contract"
