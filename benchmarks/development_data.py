"""Development data that lies beside the project and never in it: one record a line, see its own README."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def records(name: str) -> list[dict[str, Any]]:
    """The records of a set, such as "xstest"; none where the folder is absent, as in a user's checkout."""
    path = FOLDER / f"{name}.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
