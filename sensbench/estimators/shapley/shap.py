from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sensbench.errors import require
from sensbench.estimator.bootstrap import Bootstrap, Means, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, check_interval_options
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.extras import imported
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class Shap(Estimator):
    """Mean absolute SHAP value: how far an input moves a prediction from the average one.

    Spends n·b·p(2d + 1) rows to explain n of them against b others, over p orders of the inputs
    there and back: shap's ``PermutationExplainer`` with its independent masker. With the others of
    an input drawn from the marginals (interventional), one order is exact up to interactions of
    two (Lundberg & Lee 2017, arXiv:1705.07874). Rows are real ones where there are any. The b rows
    are few, so that the average prediction is known to 1/√b: of a linear effect the mean comes out
    some 1/(2b) too high, which the intervals, over the explained rows, do not cover.

    Parameters
    ----------
    background
        b, the rows whose values stand for an input that is not known.
    permutations
        p, the orders for each explained row.
    resamples, confidence
        Of the intervals: bootstrap of the explained rows.
    """

    name = "shap"
    measures = ("shap_abs", "shap_abs_standardised")
    ranks_by = "shap_abs_standardised"
    extra = "shap"

    background: int = 20
    permutations: int = 1
    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        for field, least in (("background", 2), ("permutations", 1)):
            given = getattr(self, field)
            whole = isinstance(given, int) and not isinstance(given, bool) and given >= least
            require(whole, self.name, f"{field} >= {least}", given)

    @property
    def needs(self) -> Needs:
        """Rows to explain, each against the background in every order."""
        each = self.background * self.permutations
        return Needs("either", minimum_rows=8, cost=Cost(each, per_feature=2 * each))

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        shap = imported("shap", self.extra, self.name)
        n = budget // self.needs.cost(problem.d, problem.o, 1)
        rows = problem.rows(n + self.background, rng).X
        # real rows come in the order of the table
        rows = rows[rng.permutation(len(rows))]
        others, explained = rows[: self.background], rows[self.background :]
        with _global_state(int(rng.integers(1, 2**31 - 1))) as seed:
            masker = shap.maskers.Independent(others, max_samples=len(others))
            explainer = shap.PermutationExplainer(problem.explained, masker, seed=seed)
            each = self.permutations * (2 * problem.d + 1)
            # One row at a time: of several, shap 0.51 also computes main effects for all but the
            # first, which nobody asked for and which cost b(d + 1) rows each.
            parts = [
                explainer(explained[k : k + 1], max_evals=each, silent=True)
                for k in range(len(explained))
            ]
        phi = np.stack([np.asarray(part.values) for part in parts])
        phi = phi.reshape(len(parts), problem.d, problem.o)  # of one output it has no axis
        base = np.concatenate([np.asarray(part.base_values) for part in parts])
        base = base.reshape(len(phi), problem.o)
        Y = base + phi.sum(axis=1)  # local accuracy: the prediction itself
        varies = varying(Y, self.name, problem.outputs)
        columns = {"size": np.abs(phi).transpose(0, 2, 1), **centred("y", Y)}
        over_rows = Bootstrap(columns, rng, self.resamples, self.confidence, SAMPLING)

        def standardised(m: Means) -> Float[np.ndarray, "... o d"]:
            spread = np.where(varies, np.sqrt(variance(m, "y")), np.nan)
            return m["size"] / spread[..., None]

        return {
            "shap_abs": over_rows(lambda m: m["size"]),
            "shap_abs_standardised": over_rows(standardised),
        }


@contextmanager
def _global_state(seed: int) -> Iterator[int]:
    """Leave numpy's global generator, which shap seeds and draws from, as it was."""
    before = np.random.get_state(legacy=True)
    try:
        yield seed
    finally:
        np.random.set_state(before)
