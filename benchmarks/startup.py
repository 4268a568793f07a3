"""What the plugin costs: a plain pytest run with and without it, and the starter contracts by replay.

Run by hand: python benchmarks/startup.py
Each figure is the median of runs that take turns, so that a machine that changes its speed changes both sides.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
STARTER = Path(__file__).parents[1] / "contracts" / "starter"
HEAVY = ("openai", "anthropic", "vcr", "hypothesis", "jsonschema", "yaml", "pydantic", "msgspec", "httpx2")
OURS = "pytest_behavior_contract.pytest_plugin.plugin"


def seconds(folder: Path, *arguments: str, autoload: bool = True) -> float:
    environment = {**os.environ, **({} if autoload else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return time.perf_counter() - began


def paired(
    first: tuple[Path, tuple[str, ...], bool], second: tuple[Path, tuple[str, ...], bool]
) -> tuple[float, float, float]:
    """Medians of both, in seconds, and the median of the differences of neighbouring runs."""
    times: list[tuple[float, float]] = []
    for number in range(RUNS + 1):
        pair = [seconds(folder, *arguments, autoload=autoload) for folder, arguments, autoload in (first, second)]
        if number:  # the first pair warms the caches
            times.append((pair[0], pair[1]))
    return (
        statistics.median(a for a, _ in times),
        statistics.median(b for _, b in times),
        statistics.median(a - b for a, b in times),
    )


def loaded(folder: Path) -> list[str]:
    """What a plain run with our plugin alone has imported at its end."""
    code = (
        f"import os, sys, pytest; os.chdir({str(folder)!r}); os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\n"
        f"pytest.main(['-q', '-p', 'no:cacheprovider', '-p', {OURS!r}])\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.rpartition("LOADED")[2].split()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing(): pass\n")
        ours, without, more = paired((folder, (), True), (folder, ("-p", "no:behavior_contract"), True))
        print(f"plain pytest, all installed plugins   with ours {ours * 1000:.0f} ms, without {without * 1000:.0f} ms")
        print(f"  difference {more * 1000:+.1f} ms (target: at most +20), ratio {ours / without:.3f}")
        ours, without, more = paired((folder, ("-p", OURS), False), (folder, (), False))
        print(f"plain pytest, no other plugin         with ours {ours * 1000:.0f} ms, without {without * 1000:.0f} ms")
        print(f"  difference {more * 1000:+.1f} ms, ratio {ours / without:.3f}")
        print(f"  imported of {', '.join(HEAVY)}: {', '.join(loaded(folder)) or 'none'}")
        replay, plain, more = paired(
            (STARTER, ("--contract", "--contract-baseline=local-1", "--contract-candidate=local-2"), True),
            (folder, (), True),
        )
        print(f"starter by replay                     {replay:.2f} s, an empty pytest run {plain:.2f} s")
        print(f"  our own time {more:.2f} s (target: under 2), ratio {replay / plain:.2f}")


if __name__ == "__main__":
    main()
