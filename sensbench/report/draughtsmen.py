"""Who draws: this process and, where there is enough to draw for it, a second one.

A second process has to import what this one has: it pays from about a dozen figures on. It is
given drawings by name and by value and answers with files; what it cannot be given, or fails at, is
drawn here.
"""

import base64
import io
import logging
import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib

from sensbench.engine.supervisor import Supervisor
from sensbench.engine.worker import Job
from sensbench.errors import SensbenchError
from sensbench.report.drawings import Drawing, content_digest
from sensbench.report.style import Format, lay_out, saved
from sensbench.study.engines import processors
from sensbench.study.results import Results

_log = logging.getLogger(__name__)

# Figures that take this process as long as another one takes to start.
_ENOUGH = 12
# Results that take more bytes than this are not sent.
_MOST_BYTES = 50_000_000
_TARGET = "sensbench.report.draughtsmen:draughtsman"
_LOOK_AGAIN = 0.1  # seconds
_WORKERS = "SENSBENCH_WORKERS"


@dataclass(frozen=True)
class Order:
    """A drawing and the formats that it is wanted in."""

    drawing: Drawing
    formats: tuple[Format, ...]


@dataclass(frozen=True)
class Sheet:
    """What came of an order: files by format, and the size in inches; or what went wrong."""

    files: Mapping[str, bytes]
    width: float = 0.0
    height: float = 0.0
    failed: str = ""


def draw_here(order: Order) -> Sheet:
    """Draw in this process; whatever the drawing raises becomes words."""
    try:
        figure = order.drawing.figure()
        lay_out(figure)
        width, height = figure.get_size_inches()
        files: dict[str, bytes] = {kind: saved(figure, kind) for kind in order.formats}
    except Exception as error:  # another package's code may raise anything
        return Sheet({}, failed=f"{type(error).__name__}: {error}")
    return Sheet(files, float(width), float(height))


def draw_all(orders: Mapping[str, Order], processes: int | None = None) -> dict[str, Sheet]:
    """Return a sheet per order, by its name; in any number of processes the same ones.

    ``processes``: 1 or 2; by default two, where there are as many processors and enough to draw,
    and ``$SENSBENCH_WORKERS``, which sets how many a study computes in, allows as many.
    """
    waiting = deque(orders)
    sheets: dict[str, Sheet] = {}
    if processes is None:
        alone = os.environ.get(_WORKERS, "").strip() in ("0", "1")
        processes = 2 if len(orders) >= _ENOUGH and processors() > 1 and not alone else 1
    helper = _Helper(orders, waiting, sheets) if processes > 1 else None
    if helper is not None:
        helper.start()
    try:
        _draw_waiting(orders, waiting, sheets)
    finally:
        if helper is not None:
            helper.no_more.set()
            helper.join()
    # what the other process was given and did not bring back
    _draw_waiting(orders, deque(name for name in orders if name not in sheets), sheets)
    return {name: sheets[name] for name in orders}


def _draw_waiting(
    orders: Mapping[str, Order], waiting: deque[str], sheets: dict[str, Sheet]
) -> None:
    while waiting:
        try:
            name = waiting.popleft()
        except IndexError:  # the helper took the last one
            return
        sheets[name] = draw_here(orders[name])


class _Helper(threading.Thread):
    """Keeps a second process busy from the other end of the queue, until nothing waits."""

    def __init__(self, orders: Mapping[str, Order], waiting: deque[str], sheets: dict[str, Sheet]):
        super().__init__(name="sensbench draughtsman", daemon=True)
        self.no_more = threading.Event()
        self._orders, self._waiting, self._sheets = orders, waiting, sheets

    def run(self) -> None:
        try:
            with Supervisor(_TARGET, 1) as supervisor:
                if self._asked(supervisor, Job("", {}), waits=False) is None:
                    return  # all was drawn before it was there
                while self._waiting:
                    self._draw_next(supervisor)
        except (SensbenchError, OSError) as error:
            _log.info("drawing in one process: %s", error)

    def _draw_next(self, supervisor: Supervisor) -> None:
        try:
            name = self._waiting.pop()
        except IndexError:
            return
        job = _packed(name, self._orders[name])
        answer = None if job is None else self._asked(supervisor, job, waits=True)
        if answer is not None and not answer["failed"]:  # a failure is said by this process
            files = {kind: base64.b64decode(text) for kind, text in answer["files"].items()}
            self._sheets[name] = Sheet(files, answer["width"], answer["height"])

    def _asked(self, supervisor: Supervisor, job: Job, waits: bool) -> dict[str, Any] | None:
        supervisor.start(job)
        while waits or not self.no_more.is_set():
            for ended in supervisor.wait(_LOOK_AGAIN):
                return ended.answer if ended.status == "answered" else None
        return None


def _packed(name: str, order: Order) -> Job | None:
    """Return an order as plain data; ``None``: it cannot be taken elsewhere."""
    if order.drawing.asks_model:
        return None
    parts: dict[str, str] = {}

    def part(thing: Any) -> str | None:
        if not isinstance(thing, Results):
            return None
        if thing.frame.memory_usage().sum() > _MOST_BYTES:
            raise pickle.PicklingError("results are too large to be sent")
        digest = content_digest(thing)
        if digest not in parts:
            parts[digest] = base64.b64encode(pickle.dumps(thing)).decode()
        return digest

    try:
        drawing = _pickled(order.drawing, part)
    except Exception:  # pickling runs the code of whatever is pickled
        return None
    content = {"drawing": drawing, "formats": list(order.formats), "settings": _settings()}
    return Job(name, content, parts)


def _pickled(drawing: Drawing, part: Callable[[Any], str | None]) -> str:
    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: Any) -> str | None:
            return part(thing)

    buffer = io.BytesIO()
    told = Drawing(drawing.draw, drawing.arguments, drawing.who, width=drawing.width)
    Pickler(buffer).dump(told)
    return base64.b64encode(buffer.getvalue()).decode()


def _settings() -> str:
    """Return what somebody set in matplotlib since it was imported."""
    first = matplotlib.rcParamsOrig
    ours = {k: v for k, v in matplotlib.rcParams.items() if not k.startswith("backend")}
    mine = {key: value for key, value in ours.items() if value != first.get(key)}
    return base64.b64encode(pickle.dumps(mine)).decode()


def draughtsman() -> Callable[..., dict[str, Any]]:
    """Return the second process's handler of jobs; what it unpickles is its own parent's."""

    @lru_cache(maxsize=2)
    def results_of(content: str) -> Results:
        return pickle.loads(base64.b64decode(content))

    def handle(content: Mapping[str, Any], parts: Mapping[str, str], say: Any) -> dict[str, Any]:
        if not content:  # it is asked whether it is there
            return {}

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, digest: str) -> Results:
                return results_of(parts[digest])

        drawing = Unpickler(io.BytesIO(base64.b64decode(content["drawing"]))).load()
        settings = pickle.loads(base64.b64decode(content["settings"]))
        with matplotlib.rc_context(settings):
            sheet = draw_here(Order(drawing, tuple(content["formats"])))
        files = {kind: base64.b64encode(raw).decode() for kind, raw in sheet.files.items()}
        return {
            "files": files, "width": sheet.width, "height": sheet.height, "failed": sheet.failed,
        }  # fmt: skip

    return handle


def formats_wanted(formats: Sequence[str]) -> tuple[Format, ...]:
    """Return those of the formats that are drawn."""
    drawn: tuple[Format, ...] = ("svg", "pdf", "png")
    return tuple(kind for kind in drawn if kind in formats)
