from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

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
class FeatureAblation(Attribution):
    """Feature ablation: the change of the output when one input is set to the baseline's value.

    f(x) - f(x with x_i = b_i), by Captum, averaged over n rows (Zeiler & Fergus 2014,
    doi:10.1007/978-3-319-10590-1_53, occlude images). Spends n(d + 1) rows and asks for no
    derivatives: any model will do. What two inputs do together is counted for both of them: the
    attributions of a row do not add up.

    Intervals: Student's, by the delta method over up to 128 groups of rows. A group is set to its
    baseline as a whole.

    Parameters
    ----------
    baseline
        ``"mean"`` of the rows or the law (of separate values, the nearest to it), ``"zero"``, or
        one number per input.
    """

    name = "feature_ablation"
    measures = measures_of(name)
    ranks_by = "feature_ablation_abs_standardised"
    needs = Needs("either", groups="one feature", minimum_rows=8, cost=Cost(1, per_feature=1))
    extra = EXTRA

    baseline: Given = "mean"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        object.__setattr__(self, "baseline", as_given(self.name, self.baseline))

    def _rows_for_each(self, problem: Problem) -> int:
        return problem.d + 1

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        captum = imported(MODULE, self.extra, self.name)
        baseline = baseline_of(problem, self.baseline, self.name)
        features, row = features_of_columns(problem), as_tensor(baseline.row[None])

        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            called = Called(problem)
            with quiet():
                phi = captum.FeatureAblation(called).attribute(
                    as_tensor(X), baselines=row, feature_mask=features
                )
            phi = called.in_units(phi.reshape(len(X), problem.o, -1))
            return Attributed(called.first, phi[:, :, columns])

        return attribute, baseline.said
