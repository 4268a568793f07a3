"""The house: families are whole, public names are what they say, and an idle plugin costs nothing."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_behavior_contract
from pytest_behavior_contract import registry
from pytest_behavior_contract.interfaces import Behavior, GroupBehavior, PairBehavior

TESTS = Path(__file__).parent
HEAVY = [
    "openai",
    "anthropic",
    "vcr",
    "hypothesis",
    "jsonschema",
    "yaml",
    "pydantic",
    "msgspec",
    "httpx2",
    "regex",
    "sqlglot",
    "py3langid",
]
FAMILIES = ["behaviors", "providers", "formats", "statistics"]
MEMBERS = [(family, name) for family in FAMILIES for name in registry.names(family)]


@pytest.mark.parametrize(("family", "name"), MEMBERS)
def test_every_member_resolves_and_is_documented(family, name):
    member = registry.resolve(family, name)
    assert inspect.getdoc(member)
    assert "```" in inspect.getdoc(member), "a member shows how it is used"


@pytest.mark.parametrize("name", registry.names("behaviors"))
def test_every_behavior_fits_its_protocol(name):
    kind = registry.resolve("behaviors", name)
    wanted = PairBehavior if getattr(kind, "pairs", False) else Behavior
    wanted = GroupBehavior if getattr(kind, "group", False) else wanted
    methods = [method for method in vars(wanted) if not method.startswith("_")]
    assert all(callable(getattr(kind, method)) for method in methods)


@pytest.mark.parametrize("name", registry.names("providers"))
def test_every_provider_fits_its_protocol(name):
    provider = registry.resolve("providers", name)()
    for attribute in ("surface", "key_variable", "sdk", "request", "reply", "fault"):
        assert hasattr(provider, attribute)


def test_an_unknown_name_comes_with_the_nearest_one():
    with pytest.raises(registry.UnknownName, match="unknown behavior 'contans'; did you mean 'contains'?"):
        registry.resolve("behaviors", "contans")
    assert registry.did_you_mean("zzz", ["a", "b"]) == "; known: a, b"
    assert registry.did_you_mean("zzz", []) == ""


def test_an_installed_package_adds_members(monkeypatch):
    class Point:
        name = "polite"

        @staticmethod
        def load():
            return "the class"

    monkeypatch.setattr(registry, "_installed", lambda family: {"polite": Point} if family == "behaviors" else {})
    assert registry.resolve("behaviors", "polite") == "the class"
    assert "polite" in registry.names("behaviors")


def test_the_public_names_are_those_it_lists():
    assert sorted(pytest_behavior_contract.__all__) == pytest_behavior_contract.__all__
    for name in pytest_behavior_contract.__all__:
        assert getattr(pytest_behavior_contract, name) is not None
    listed = [name for names in pytest_behavior_contract._ROOMS.values() for name in names]
    assert sorted(listed) == pytest_behavior_contract.__all__
    with pytest.raises(AttributeError):
        pytest_behavior_contract.no_such_name


def loaded(code):
    """Which heavy modules a piece of code has loaded, in a process of its own."""
    check = f"{code}\nimport sys; print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return done.stdout.rpartition("LOADED")[2].split()


def test_the_idle_plugin_loads_nothing_of_weight():
    assert loaded("import pytest_behavior_contract.pytest_plugin.plugin") == []
    assert loaded("import pytest_behavior_contract") == []


def test_a_plain_pytest_run_loads_nothing_of_weight(tmp_path):
    (tmp_path / "test_x.py").write_text("def test_x(): pass")
    code = (
        "import pytest, os\n"
        f"os.chdir({str(tmp_path)!r})\n"
        # Other installed plugins load what they like; ours is the only one here.
        "os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\n"
        "pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'pytest_behavior_contract.pytest_plugin.plugin'])\n"
    )
    assert loaded(code) == []


def test_replay_loads_no_sdk_and_no_vcrpy(tmp_path):
    starter = TESTS.parent / "contracts" / "starter"
    code = (
        "import pytest, os\n"
        "os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\n"
        f"pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'pytest_behavior_contract.pytest_plugin.plugin', '--contract', {str(starter)!r}])\n"
    )
    assert set(loaded(code)) <= {"jsonschema", "yaml", "msgspec", "regex"}


def test_every_module_says_what_it_turns_into_what():
    root = Path(pytest_behavior_contract.__file__).parent
    for path in root.rglob("*.py"):
        relative = path.relative_to(root.parent).with_suffix("")
        name = ".".join(relative.parts).removesuffix(".__init__").removesuffix(".__main__")
        if path.name not in ("__main__.py", "serve.py"):
            assert importlib.import_module(name).__doc__, f"{name} has no docstring"


def test_files_stay_small_enough_to_read():
    root = Path(pytest_behavior_contract.__file__).parent
    lines = {path: len(path.read_text().splitlines()) for path in root.rglob("*.py")}
    assert {path.name: count for path, count in lines.items() if count > 450} == {}
