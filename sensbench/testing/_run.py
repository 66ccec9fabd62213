from sensbench.errors import BudgetTooSmall, NotApplicable
from sensbench.estimator import Estimator
from sensbench.problem import Problem
from sensbench.result import SensitivityResult
from sensbench.testing._rule import no_error


def run(
    estimator: Estimator, problem: Problem, who: str, budget: int, seed: int = 0
) -> SensitivityResult | None:
    """Return the result, or ``None`` where the estimator says that it cannot be asked this."""
    with no_error(who, f"runs on {problem.name!r} with a budget of {budget}"):
        try:
            return estimator.estimate(problem, budget=budget, seed=seed)
        except BudgetTooSmall:
            raise
        except NotApplicable:
            return None
