"""The bytes of a response, as they come, to its text: unpacked up to a limit, and decoded."""

from __future__ import annotations

import re
import zlib

_ZLIB = {
    "gzip": zlib.MAX_WBITS | 16,
    "x-gzip": zlib.MAX_WBITS | 16,
    "deflate": zlib.MAX_WBITS,
}
_UNASKED = frozenset({"br", "zstd"})
"""What an SDK may unpack at once and without a limit, where the packages for it are there."""
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


class CannotUnpack(ValueError):  # noqa: N818 - says what happened
    """A body is not packed as it says, or in a way that was not asked for."""


class TooMuch(ValueError):  # noqa: N818
    """A body is longer than allowed."""


class Unpacker:
    """Unpacks a body piece by piece; a few bytes may stand for a thousand times as many.

    Args:
        encoding: the content-encoding; what nobody knows, an SDK leaves as it is, and so is done here.
        most: so many bytes are allowed in all, unpacked.
    """

    def __init__(self, encoding: str, most: int) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        self._unasked = next((name for name in names if name in _UNASKED), "")
        self._layers = [_Layer(name) for name in reversed(names) if name in _ZLIB]
        self._left = most

    def take(self, piece: bytes) -> bytes:
        """The next piece unpacked; raises TooMuch and CannotUnpack."""
        if self._unasked:
            raise CannotUnpack(f"packed as {self._unasked}, which was not asked for")
        for layer in self._layers:
            piece = layer.take(piece, self._left)
        self._left -= len(piece)
        if self._left < 0:
            raise TooMuch
        return piece


class _Layer:
    def __init__(self, name: str) -> None:
        self._kinds = [_ZLIB[name], -zlib.MAX_WBITS] if name == "deflate" else [_ZLIB[name]]
        self._unpacker: zlib._Decompress | None = zlib.decompressobj(self._kinds.pop(0))
        self._begun = b""
        self._answered = False

    def take(self, piece: bytes, most: int) -> bytes:
        if self._unpacker is None:
            return piece
        try:
            unpacked = self._unpacker.decompress(piece, most + 1)
        except zlib.error:
            if self._answered:
                raise CannotUnpack("bytes that are not packed as they say") from None
            return self._otherwise(self._begun + piece, most)
        self._answered = self._answered or bool(unpacked)
        self._begun = b"" if self._answered else self._begun + piece
        return unpacked

    def _otherwise(self, begun: bytes, most: int) -> bytes:
        """Some servers deflate without a header; others say that they pack and do not."""
        self._begun = b""
        self._unpacker = zlib.decompressobj(self._kinds.pop(0)) if self._kinds else None
        return self.take(begun, most)


def text_of(body: bytes, content_type: str) -> str:
    """The text of a body; raises UnicodeDecodeError where it is none."""
    try:
        # JSON is UTF-8 whatever the header says, and some servers do say something else.
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        named = _CHARSET.search(content_type)
        try:
            return body.decode(named[1] if named else "utf-8")
        except LookupError:
            return body.decode("utf-8")
