import io
import warnings
from contextlib import redirect_stderr, redirect_stdout

from sensbench.errors import BudgetTooSmall, NotApplicable
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import SensitivityResult
from sensbench.problem.problem import Problem
from sensbench.testing._rule import no_error, rule

# What Python hides from a user by default: the author's libraries, not the author, may be old.
_HIDDEN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def run(
    estimator: Estimator, problem: Problem, who: str, budget: int, seed: int = 0
) -> SensitivityResult | None:
    """Return the result, or ``None`` where the estimator says that it cannot be asked this.

    What is printed or warned of breaks a rule: what is to be known of a result is in its notes.
    """
    printed = io.StringIO()
    with (
        no_error(who, f"runs on {problem.name!r} with a budget of {budget}"),
        warnings.catch_warnings(record=True) as caught,
        redirect_stdout(printed),
        redirect_stderr(printed),
    ):
        warnings.simplefilter("always")
        try:
            result = estimator.estimate(problem, budget=budget, seed=seed)
        except BudgetTooSmall:
            raise
        except NotApplicable:
            result = None
    text = printed.getvalue()
    rule(not text, who, "prints nothing", f"it printed {text[:200]!r}; say it in a note")
    seen = [w for w in caught if not issubclass(w.category, _HIDDEN)]
    warning = "".join(f"{w.category.__name__}: {w.message}" for w in seen[:1])
    rule(not seen, who, "warns of nothing", f"{warning}; say it in a note of the estimate")
    return result
