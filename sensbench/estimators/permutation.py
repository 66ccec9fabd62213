from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.inspection import permutation_importance
from sklearn.metrics import mean_squared_error, r2_score

from sensbench.bootstrap import Bootstrap, Means, centred, variance
from sensbench.errors import require
from sensbench.estimator import Estimator, check_interval_options, varying
from sensbench.model import Model
from sensbench.problem import Problem
from sensbench.result import Absent, Estimate


@dataclass(frozen=True)
class Permutation(Estimator):
    """Permutation importance, by scikit-learn, against y or the model's own output.

    Spends n(1 + d·repeats) rows. Breiman 2001, doi:10.1023/A:1010933404324; the bridge to S_T:
    Gregorutti et al. 2017, doi:10.1007/s11222-016-9646-1.

    The spread over repeats is only the noise of the shuffling, so the intervals are a bootstrap
    over rows instead. A row counts twice in the importance, as the row whose error is taken and
    as the donor of the shuffled value; both parts are resampled together (the linearised
    U-statistic: van der Vaart 1998, doi:10.1017/CBO9780511802256, chapter 12).

    scikit-learn shuffles the numbers of the rows that each feature is taken from, one column of
    them per feature. So the columns of a group are shuffled by one permutation, and the donor of
    every value is known.
    """

    name = "permutation"
    measures = ("permutation_mse", "permutation_r2", "permutation_total_order")
    ranks_by = "permutation_total_order"
    minimum_rows = 10
    groups = True

    repeats: int = 5
    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        whole = isinstance(self.repeats, int) and self.repeats >= 1
        require(whole, self.name, "at least one repeat", self.repeats)

    def minimum_budget(self, problem: Problem) -> int:
        return self.minimum_rows * (1 + problem.d * self.repeats)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        rows = problem.rows(budget // (1 + problem.d * self.repeats), rng)
        fitted = _Fitted(problem.explained, rows.X, problem.space.blocks)
        donors = np.repeat(np.arange(len(rows))[:, None], problem.d, axis=1)
        F = fitted.predict(donors)
        varies = varying(F, self.name, problem.outputs)
        y = F if rows.y is None else rows.y

        scores = _Scores(len(rows), problem.d, problem.o, self.repeats)
        importances = permutation_importance(
            fitted,
            donors,
            y,
            scoring=scores,
            n_repeats=self.repeats,
            random_state=int(rng.integers(1, 2**31 - 1)),
        )
        mse, r2 = (
            np.stack([importances[f"{key}_{k}"].importances_mean for k in range(problem.o)])
            for key in ("mse", "r2")
        )

        roles = scores.roles / self.repeats
        y_varies = y.std(axis=0) > 0
        interval = Bootstrap(
            {"roles": roles, **centred("y", y), **centred("f", F)},
            rng,
            self.resamples,
            self.confidence,
        )

        def rise(m: Means) -> Float[np.ndarray, "..."]:
            return m["roles"] - mse

        def spread(m: Means, of: str) -> Float[np.ndarray, "..."]:
            return np.where(varies & y_varies, variance(m, of), np.nan)[..., None]

        found = {
            "permutation_mse": interval(rise),
            "permutation_r2": interval(lambda m: rise(m) / spread(m, "y")),
            "permutation_total_order": interval(lambda m: rise(m) / (2 * spread(m, "f"))),
        }
        # The linearised statistic equals scikit-learn's number up to rounding; give theirs.
        found["permutation_mse"].value[:] = mse
        found["permutation_r2"].value[:] = np.where((varies & y_varies)[:, None], r2, np.nan)
        still = [name for name, v in zip(problem.outputs, y_varies, strict=True) if not v]
        if still:
            note = f"undefined for {', '.join(still)}: the target is constant over the rows"
            found["permutation_r2"] = replace(found["permutation_r2"], note=note)
        return found


class _Fitted:
    """The model as scikit-learn wants it, of the rows that each feature is taken from.

    The unshuffled rows are evaluated only once.
    """

    def __init__(
        self,
        model: Model,
        X: Float[np.ndarray, "n columns"],
        blocks: Sequence[Int[np.ndarray, " m"]],
    ):
        self._model, self._X, self._blocks = model, X, blocks
        self._F = model(X)

    def fit(self, donors: Any, y: Any) -> "_Fitted":
        return self

    def predict(self, donors: Int[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        shuffled = np.flatnonzero((donors != np.arange(len(donors))[:, None]).any(axis=0))
        if not len(shuffled):
            return self._F
        X = self._X.copy()
        for j in shuffled.tolist():
            X[:, self._blocks[j]] = self._X[donors[:, j]][:, self._blocks[j]]
        return self._model(X)


class _Scores:
    """Scorer for all outputs at once, which keeps what each row contributed.

    ``roles`` is (n, o, d): the rise of the squared error of row i as the row evaluated plus as
    the donor of the shuffled value, summed over repeats. scikit-learn collapses several outputs
    into one score, hence one score per output and metric here.
    """

    def __init__(self, n: int, d: int, o: int, repeats: int):
        self._repeats = repeats
        self._calls = 0
        self._base: Float[np.ndarray, "n o"] | None = None
        self.roles = np.zeros((n, o, d))

    def __call__(
        self, fitted: _Fitted, donors: Int[np.ndarray, "n d"], y: Float[np.ndarray, "n o"]
    ) -> dict[str, float]:
        F = fitted.predict(donors)
        squares = (y - F) ** 2
        if self._base is None:  # scikit-learn's first call is the baseline
            self._base = squares
        else:
            j = self._calls // self._repeats  # features in order, all repeats of one together
            self._calls += 1
            rise = squares - self._base
            self.roles[:, :, j] += rise
            self.roles[donors[:, j], :, j] += rise  # a permutation: no row twice
        errors = mean_squared_error(y, F, multioutput="raw_values")
        fits = r2_score(y, F, multioutput="raw_values")
        return {
            **{f"mse_{k}": -error for k, error in enumerate(errors)},
            **{f"r2_{k}": fit for k, fit in enumerate(fits)},
        }
