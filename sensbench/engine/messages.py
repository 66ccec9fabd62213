"""Messages between a supervisor and a child: JSON behind its length, never a pickle."""

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

from sensbench.errors import SensbenchError

MOST_BYTES = 2**30
_LENGTH = struct.Struct(">Q")


class MessageError(SensbenchError):
    """What came, or was to be sent, is no message."""


def packed(content: Any) -> bytes:
    """Return a message as it is sent.

    Raises
    ------
    MessageError
        It is not plain data, or too large.
    """
    try:
        text = json.dumps(content).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError(f"message: expected plain data; got {type(error).__name__}") from error
    if len(text) > MOST_BYTES:
        raise MessageError(f"message: expected at most {MOST_BYTES:,} bytes; got {len(text):,}")
    return _LENGTH.pack(len(text)) + text


class Incoming:
    """Bytes as they come, and the messages that are complete."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, more: bytes) -> Iterator[Any]:
        """Yield the messages that are whole with these bytes.

        Raises
        ------
        MessageError
            Something else wrote here.
        """
        self._bytes += more
        while len(self._bytes) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes)
            if length > MOST_BYTES:
                raise MessageError(f"message: expected its length; got {length}")
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            text = bytes(self._bytes[_LENGTH.size : end])
            del self._bytes[:end]
            try:
                yield json.loads(text)
            except (ValueError, RecursionError) as error:
                raise MessageError(f"message: expected JSON; got {text[:40]!r}") from error


def received(connection: socket.socket) -> Iterator[Any]:
    """Yield messages of a blocking connection until the other side is gone."""
    incoming = Incoming()
    while more := connection.recv(2**16):
        yield from incoming.add(more)
