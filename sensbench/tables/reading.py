"""How a file is to be read, and its text: bytes of any common encoding, packed or not."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from sensbench.errors import InputError, require

_SEPARATORS = {"tab": "\t", r"\t": "\t", "space": r"\s+", "whitespace": r"\s+", " ": r"\s+"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PACKED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress}


@dataclass(frozen=True)
class Reading:
    """What is said about a file; ``None`` is found out from the file.

    Attributes
    ----------
    sep, decimal, encoding
        What separates cells, the decimal mark, the encoding.
    index
        The column to leave out as an index; ``"none"``: no column is one.
    na
        Texts that stand for a missing value, besides empty cells, NA, NaN, null …
    option
        How whoever reads messages writes an option: ``"{}="``, ``"--{} "``; empty for no options.
    """

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    index: str | None = None
    na: tuple[str, ...] = ()
    option: str = ""

    def __post_init__(self) -> None:
        if self.sep is not None:
            object.__setattr__(self, "sep", _SEPARATORS.get(self.sep, self.sep))
            known = isinstance(self.sep, str) and (
                self.sep == r"\s+" or (len(self.sep) == 1 and self.sep not in "\"\n\r.'")
            )
            expected = "one character, tab or space"
            require(known and not self.sep.isalnum(), self.named("sep"), expected, self.sep)
        if self.decimal is not None:
            require(self.decimal in (".", ","), self.named("decimal"), "'.' or ','", self.decimal)
            same = self.sep == self.decimal == ","
            require(not same, self.named("decimal"), "another mark than the separator", ",")
        if self.encoding is not None:
            expected = "an encoding that Python knows, such as utf-8 or cp1252"
            require(_is_encoding(self.encoding), self.named("encoding"), expected, self.encoding)

    def named(self, name: str) -> str:
        """Return an option's name as it is written."""
        return self._spelled(name).rstrip(" =") or name

    def advice(self, *written: tuple[str, str], why: str = "") -> str:
        """Return ``; pass --sep ';' …`` where there are options, else nothing."""
        if not self.option:
            return ""
        options = " or ".join((self._spelled(name) + value).rstrip() for name, value in written)
        return f"; pass {options}{why}"

    def _spelled(self, name: str) -> str:
        shell = self.option.startswith("-")
        return self.option.format(name.replace("_", "-") if shell else name)


def read_text(file: Path, who: str, reading: Reading) -> tuple[str, str]:
    """Return a file's text, lines ending in a newline, and its encoding if that is not UTF-8.

    Raises
    ------
    InputError
        Unreadable, a workbook or another binary file; not in the encoding that was given.
    """
    try:
        data = _unpacked(file.read_bytes())
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{who}: expected a CSV or Parquet file; reading it raised "
            f"{type(error).__name__}: {error}"
        ) from error
    encoding = reading.encoding or _encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        raise InputError(
            f"{who}: expected text in {reading.encoding or 'UTF-8 or cp1252'}; reading it raised "
            f"{error}" + reading.advice(("encoding", "'…'"), why=" with the one it was written in")
        ) from error
    if "\x00" in text:
        raise InputError(
            f"{who}: expected a CSV or Parquet file; got bytes that are no text; save the table "
            f"as CSV"
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    plain = encoding in ("utf-8", "utf-8-sig") and reading.encoding is None
    return text, "" if plain else encoding


def workbook(file: Path) -> str:
    """Return what kind of workbook a file is, by its content; empty for none."""
    with file.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if not start.startswith(b"PK\x03\x04"):
        return ""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return ""
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    return "ods" if "content.xml" in names else ""


def _unpacked(data: bytes) -> bytes:
    for start, unpack in _PACKED.items():
        if data.startswith(start):
            return unpack(data)
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise ValueError(f"an archive of {len(names)} files, not of one")
            return archive.read(names[0])
    return data


def _encoding_of(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    start = data[:4096]
    # UTF-16 without its mark: of ASCII every second byte is 0
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = start[offset::2]
        if len(start) >= 4 and half.count(0) > 0.8 * len(half) and 0 not in start[1 - offset :: 2]:
            return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _is_encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, TypeError, ValueError):
        return False
