"""Empty figures, for tests of all that is around them: drawing takes most of the time of a page."""

from functools import cache

from matplotlib.figure import Figure

from sensbench.report.draughtsmen import Sheet, draw_here
from sensbench.report.style import saved


@cache
def empty_figure():
    return {kind: saved(Figure((4, 3)), kind) for kind in ("svg", "pdf", "png")}


def blank(order):
    """Return files of an empty figure that say what would be drawn; those of plug-ins are drawn."""
    draw = order.drawing.draw
    maker = type(draw.__self__) if hasattr(draw, "__self__") else draw
    if not maker.__module__.startswith("sensbench."):
        return draw_here(order)
    mark = f"<!-- {order.drawing.digest} -->".encode()
    of_kind = empty_figure()
    files = {kind: of_kind[kind] + mark for kind in order.formats}
    return Sheet(files, 4.0, 3.0)
