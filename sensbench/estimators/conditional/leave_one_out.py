from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sensbench.estimators.conditional._losses import ConditionalLoss


@dataclass(frozen=True)
class LeaveOneOut(ConditionalLoss):
    """The loss of not knowing an input: f is averaged over it, given the others.

    Spends n(1 + d·draws) rows. No model is trained again: E[f|x_~i] is what is best known of the
    model's output without x_i. Its squared error is the mean of (y - f')(y - f'') over pairs of
    draws, which has no bias by their number. Against the model's own output: S_T·Var f. Compare
    Lei et al. 2018, doi:10.1080/01621459.2017.1307116, who train again.

    Of rows of data whose inputs have no law, one is fitted (``dependence``); a note says which.
    Intervals: Student's, by the delta method over the rows; they do not cover that fit.
    """

    name = "leave_one_out"
    measures = ("leave_one_out_mse", "leave_one_out_r2")
    ranks_by = "leave_one_out_r2"
    least_draws: ClassVar[int] = 2

    draws: int = 4

    def _rise(
        self,
        y: Float[np.ndarray, "n o"],
        base: Float[np.ndarray, "n o"],
        drawn: Float[np.ndarray, "draws n o"],
    ) -> Float[np.ndarray, "n o"]:
        residual = y - drawn
        pairs = residual.sum(axis=0) ** 2 - (residual**2).sum(axis=0)
        return pairs / (self.draws * (self.draws - 1)) - base

    def _measures(
        self,
        rise: Float[np.ndarray, "..."],
        variance_y: Float[np.ndarray, "..."],
        variance_f: Float[np.ndarray, "..."],
    ) -> dict[str, Float[np.ndarray, "..."]]:
        return dict(zip(self.measures, (rise, rise / variance_y), strict=True))
