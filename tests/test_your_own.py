"""The worked example of docs/behaviors/your-own.md, run as its reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "behaviors" / "your-own.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_what_one_sees(tmp_path):
    blocks = [(found[1], found[2]) for found in FENCE.finditer(PAGE.read_text())]
    (tmp_path / "my_checks.py").write_text(next(text for kind, text in blocks if kind == "python"))
    (tmp_path / "pyproject.toml").write_text(
        next(text for kind, text in blocks if "endpoints" in text and kind == "toml")
    )
    contract = next(text for kind, text in blocks if text.startswith("contract: greetings"))
    without = "".join(line for line in contract.splitlines(keepends=True) if "greets_nobody" not in line)
    screens = [text for kind, text in blocks if kind == "console"]
    assert len(screens) == 2
    for text, screen in zip((contract, without), screens, strict=True):
        (tmp_path / "greetings.contract.yaml").write_text(text)
        command, *lines = screen.rstrip("\n").splitlines()
        done = subprocess.run(
            [sys.executable, "-m", *command.removeprefix("$ ").split(), "-p", "no:cacheprovider"],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "250"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert [line for line in lines if line not in done.stdout.splitlines()] == [], done.stdout
