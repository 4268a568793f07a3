"""One prompt with slots becomes several: by cases, by swapping, and by hypothesis."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_SLOT = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)\}")


class UnknownSlot(ValueError):  # noqa: N818 - read as a sentence in messages
    """A template has a slot that no case fills."""

    def __init__(self, slot: str) -> None:
        self.slot = slot
        super().__init__(slot)


def fill(template: Any, values: Mapping[str, Any], *, strict: bool = True) -> Any:
    """Puts values into the `{slots}` of every text within a template.

    `{{name}}` stands for a literal `{name}`; braces around anything but one name are left alone. With `strict` off a
    slot without a value is left alone too. Raises UnknownSlot.
    """

    def put(match: re.Match[str]) -> str:
        if match[1]:
            return f"{{{match[1]}}}" if strict else match[0]
        if match[2] in values:
            return as_text(values[match[2]])
        if strict:
            raise UnknownSlot(match[2])
        return match[0]

    if isinstance(template, str):
        return _SLOT.sub(put, template)
    if isinstance(template, Mapping):
        return {key: fill(value, values, strict=strict) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [fill(item, values, strict=strict) for item in template]
    return template


def as_text(value: Any) -> str:
    """A case's value as it stands in a prompt: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def swapped(swap: Any) -> list[tuple[str, dict[str, Any]]]:
    """The variants of a `swap`, each with its name and what it puts into slots; that may have slots itself."""
    if isinstance(swap, Mapping):
        ((slot, values),) = swap.items()
        named = values.items() if isinstance(values, Mapping) else ((_name_of(slot, value), value) for value in values)
        return [(as_text(name), {slot: value}) for name, value in named]
    return [(_name_of(*next(iter(variant.items()))), dict(variant)) for variant in swap]


def asks_for_stream(slots: Mapping[str, Any]) -> bool | None:
    """Whether a variant asks for its reply as a stream, by `stream: true` or `false`; None where it does not say."""
    found = slots.get("stream")
    return found if isinstance(found, bool) else None


def _name_of(slot: str, value: Any) -> str:
    """What a variant is called: its value, or the slot of the case that its value is."""
    if slot == "stream" and isinstance(value, bool):
        return "streamed" if value else "whole"
    text = as_text(value)
    whole = _SLOT.fullmatch(text)
    return whole[2] if whole and whole[2] else text


def run_examples(
    test: Callable[..., Any],
    call: Callable[[], object],
    each: Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], None],
    *,
    examples: int,
) -> None:
    """Runs a hypothesis test so that each of its examples is handed to `each` instead of failing on its own.

    The same examples come in the same order every time, so recordings of them stay valid. `call` calls the test.
    """
    import hypothesis

    handle: Any = test
    inner = handle.hypothesis.inner_test
    previous = handle._hypothesis_internal_use_settings  # noqa: SLF001 - hypothesis has no public way to read them

    def hand_over(*args: Any, **kwargs: Any) -> None:
        each(inner, args, kwargs)

    handle.hypothesis.inner_test = hand_over
    handle._hypothesis_internal_use_settings = hypothesis.settings(  # noqa: SLF001
        previous,
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
    )
    try:
        call()
    finally:
        handle.hypothesis.inner_test = inner
        handle._hypothesis_internal_use_settings = previous  # noqa: SLF001


def allow_our_fixture(test: Callable[..., Any]) -> None:
    """Tells hypothesis that `endpoint` may be shared by the examples of a test: each is a sample of its own."""
    import hypothesis

    handle: Any = test
    settings = handle._hypothesis_internal_use_settings  # noqa: SLF001
    checks = {*settings.suppress_health_check, hypothesis.HealthCheck.function_scoped_fixture}
    handle._hypothesis_internal_use_settings = hypothesis.settings(settings, suppress_health_check=list(checks))  # noqa: SLF001


def is_hypothesis_test(test: Callable[..., Any]) -> bool:
    return bool(getattr(test, "is_hypothesis_test", False))


def unique_ids(wanted: Iterable[str]) -> list[str]:
    """The ids with a number behind those that come again."""
    seen: dict[str, int] = {}
    result = []
    for name in wanted:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return result
