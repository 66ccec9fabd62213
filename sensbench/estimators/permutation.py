from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.inspection import permutation_importance
from sklearn.metrics import mean_squared_error, r2_score

from sensbench.bootstrap import Bootstrap
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
    """

    name = "permutation"
    measures = ("permutation_mse", "permutation_r2", "permutation_total_order")
    ranks_by = "permutation_total_order"
    minimum_rows = 10

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
        fitted = _Fitted(problem.explained, rows.X)
        F = fitted.predict(rows.X)
        varies = varying(F, self.name, problem.outputs)
        y = F if rows.y is None else rows.y

        scores = _Scores(rows.X, self.repeats, problem.o)
        importances = permutation_importance(
            fitted,
            rows.X,
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
        y0, F0 = y - y.mean(axis=0), F - F.mean(axis=0)
        y_varies = y0.std(axis=0) > 0
        interval = Bootstrap(len(y), rng, self.resamples, self.confidence)

        def of_variance(
            m: Float[np.ndarray, "..."], v: Float[np.ndarray, "..."], v2: Float[np.ndarray, "..."]
        ) -> Float[np.ndarray, "..."]:
            variance = np.where(varies & y_varies, v2 - v**2, np.nan)[..., None]
            return (m - mse) / variance

        found = {
            "permutation_mse": interval(lambda m: m - mse, roles),
            "permutation_r2": interval(of_variance, roles, y0, y0**2),
            "permutation_total_order": interval(of_variance, roles, F0, F0**2).map(
                lambda value: value / 2
            ),
        }
        # The linearised statistic equals scikit-learn's number up to rounding; give theirs.
        found["permutation_mse"].value[:] = mse
        found["permutation_r2"].value[:] = np.where((varies & y_varies)[:, None], r2, np.nan)
        return found


class _Fitted:
    """The model as scikit-learn wants it; the unshuffled rows are evaluated only once."""

    def __init__(self, model: Model, X: Float[np.ndarray, "n d"]):
        self._model, self._X = model, X
        self._F = model(X)

    def fit(self, X: Any, y: Any) -> "_Fitted":
        return self

    def predict(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        return self._F if np.array_equal(X, self._X) else self._model(X)


class _Scores:
    """Scorer for all outputs at once, which keeps what each row contributed.

    ``roles`` is (n, o, d): the rise of the squared error of row i as the row evaluated plus as
    the donor of the shuffled value, summed over repeats. scikit-learn collapses several outputs
    into one score, hence one score per output and metric here.
    """

    def __init__(self, X: Float[np.ndarray, "n d"], repeats: int, o: int):
        self._X, self._repeats = X, repeats
        self._calls = 0
        self._base: Float[np.ndarray, "n o"] | None = None
        self.roles = np.zeros((len(X), o, X.shape[1]))

    def __call__(
        self, fitted: _Fitted, X: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n o"]
    ) -> dict[str, float]:
        F = fitted.predict(X)
        squares = (y - F) ** 2
        if self._base is None:  # scikit-learn's first call is the baseline
            self._base = squares
        else:
            self._keep(X, squares - self._base)
        errors = mean_squared_error(y, F, multioutput="raw_values")
        fits = r2_score(y, F, multioutput="raw_values")
        return {
            **{f"mse_{k}": -error for k, error in enumerate(errors)},
            **{f"r2_{k}": fit for k, fit in enumerate(fits)},
        }

    def _keep(self, X: Float[np.ndarray, "n d"], rise: Float[np.ndarray, "n o"]) -> None:
        j = self._calls // self._repeats  # columns in order, all repeats of one together
        self._calls += 1
        # Which row each shuffled value came from: both columns hold the same values.
        donors = np.empty(len(X), dtype=np.int64)
        donors[X[:, j].argsort(kind="stable")] = self._X[:, j].argsort(kind="stable")
        self.roles[:, :, j] += rise
        self.roles[donors, :, j] += rise
