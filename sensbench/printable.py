"""Text of unknown origin for a terminal: no name in it moves the cursor or changes colours."""

import re

# control characters but the line break, and marks that turn the direction of writing
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return the text with a visible mark for each control character; line breaks stay."""
    return _CONTROL.sub(_mark, text).encode("utf-8", "replace").decode()


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "�"
