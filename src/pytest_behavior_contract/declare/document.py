"""YAML text to plain data with the line of every key, safe against whatever the text holds.

YAML 1.2's core schema: `yes`, `no` and dates stay text. No tags, no objects, no recursion; aliases are allowed as
long as the whole stays small.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_NODES = 100_000
DEEPEST = 60
LONG_TEXT = 1_000
"""A text counts as one more value for each so many characters."""

Path = tuple[str | int, ...]

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,300}")
_OTHER_INT = re.compile(r"0o[0-7]{1,99}|0x[0-9a-fA-F]{1,99}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BINARY = "tag:yaml.org,2002:binary"
_PLAIN_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class DocumentError(ValueError):
    """The text is no YAML document that we read."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data and where each part of it stands."""

    content: Any
    lines: dict[Path, int]
    duplicate_keys: tuple[tuple[Path, int], ...]
    """Keys that a mapping has twice; the content holds the last."""

    def line(self, path: Path) -> int:
        """The line of a path or, where it has none of its own, of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    content: Any
    path: Path
    anchor: str | None
    nodes_before: int
    key: str | None = None


@dataclass(slots=True)
class _Reader:
    most_nodes: int
    binary: bool
    lines: dict[Path, int] = field(default_factory=dict)
    duplicates: list[tuple[Path, int]] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    nodes: int = 0
    root: Any = None

    def read(self, events: Iterator[Any]) -> None:
        import yaml

        documents = 0
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise DocumentError(line, "a second document begins here; a file holds one")
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor), line)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._check_tag(event.tag, line)
                content: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                path = self._place(content, line)
                if len(self.stack) >= DEEPEST:
                    raise DocumentError(line, f"nested more than {DEEPEST} levels deep")
                self.stack.append(_Open(content, path, event.anchor, self.nodes))
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                done = self.stack.pop()
                if done.anchor:
                    self.anchors[done.anchor] = (done.content, self.nodes - done.nodes_before + 1)

    def _scalar(self, event: Any, line: int) -> None:
        if event.tag != _BINARY or not self.binary:
            self._check_tag(event.tag, line)
        plain = not event.style and event.implicit[0]
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.content, dict) and top.key is None:
            top.key = str(event.value)
            key_path = (*top.path, top.key)
            if top.key in top.content:
                self.duplicates.append((key_path, line))
            self.lines[key_path] = line
            return
        if event.tag == _BINARY:
            value: Any = _bytes(event.value, line)
        else:
            value = _resolved(event.value) if plain else str(event.value)
        self._place(value, line)
        # A long text counts for more: a thousand aliases of a megabyte are a gigabyte for whoever writes them out.
        weight = len(event.value) // LONG_TEXT
        self.nodes += weight
        if event.anchor:
            self.anchors[event.anchor] = (value, 1 + weight)

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self.anchors:
            raise DocumentError(line, f"alias *{anchor} names nothing that was finished before it")
        content, size = self.anchors[anchor]
        self.nodes += size - 1
        self._place(content, line)

    def _place(self, value: Any, line: int) -> Path:
        self.nodes += 1
        if self.nodes > self.most_nodes:
            raise DocumentError(line, f"expands to more than {self.most_nodes:,} values")
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return ()
        top = self.stack[-1]
        if isinstance(top.content, list):
            path = (*top.path, len(top.content))
            top.content.append(value)
            self.lines[path] = line
            return path
        if top.key is None:
            raise DocumentError(line, "a key must be plain text")
        path = (*top.path, top.key)
        top.content[top.key] = value
        top.key = None
        return path

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag not in _PLAIN_TAGS:
            raise DocumentError(line, f"the tag {tag!r} is not allowed; plain values only")


def parse(text: str, *, most_nodes: int = MOST_NODES, binary: bool = False) -> Document:
    """Reads one YAML document; raises DocumentError with a line for everything else.

    Args:
        text: the document.
        most_nodes: how many values it may hold, those that aliases repeat included.
        binary: whether values tagged `!!binary` are read, as bytes.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    reader = _Reader(most_nodes, binary)
    try:
        reader.read(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(part for part in (error.context, error.problem) if part)
        raise DocumentError(mark.line + 1 if mark else 1, f"is not YAML: {words}") from None
    except yaml.YAMLError as error:
        raise DocumentError(1, f"is not YAML: {' '.join(str(error).split())}") from None
    return Document(reader.root, reader.lines, tuple(reader.duplicates))


def _bytes(text: str, line: int) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        raise DocumentError(line, "a !!binary value is no base64") from None


def _resolved(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
