from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import require
from sensbench.estimator.bootstrap import RowGroups
from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators.attribution._baseline import Given, as_given, baseline_of
from sensbench.estimators.attribution._captum import (
    EXTRA,
    MODULE,
    Called,
    as_tensor,
    features_of_columns,
    quiet,
)
from sensbench.estimators.attribution._rows import Attribute, Attributed, Attribution
from sensbench.extras import imported
from sensbench.measure.attribution import measures_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class ShapleyValueSampling(Attribution):
    """Shapley values of predictions against a baseline, from random orders of the inputs.

    What f gains when the inputs take the row's values one after the other, averaged over orders
    (Štrumbelj & Kononenko 2010, J. Mach. Learn. Res. 11:1-18; Castro, Gómez & Tejada 2009,
    doi:10.1016/j.cor.2008.04.004), by Captum. Each order is gone there and back, which is exact
    for interactions of two inputs (Mitchell et al. 2022, doi:10.48550/arXiv.2104.12199). Spends
    n(2·orders·d + 1) rows and asks for no derivatives: any model will do. A note says by how
    much the attributions of a row fail to add up to f(x) - f(b): Captum adds up in single
    precision.

    Intervals: Student's, by the delta method over up to 32 groups of rows; the rows of a group
    share their orders, so that these are covered too. A group of columns is one feature.

    Parameters
    ----------
    orders
        Random orders for each row, each there and back.
    baseline
        ``"mean"`` of the rows or the law (of separate values, the nearest to it), ``"zero"``, or
        one number per input.
    """

    name = "shapley_value_sampling"
    measures = measures_of(name)
    ranks_by = "shapley_value_sampling_abs_standardised"
    extra = EXTRA
    # a call of Captum's for each
    _most_groups: ClassVar[int] = 32

    orders: int = 2
    baseline: Given = "mean"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        object.__setattr__(self, "baseline", as_given(self.name, self.baseline))
        whole = isinstance(self.orders, int) and not isinstance(self.orders, bool)
        require(whole and self.orders >= 1, self.name, "orders >= 1", self.orders)

    @property
    def needs(self) -> Needs:
        """Rows, each along every order, and its baseline."""
        cost = Cost(1, per_feature=2 * self.orders)
        return Needs("either", groups="one feature", minimum_rows=8, cost=cost)

    def _rows_for_each(self, problem: Problem) -> int:
        return 2 * self.orders * problem.d + 1

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        captum = imported(MODULE, self.extra, self.name)
        baseline = baseline_of(problem, self.baseline, self.name)
        features, row = features_of_columns(problem), as_tensor(baseline.row)

        def there_and_back(d: int, orders: int) -> Iterator[list[int]]:
            for _ in range(orders):
                order = rng.permutation(d).tolist()
                yield order
                yield order[::-1]

        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            called = Called(problem)
            sampling = captum.ShapleyValueSampling(called)
            # as Captum's own exact Shapley values do; its own orders come from a global generator
            sampling.permutation_generator = there_and_back
            # from the rows to the baseline, which is the same orders from their ends: the model is
            # checked on the first rows that it is given, and these are then real ones
            with quiet():
                lost = sampling.attribute(
                    row.repeat(len(X), 1),
                    baselines=as_tensor(X),
                    feature_mask=features,
                    n_samples=self.orders,
                )
            phi = -called.in_units(lost)[:, :, columns]
            return Attributed(called.first, phi, change=called.first - called.last)

        return attribute, baseline.said

    def _chunks(
        self, X: Float[np.ndarray, "n d"], groups: RowGroups, problem: Problem
    ) -> Iterator[Float[np.ndarray, "_ d"]]:
        """Yield the rows of one group after the other."""
        start = 0
        for size in groups.sizes.tolist():
            yield X[start : start + size]
            start += size
