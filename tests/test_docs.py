"""What the README and the docs say is what the program does."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pytest_behavior_contract.ask.endpoints import load_settings
from pytest_behavior_contract.declare.loading import load_contract

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language, pages=PAGES):
    return [
        pytest.param(found[2], id=f"{page.name}-{number}")
        for page in pages
        for number, found in enumerate(FENCE.finditer(page.read_text()))
        if found[1] == language
    ]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("page", "make"), generator().PAGES.items())
def test_generated_pages_are_what_the_code_says(page, make):
    assert (ROOT / "docs" / page).read_text() == make(), "run: python docs/generate.py"


@pytest.mark.parametrize("text", [block for block in blocks("yaml") if "contract:" in block.values[0]])
def test_contracts_in_the_docs_load(text, tmp_path):
    path = tmp_path / "x.contract.yaml"
    path.write_text(text)
    assert load_contract(path).clauses


@pytest.mark.parametrize("text", blocks("python"))
def test_python_in_the_docs_compiles(text):
    compile(text, "docs", "exec")


@pytest.mark.parametrize("text", [block for block in blocks("toml") if "behavior-contract" in block.values[0]])
def test_settings_in_the_docs_load(text, tmp_path):
    (tmp_path / "pyproject.toml").write_text(text)
    if "entry-points" in text:
        assert tomllib.loads(text)["project"]["entry-points"]
    else:
        found = load_settings(tmp_path)
        assert found.endpoints or found.allow_connections


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readmes_screen_is_what_its_command_prints():
    shown = next(
        block.values[0] for block in blocks("console", [ROOT / "README.md"]) if "can I move" in block.values[0]
    )
    command, *screen = shown.splitlines()
    done = subprocess.run(
        [sys.executable, "-m", *command.removeprefix("$ ").split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    printed = done.stdout.splitlines()
    assert [line for line in screen if line not in printed and line != "…"] == []


def test_the_page_on_probes_shows_what_its_command_prints():
    (block,) = blocks("console", [ROOT / "docs" / "behaviors" / "probes.md"])
    command, *screen = block.values[0].splitlines()
    done = subprocess.run(
        [sys.executable, "-m", *command.removeprefix("$ ").split()],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    assert [line for line in screen if line not in printed and line != "…"] == []


def test_the_readmes_commands_are_those_that_ci_runs():
    lines = [block.values[0].strip() for block in blocks("console", [ROOT / "README.md"])]
    ci = (ROOT / ".ci" / "run").read_text()
    first, second = (line for line in lines if line.startswith("python3 -m venv"))
    assert first in ci
    assert second in ci


def test_the_tutorials_missing_recording_is_what_one_sees(tmp_path):
    texts = [block.values[0] for block in blocks("yaml", [ROOT / "docs" / "tutorial.md"])]
    (contract,) = (text for text in texts if text.startswith("contract: reviews"))
    (tmp_path / "reviews.contract.yaml").write_text(contract)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--contract"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    shown = next(
        block.values[0]
        for block in blocks("console", [ROOT / "docs" / "tutorial.md"])
        if "missing recording" in block.values[0]
    )
    assert shown.splitlines()[1] in done.stdout
    assert done.returncode == 1


def test_the_page_on_recordings_shows_what_its_commands_print(tmp_path):
    page = [ROOT / "docs" / "recordings.md"]
    (contract,) = blocks("yaml", page)
    (log,) = blocks("json", page)
    (tmp_path / "reviews.contract.yaml").write_text(contract.values[0])
    (tmp_path / "log.jsonl").write_text(log.values[0])
    for block in blocks("console", page):
        for step in block.values[0].removeprefix("$ ").split("\n$ "):
            command, *screen = step.rstrip("\n").split("\n")
            command = command.replace("behavior-contract ", f"{sys.executable} -m pytest_behavior_contract.cli ")
            done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.stdout.splitlines() == screen, command + done.stderr
