"""All texts that a response holds, however it is cut in pieces: where keys are looked for before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_behavior_contract.ask.wire import events, is_stream, payload
from pytest_behavior_contract.exchange import Response, parse_json

_Place = tuple[str, ...]
_NUMBERS = ("index", "output_index", "content_index", "summary_index", "item_id")
"""What tells which choice, block or item a piece belongs to."""
_JSON_WITHIN_JSON = 2
"""So deep is JSON looked for in the texts of JSON, such as the arguments of a tool call."""


def texts_of(response: Response) -> set[str]:
    """Every text of a response's JSON, and, whatever the field, the pieces of it joined.

    Pieces are joined as a stream brings them, and as the items of a list have them: by the names on the way to the
    field, once for each choice, block or item of its own and once for all together.
    """
    documents = [event for _, event in events(response.body)] if is_stream(response) else [payload(response)]
    return _texts(documents, _JSON_WITHIN_JSON)


def _texts(documents: list[Any], depth: int) -> set[str]:
    pieces: dict[tuple[_Place, _Place], list[str]] = {}
    together: dict[_Place, list[str]] = {}
    for document in documents:
        for name, owner, text in _pieces(document, (), ()):
            pieces.setdefault((name, owner), []).append(text)
            together.setdefault(name, []).append(text)
    found: set[str] = set()
    for parts in (*pieces.values(), *together.values()):
        found.update(parts)
        # What every event repeats, such as an id, is not cut in pieces; put together it might look like a key.
        if len(set(parts)) > 1:
            found.add("".join(parts))
    if depth:
        for text in list(found):
            if text.lstrip()[:1] in ("{", "["):
                try:
                    found |= _texts([parse_json(text)], depth - 1)
                except (ValueError, RecursionError):
                    continue
    return found


def _pieces(document: Any, name: _Place, owner: _Place) -> Iterator[tuple[_Place, _Place, str]]:
    """The texts of a document with the names on the way to each, and whose they are; names are texts too."""
    waiting = [(document, name, owner)]
    while waiting:
        document, name, owner = waiting.pop()
        if isinstance(document, str):
            yield name, owner, document
        elif isinstance(document, list):
            waiting += [(item, name, owner) for item in reversed(document)]
        elif isinstance(document, dict):
            own = (*owner, *(f"{key}={document[key]}" for key in _NUMBERS if isinstance(document.get(key), str | int)))
            waiting += [(value, (*name, key), own) for key, value in reversed(document.items())]
            yield from (((*name, key, "/"), own, key) for key in document)
