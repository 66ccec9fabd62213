"""What can go wrong, by who has to act on it.

Every message reads ``who: expected what; got what`` and then what to do.
"""

import difflib
from collections.abc import Iterable


class SensbenchError(Exception):
    """Everything sensbench raises on purpose."""


class InputError(SensbenchError, ValueError):
    """What the caller passed cannot be used: shapes, NaN, names, options."""


class UnknownNameError(InputError):
    """A name that is not registered; the message carries the nearest ones."""

    @classmethod
    def of(cls, who: str, kind: str, name: object, known: Iterable[str]) -> "UnknownNameError":
        """Build the message, nearest names first."""
        known = sorted(known)
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
        known_names = ", ".join(known) or "none"
        return cls(f"{who}: expected a known {kind}; got {name!r}; {hint}(known: {known_names})")


class CallError(InputError, TypeError):
    """A call that does not fit the function: an unknown keyword, a missing argument."""


class PlugInError(SensbenchError):
    """A plug-in of another package, or a file of ours, that cannot be loaded: it raises."""


class StudyError(InputError):
    """A study file that cannot be read; the message names the file and the path in it."""


class NotApplicable(InputError):
    """This method cannot be asked this question: in a study the cell is skipped, not failed."""


class NotInstalled(NotApplicable):
    """This method needs a package that is not installed; the message has the command for it."""


class BudgetTooSmall(NotApplicable):
    """The budget does not pay for the smallest run of this method."""


class TooFewRows(NotApplicable):
    """The data have fewer rows than this method needs."""


class ModelError(SensbenchError, RuntimeError):
    """The model did something no estimator can work with: wrong rows, NaN, not numeric."""


class DerivativeError(ModelError, NotApplicable):
    """The model's output has no derivative that means anything, or not one we can trust.

    Other methods can still explain it: in a study the cell is skipped, and compare() keeps them.
    """


class ConstantOutputError(ModelError):
    """Every output is constant over the inputs: there is no variation to attribute."""


class BudgetExceeded(SensbenchError, RuntimeError):
    """An estimator asked the model for more rows than it was given."""


class ConformanceError(SensbenchError, AssertionError):
    """A plug-in breaks a rule of its contract; the message names the plug-in and the rule."""


class RankingMoved(SensbenchError, AssertionError):
    """A model that was trained again ranks its inputs otherwise; the message says which."""


class CorrelatedInputsWarning(UserWarning):
    """Inputs that depend on each other are about to be treated as independent."""


class PartialResultWarning(UserWarning):
    """One method failed; the results of the others are kept."""


class SaveWarning(UserWarning):
    """A comparison was saved, and something is missing to compute it again."""


class TableWarning(UserWarning):
    """Something in a file of rows is probably not what it is taken for."""


class CacheWarning(UserWarning):
    """What was kept of an earlier run could not be kept, or read again; it is made again."""


def require(condition: bool, who: str, expected: str, got: object) -> None:
    """Raise an ``InputError`` in the house's words unless the condition holds."""
    if not condition:
        raise InputError(f"{who}: expected {expected}; got {got!r}")
