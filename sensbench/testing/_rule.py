from collections.abc import Iterator
from contextlib import contextmanager

from sensbench.errors import ConformanceError


def rule(holds: object, who: str, name: str, detail: str) -> None:
    """Raise a ``ConformanceError`` that names the plug-in and the rule unless it holds."""
    if not holds:
        raise ConformanceError(f"{who}: breaks the rule {name!r}: {detail}")


@contextmanager
def no_error(who: str, name: str) -> Iterator[None]:
    """Turn any error inside into one that names the plug-in and the rule."""
    try:
        yield
    except ConformanceError:
        raise
    except Exception as e:  # a plug-in may raise anything, warnings turned into errors included
        raise ConformanceError(
            f"{who}: breaks the rule {name!r}: expected no error; got {type(e).__name__}: {e}"
        ) from e
