from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sensbench.estimators.conditional._losses import ConditionalLoss


@dataclass(frozen=True)
class ConditionalPermutation(ConditionalLoss):
    """Permutation importance that keeps rows where rows occur: x_i is drawn given the others.

    Spends n(1 + d·draws) rows, against the targets where there are any, else the model's own
    output. A shuffled column combines values that do not occur together, where inputs correlate,
    and asks the model about these; a conditional draw does not (Strobl et al. 2008,
    doi:10.1186/1471-2105-9-307; Hooker, Mentch & Zhou 2021, doi:10.1007/s11222-021-10057-z).

    Of rows of data whose inputs have no law, one is fitted (``dependence``); a note says which.
    Intervals: Student's, by the delta method over the rows; they do not cover that fit.
    """

    name = "conditional_permutation"
    measures = (
        "conditional_permutation_mse",
        "conditional_permutation_r2",
        "conditional_permutation_total_order",
    )
    ranks_by = "conditional_permutation_total_order"

    def _rise(
        self,
        y: Float[np.ndarray, "n o"],
        base: Float[np.ndarray, "n o"],
        drawn: Float[np.ndarray, "draws n o"],
    ) -> Float[np.ndarray, "n o"]:
        return ((y - drawn) ** 2).mean(axis=0) - base

    def _measures(
        self,
        rise: Float[np.ndarray, "..."],
        variance_y: Float[np.ndarray, "..."],
        variance_f: Float[np.ndarray, "..."],
    ) -> dict[str, Float[np.ndarray, "..."]]:
        values = (rise, rise / variance_y, rise / (2 * variance_f))
        return dict(zip(self.measures, values, strict=True))
