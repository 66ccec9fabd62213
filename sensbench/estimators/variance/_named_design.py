"""A hyper-parameter whose name is that of a method: both are asked for by it."""

from collections.abc import Callable
from typing import Any


class NamedDesign(str):
    """The name of a design, which draws it when it is called.

    ``Sobol(design="latin_hypercube")`` is a hyper-parameter, and ``sobol.design(space, budget)`` is
    there of every method. A copy, of whatever kind, is the plain name.
    """

    draw: Callable[..., Any]

    def __new__(cls, name: str, draw: Callable[..., Any]) -> "NamedDesign":
        named = super().__new__(cls, name)
        named.draw = draw
        return named

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Return the rows the method asks for: see :meth:`sensbench.Estimator.design`."""
        return self.draw(*args, **options)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return str, (str(self),)
