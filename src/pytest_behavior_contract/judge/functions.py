"""`module:function` in a contract to something that judges, and whatever foreign code does to a verdict."""

from __future__ import annotations

import importlib
import inspect
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_behavior_contract.exchange import Reply
from pytest_behavior_contract.judge.verdicts import excerpt, failed, passed
from pytest_behavior_contract.results import Verdict

_OUTCOMES = ("pass", "fail", "error")
_WANTED = "return True, False, a cause as text (empty where nothing is wrong), or a Verdict"
_OURS = str(Path(__file__).parent)


def check_path(path: str) -> None:
    """Raises ValueError where a path is not of the form `package.module:function`."""
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise ValueError(f"{path!r} is not of the form 'package.module:function'")


def find(path: str) -> Any:
    """What stands at `package.module:name`; raises whatever importing it raises."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for attribute in name.split("."):
        found = getattr(found, attribute)
    if not callable(found):
        raise TypeError(f"{path} is not a function")
    return found


def cannot_be_imported(path: str, error: Exception) -> str:
    """Why a function cannot be had, and what to do."""
    text = f"{path} cannot be imported: {type(error).__name__}: {said(error)}"
    named = f"{path.partition(':')[0]}."
    if isinstance(error, ModuleNotFoundError) and named.startswith(f"{error.name}."):
        text += "; start pytest where it lies, add its folder to pytest's `pythonpath`, or install it"
    return text


def uncallable(call: Callable[..., Any], *arguments: object, **named: object) -> str:
    """Why a function cannot be called so; empty where it can, or where it does not tell."""
    if inspect.iscoroutinefunction(call):
        return "is async; give a plain function"
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return ""  # some functions written in C do not tell
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        return f"cannot be called with {_listed(arguments, named)}: {error}"
    return ""


def judged(called: str, call: Callable[[Reply], Any], reply: Reply) -> Verdict:
    """What foreign code says of a reply; where it fails to judge, the verdict is `error` and names the line."""
    try:
        return verdict_of(called, call(reply), reply)
    except AssertionError as error:
        return failed(f"{called}: assertion fails{place_of(error, anywhere=True)}", f"{said(error)} · {reply.text}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it raises is no verdict on the model and ends nothing
        where = place_of(error, anywhere=True)
        return Verdict(outcome="error", cause=f"{called} raised {type(error).__name__}{where}", evidence=said(error))


def verdict_of(called: str, result: Any, reply: Reply) -> Verdict:
    """A verdict from what a check returned."""
    if isinstance(result, Verdict) and result.outcome in _OUTCOMES:
        cause = str(result.cause) or ("" if result.passed else f"{called} gives no cause")
        return Verdict(
            outcome=result.outcome, cause=excerpt(cause), evidence=excerpt(str(result.evidence)), mend=str(result.mend)
        )
    if isinstance(result, bool):
        return passed() if result else failed(f"{called} returned False", reply.text)
    if isinstance(result, str):
        return failed(result, reply.text) if result else passed()
    if inspect.iscoroutine(result):
        result.close()
    kind = "nothing" if result is None else type(result).__name__
    return Verdict(outcome="error", cause=f"{called} returned {kind}; it should {_WANTED}")


def said(error: BaseException) -> str:
    """What an exception says of itself, for evidence."""
    try:
        return excerpt(str(error))
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        return ""


def place_of(error: BaseException, *, anywhere: bool = False) -> str:
    """` at FILE:LINE`, the last line that is neither ours nor of an installed package; empty where there is none.

    With `anywhere`, a line of an installed package is better than none.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_OURS)]
    libraries = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    foreign = [frame for frame in frames if not frame.filename.startswith(libraries)] or (frames if anywhere else [])
    return f" at {Path(foreign[-1].filename).name}:{foreign[-1].lineno}" if foreign else ""


def _listed(arguments: tuple[object, ...], named: dict[str, object]) -> str:
    what = {str: "a text", Reply: "a Reply"}
    return " and ".join([*(what.get(type(one), type(one).__name__) for one in arguments), *named])
