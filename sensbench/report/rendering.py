"""The figures of a page: what is drawn again, what is kept from last time, and what goes."""

import base64
import contextlib
import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sensbench.files.atomic import write_whole
from sensbench.report.csv_file import as_csv
from sensbench.report.dark import for_page
from sensbench.report.draughtsmen import Order, draw_all, formats_wanted
from sensbench.report.drawings import Drawing
from sensbench.report.formats import FORMATS
from sensbench.report.style import Format
from sensbench.report.text import one_line

_log = logging.getLogger(__name__)

RECORD = "figures.json"
_VERSION = 1
_IMAGE = re.compile(rb"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
# Of the message of one that fails, so many characters are shown.
_MOST_SAID = 300


@dataclass(frozen=True)
class Wanted:
    """A figure of a page.

    Attributes
    ----------
    name
        What its files are called; for one that has none, what it is known by.
    data
        The numbers in it, for its CSV.
    has_files
        Whether it is written beside the page as well.
    """

    name: str
    drawing: Drawing
    data: pd.DataFrame | None = None
    has_files: bool = True


@dataclass(frozen=True)
class Picture:
    """A figure as the page holds it, for light and dark: SVG and size in inches; or why not."""

    svg: bytes = b""
    inches: tuple[float, float] = (0.0, 0.0)
    failed: str = ""

    @property
    def image(self) -> str:
        """The image, as what stands in a page for its address."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg).decode()}"

    @property
    def width(self) -> int:
        """How wide it is on the page."""
        return round(96 * self.inches[0])

    @property
    def height(self) -> int:
        """How high it is on the page."""
        return round(96 * self.inches[1])


def pictures(wanted: Sequence[Wanted], processes: int | None = None) -> dict[str, Picture]:
    """Draw for a page alone; return its pictures by their drawings' digests."""
    orders = {one.drawing.digest: Order(one.drawing, ("svg",)) for one in wanted}
    drawn = draw_all(orders, processes)
    return {
        digest: _picture(orders[digest].drawing, sheet.failed)
        if sheet.failed
        else Picture(for_page(sheet.files["svg"]), (sheet.width, sheet.height))
        for digest, sheet in drawn.items()
    }


def _picture(drawing: Drawing, failed: str) -> Picture:
    text = one_line(failed)
    text = text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]} …"
    message = f"{drawing.who} failed: {text}"
    _log.warning("%s", message)
    return Picture(failed=message)


@dataclass
class FigureFolder:
    """The figures beside a page, ``figures/``, with a record of what each was drawn from.

    A figure whose record says that it would be drawn the same is not drawn again, if its files and
    the image in the page are still what was written. Other pages may have figures in the folder.

    Parameters
    ----------
    page
        The page's file, as it may stand there from last time.
    formats
        Of :data:`FORMATS`. Files of others are removed.
    fresh
        Whether all are drawn, whatever is there.
    """

    page: Path
    formats: tuple[str, ...] = FORMATS
    fresh: bool = False
    processes: int | None = None
    _written: dict[str, Any] = field(default_factory=dict, init=False)

    @property
    def folder(self) -> Path:
        """Where the figures are."""
        return self.page.parent / "figures"

    def pictures(self, wanted: Sequence[Wanted]) -> dict[str, Picture]:
        """Draw what has changed, write its files; return all pictures by their digests."""
        record, images = ({}, {}) if self.fresh else (self._record(), self._images())
        shown: dict[str, Picture] = {}
        orders: dict[str, Order] = {}
        for one in wanted:
            before = record.get(one.name, {})
            was = before if before.get("drawn_from") == one.drawing.digest else {}
            missing = self._missing(one, was)
            if was.get("image") in images:
                inches = (float(was["width"]), float(was["height"]))
                shown[one.drawing.digest] = Picture(images[was["image"]], inches)
            else:
                missing = ("svg", *(kind for kind in missing if kind != "svg"))
            if missing:
                orders[one.name] = Order(one.drawing, missing)
        _log.info("figures: %d to draw, %d as they were", len(orders), len(wanted) - len(orders))
        sheets = draw_all(orders, self.processes)
        for one in wanted:
            files, picture = {}, shown.get(one.drawing.digest, Picture())
            if one.name in sheets:
                sheet = sheets[one.name]
                files = dict(sheet.files)
                if sheet.failed:
                    picture = _picture(one.drawing, sheet.failed)
                elif not picture.svg:
                    picture = Picture(for_page(files["svg"]), (sheet.width, sheet.height))
                shown[one.drawing.digest] = picture
            self._put(one, files, picture)
        return shown

    def close(self) -> None:
        """Remove files that were the page's and are no longer; write what is there now.

        To be called when the page is written: a record never speaks of what is not there yet.
        """
        record = self._record()
        others = {n: at for n, at in record.items() if at.get("page") != self.page.name}
        for name, at in record.items():
            if name not in others and name not in self._written:
                for kind, digest in at["files"].items():
                    file = self.folder / f"{name}.{kind}"
                    if _digest_of(file) == digest:
                        file.unlink()
        if self._written or others or record:
            content = {"version": _VERSION, "figures": {**others, **self._written}}
            text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
            write_whole(self.folder / RECORD, f"{text}\n".encode(errors="surrogatepass"))

    def _missing(self, one: Wanted, was: Mapping[str, Any]) -> tuple[Format, ...]:
        """Return the formats that are asked for and not there as they were written."""
        if not one.has_files:
            return ()
        kept = was.get("files", {})
        return tuple(
            kind
            for kind in formats_wanted(self.formats)
            if kind not in kept or _digest_of(self.folder / f"{one.name}.{kind}") != kept[kind]
        )

    def _put(self, one: Wanted, files: Mapping[str, bytes], picture: Picture) -> None:
        """Write a figure's files, and keep in mind what they are."""
        written: dict[str, str] = {}
        if one.has_files and not picture.failed:
            content = {kind: files[kind] for kind in files if kind in self.formats}
            if one.data is not None and "csv" in self.formats:
                content["csv"] = as_csv(one.data)
            for kind in FORMATS:
                file = self.folder / f"{one.name}.{kind}"
                if kind in content:
                    if _digest_of(file) != _digest(content[kind]):
                        write_whole(file, content[kind])
                    written[kind] = _digest(content[kind])
                elif kind in formats_wanted(self.formats):  # it is there from last time
                    written[kind] = _digest_of(file)
                else:
                    file.unlink(missing_ok=True)
        if not picture.failed:
            self._written[one.name] = {
                "page": self.page.name,
                "drawn_from": one.drawing.digest,
                "image": _digest(picture.svg),
                "width": picture.inches[0],
                "height": picture.inches[1],
                "files": written,
            }

    def _record(self) -> dict[str, Any]:
        """Return what was written last time; nothing where it cannot be read."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            content = json.loads((self.folder / RECORD).read_bytes())
            if content["version"] == _VERSION:
                return {name: at for name, at in content["figures"].items() if "files" in at}
        return {}

    def _images(self) -> dict[str, bytes]:
        """Return the images in the page and in those of its problems, by what they are."""
        images: dict[str, bytes] = {}
        for page in (self.page, *sorted(self.page.parent.glob("problem-*.html"))):
            with contextlib.suppress(OSError, ValueError):
                for match in _IMAGE.finditer(page.read_bytes()):
                    image = base64.b64decode(match[1])
                    images[_digest(image)] = image
        return images


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _digest_of(file: Path) -> str:
    with contextlib.suppress(OSError):
        return _digest(file.read_bytes())
    return ""
