"""What is drawn: a figure of some results, and a digest of all that decides how it looks."""

import hashlib
import importlib.metadata
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import sensbench
from sensbench.errors import InputError
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.style import NARROW, for_screen, house_style
from sensbench.study.results import Results

# Whose code draws, or finds the numbers that are drawn.
_ROOMS = ("report", "findings", "metrics", "study")
_DRAWN_WITH = ("sensbench", "matplotlib", "seaborn", "numpy", "pandas", "fonttools", "pillow")


@dataclass(frozen=True)
class Drawing:
    """A figure that is still to be drawn: ``draw(*arguments)``.

    Attributes
    ----------
    draw
        A function of a module, or a method of an object that can be pickled.
    arguments
        Results, frames and plain values: all that the figure shows.
    who
        For messages, such as ``figure 'ranks'``.
    asks_model
        Whether it asks a model, which stays in this process and whose answers nobody can tell
        beforehand: it is drawn here, and anew.
    width
        In inches, of the screen that it is drawn for; ``None``: as wide as it likes.
    """

    draw: Callable[..., Figure | Omitted]
    arguments: tuple[Any, ...]
    who: str = "figure"
    asks_model: bool = False
    width: float | None = None

    @cached_property
    def digest(self) -> str:
        """What the drawing follows from: two that have it in common are the same to the byte.

        Where a results file comes from (its command, its dates) is no part of it. What nobody can
        tell the content of, such as an object of another package's class, makes a digest that is
        never met again, so that it is drawn anew.
        """
        if self.asks_model:
            return uuid4().hex
        owner = getattr(self.draw, "__self__", None)
        name = f"{self.draw.__module__}.{self.draw.__qualname__}"
        content = content_digest((owner, self.arguments))
        return _hashed(name, _code(self.draw), _look(), content, repr(self.width))

    @cached_property
    def narrow(self) -> "Drawing":
        """The same for a telephone."""
        return replace(self, width=NARROW)

    def figure(self) -> Figure:
        """Draw it.

        Raises
        ------
        InputError
            What was drawn is no figure.
        """
        with for_screen(self.width):
            drawn = self.draw(*self.arguments)
        if not isinstance(drawn, Figure):
            got = drawn.reason if isinstance(drawn, Omitted) else type(drawn).__name__
            raise InputError(f"{self.who}: expected draw to return a Figure; got {got}")
        return drawn


def _hashed(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()[:32]


def content_digest(thing: Any) -> str:
    """Return the digest of what a thing holds, by value: the same in every process.

    Of what nobody can tell the content of, one that is never met again.
    """
    if thing is None or isinstance(thing, str | int | float | bool):
        return _hashed(type(thing).__name__, repr(thing))
    if isinstance(thing, Results):
        return thing.derived("digest of what is drawn", _of_results)
    if isinstance(thing, pd.DataFrame):
        rows = pd.util.hash_pandas_object(thing).to_numpy()
        return _hashed(repr(list(thing.columns)), rows.tobytes())
    if isinstance(thing, pd.Series):
        return content_digest(thing.to_frame())
    if isinstance(thing, np.ndarray) and thing.dtype != object:
        return _hashed(str(thing.dtype), repr(thing.shape), np.ascontiguousarray(thing).tobytes())
    if isinstance(thing, Mapping):
        return _hashed("mapping", *(content_digest(item) for item in thing.items()))
    if isinstance(thing, set | frozenset):
        return _hashed("set", *sorted(map(content_digest, thing)))
    if isinstance(thing, Sequence) and not isinstance(thing, bytes):
        return _hashed("sequence", *map(content_digest, thing))
    kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if is_dataclass(thing):
        values = (getattr(thing, field.name) for field in fields(thing))
        return _hashed(kind, *map(content_digest, values))
    if type(thing).__init__ is object.__init__ and isinstance(thing, ReportFigure):
        return _hashed(kind, content_digest(vars(thing)))  # no more than what is set on it
    return uuid4().hex


def _of_results(results: Results) -> str:
    absent = {" ".join(map(repr, key)): str(why) for key, why in results.absent.items()}
    notes = {" ".join(map(repr, key)): list(said) for key, said in results.notes.items()}
    questions = list(results.questions.values())
    measures = dict(results.measures)
    parts = (results.frame, results.cells, dict(results.methods), questions, absent, notes)
    return _hashed(*map(content_digest, (*parts, measures)))


@cache
def _own_code() -> str:
    """Return the digest of our own code that draws, and of what it draws with."""
    folder = Path(sensbench.__file__).parent
    files = sorted(file for room in _ROOMS for file in (folder / room).rglob("*.py"))
    versions = [f"{name} {_version(name)}" for name in _DRAWN_WITH]
    return _hashed(sys.version, *versions, *(file.read_bytes() for file in files))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _code(draw: Callable[..., Any]) -> str:
    """Return the digest of the code that draws, also where another package brings it."""
    owner = getattr(draw, "__self__", None)
    makers = [draw] if owner is None else list(type(owner).__mro__)
    others = [m for m in makers if m.__module__.partition(".")[0] not in ("sensbench", "builtins")]
    try:
        files = {str(inspect.getsourcefile(maker)) for maker in others if maker.__module__ != "abc"}
        return _hashed(_own_code(), *sorted(_hashed(Path(file).read_bytes()) for file in files))
    except (OSError, TypeError):
        return uuid4().hex


def _look() -> str:
    """Return the digest of matplotlib's settings in the house's style: not all are the house's."""
    with house_style():
        settings = {k: v for k, v in matplotlib.rcParams.items() if not k.startswith("backend")}
    settings.pop("interactive", None)
    return _hashed(repr(sorted((key, repr(value)) for key, value in settings.items())))
