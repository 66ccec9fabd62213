"""A fixture for tests of models: whether a model still ranks its inputs as it did.

Imported by pytest in every run of every project that has sensbench installed, so that nothing else
is imported here.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def check_importance() -> Callable[..., Any]:
    """Return a function ``(model, baseline, margin=None)`` that fails where a ranking moved.

    It returns the :class:`~sensbench.checking.Check`; see :func:`sensbench.check`.
    """

    def require(
        model: Any, against: str | Path | Sequence[str | Path], margin: float | None = None
    ) -> Any:
        __tracebackhide__ = True
        import sensbench

        found = sensbench.check(model, against, margin=margin)
        if not found.ok:
            pytest.fail(str(found), pytrace=False)
        return found

    return require
