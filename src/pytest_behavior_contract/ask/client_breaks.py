"""Whether an error comes from a vendor's SDK that does not take the call any more, before anything is sent."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import traceback
from pathlib import Path

_VENDORS = ("openai", "anthropic")
_CALLEE = re.compile(r"\A([A-Za-z_]\w*)\.(\w+)\(\) (?:got an unexpected keyword|missing \d+ required|takes )")
"""`Messages.create() got an unexpected keyword argument 'temperature'`."""


def client_break(error: BaseException) -> str:
    """What the SDK refused, with its name and version; empty where it was not the SDK.

    A parameter, a method or a name that a version of the SDK has dropped is nobody's behavior: the endpoint was never
    asked.
    """
    loaded = [vendor for vendor in _VENDORS if vendor in sys.modules]
    # Classes of both may have one name; where the SDK's own frame is on record it tells whose it is.
    raised_in = [vendor for vendor in loaded if _was_raised_in(vendor, error)]
    vendor = next((vendor for vendor in raised_in or loaded if _is_of(vendor, error)), "")
    if not vendor:
        return ""
    said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return f"{vendor} {importlib.metadata.version(vendor)}: {said.strip()}"


def _is_of(vendor: str, error: BaseException) -> bool:
    if isinstance(error, TypeError):
        callee = _CALLEE.match(str(error))
        return _has_method(vendor, callee[1], callee[2]) if callee else _was_raised_in(vendor, error)
    if isinstance(error, AttributeError):
        owner = getattr(error, "obj", None)
        module = str(getattr(owner, "__name__", "") if type(owner).__name__ == "module" else type(owner).__module__)
        # What a reply lacks is the endpoint's doing: replies are of the SDK's types, too.
        return _belongs(vendor, module) and not module.startswith((f"{vendor}.types", f"{vendor}._models"))
    if isinstance(error, ImportError):
        return _belongs(vendor, error.name or "")
    # openai keeps the names of its oldest version, only to say that they are gone.
    return _belongs(vendor, type(error).__module__) and type(error).__module__.endswith("_old_api")


def _belongs(vendor: str, module: str) -> bool:
    return module == vendor or module.startswith(f"{vendor}.")


def _has_method(vendor: str, name: str, method: str) -> bool:
    modules = [module for key, module in list(sys.modules.items()) if _belongs(vendor, key)]
    found = (vars(module).get(name) for module in modules)
    return any(isinstance(kind, type) and _belongs(vendor, kind.__module__) and hasattr(kind, method) for kind in found)


def _was_raised_in(vendor: str, error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    folder = Path(str(sys.modules[vendor].__file__)).parent
    return bool(frames) and Path(frames[-1].filename).is_relative_to(folder)
