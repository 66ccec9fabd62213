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
from sensbench.estimator.tails import few_said
from sensbench.estimator.varying import varying
from sensbench.estimators._widths import (
    RowsTail,
    carried_by_few,
    of_root_ratio,
    relative_error,
    settled,
    wider,
)
from sensbench.extras import imported
from sensbench.problem.problem import Problem

# The background in so many parts says how much another one would change.
_GROUPS = 10
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Shap(Estimator):
    """Mean absolute SHAP value: how far an input moves a prediction from the average one.

    Spends n·b·p(2d + 1) rows to explain n of them against b others, over p orders of the inputs
    there and back: shap's ``PermutationExplainer`` with its independent masker. With the others of
    an input drawn from the marginals (interventional), one order is exact up to interactions of
    two (Lundberg & Lee 2017, arXiv:1705.07874). Rows are real ones where there are any. The b rows
    are few, so that the average prediction is known to 1/√b: of a linear effect the mean comes out
    some 1/(2b) too high.

    Intervals: the wider ends of a percentile bootstrap over the explained rows, and of Student's
    with the spread over parts of the background, which all of them share: without it intervals held
    in .67 to .88 of the runs on eight problems. Longer by what rows that were not met may add, as
    the tail tells; none where a few rows decide the value.

    Parameters
    ----------
    background
        b, the rows whose values stand for an input that is not known.
    permutations
        p, the orders for each explained row.
    resamples, confidence
        Of the intervals.
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
        groups = np.array_split(others, min(_GROUPS, len(others)))
        weights = np.array([len(group) for group in groups]) / len(others)
        phis, Y = [], np.zeros((len(explained), problem.o))
        with _global_state(int(rng.integers(1, 2**31 - 1))) as seed:
            for group, weight in zip(groups, weights.tolist(), strict=True):
                masker = shap.maskers.Independent(group, max_samples=len(group))
                # of the same seed, so that the orders are the same and parts average to the whole
                explainer = shap.PermutationExplainer(problem.explained, masker, seed=seed)
                each = self.permutations * (2 * problem.d + 1)
                # One row at a time: of several, shap 0.51 also computes main effects for all but
                # the first, which nobody asked for and which cost b(d + 1) rows each.
                parts = [
                    explainer(explained[k : k + 1], max_evals=each, silent=True)
                    for k in range(len(explained))
                ]
                phi = np.stack([np.asarray(part.values) for part in parts])
                phi = phi.reshape(len(parts), problem.d, problem.o)  # of one output it has no axis
                base = np.concatenate([np.asarray(part.base_values) for part in parts])
                # local accuracy: with it they add up to the prediction itself
                Y += weight * (base.reshape(len(phi), problem.o) + phi.sum(axis=1))
                phis.append(phi.transpose(0, 2, 1))
        of_groups = np.stack(phis)
        varies = varying(Y, self.name, problem.outputs)
        phi = np.einsum("k,knoi->noi", weights, of_groups)
        columns = {"size": np.abs(phi), **centred("y", Y)}
        over_rows = Bootstrap(columns, rng, self.resamples, self.confidence, SAMPLING)

        def standardised(m: Means) -> Float[np.ndarray, "... o d"]:
            spread = np.where(varies, np.sqrt(variance(m, "y")), np.nan)
            return m["size"] / spread[..., None]

        sizes, squares = columns["size"], columns["y²"]
        shared = _of_background(phi, of_groups, weights)
        errors = relative_error(sizes), of_root_ratio(sizes, squares[..., None])
        # as many degrees of freedom as the fewer of the two have
        fewest = min(len(explained), len(groups))
        of_sizes, of_y = RowsTail(sizes), RowsTail(squares)
        more = 1 + of_sizes.not_met / np.maximum(sizes.mean(axis=0), _TINY)
        spread = np.sqrt(1 + of_y.not_met / np.maximum(squares.mean(axis=0), _TINY))[:, None]
        few, tail = carried_by_few(sizes), of_sizes.heaviness

        def ends(
            item: Estimate, error: Float[np.ndarray, "o d"], less: Float[np.ndarray, "o _"]
        ) -> Estimate:
            item = wider(item, np.hypot(error, shared), fewest)
            return item.with_unseen(item.value / less, item.value * more)

        by_size = ends(over_rows(lambda m: m["size"]), errors[0], np.ones_like(spread))
        by_scale = ends(over_rows(standardised), errors[1], spread)
        few_of_y = few | carried_by_few(squares[..., None])
        of_scale = np.fmax(tail, of_y.heaviness[:, None])
        return {
            "shap_abs": settled(by_size, few, tail).noted(few_said(few_of_y, problem.features)),
            "shap_abs_standardised": settled(by_scale, few_of_y, of_scale),
        }


def _of_background(
    phi: Float[np.ndarray, "n o d"],
    of_groups: Float[np.ndarray, "groups n o d"],
    weights: Float[np.ndarray, " groups"],
) -> Float[np.ndarray, "o d"]:
    """Return the relative standard error of mean |φ| by which rows stand for unknown inputs."""
    size = np.abs(phi).mean(axis=0)
    parts = np.einsum("noi,knoi->koi", np.sign(phi), of_groups) / len(phi)
    k = len(weights)
    variance = np.einsum("k,koi->oi", weights**2, (parts - size) ** 2) * k / (k - 1)
    return np.asarray(np.sqrt(variance) / np.where(size > 0, size, np.inf))


@contextmanager
def _global_state(seed: int) -> Iterator[int]:
    """Leave numpy's global generator, which shap seeds and draws from, as it was."""
    before = np.random.get_state(legacy=True)
    try:
        yield seed
    finally:
        np.random.set_state(before)
