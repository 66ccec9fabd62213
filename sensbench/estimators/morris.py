from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from SALib.analyze import morris as analysis
from SALib.sample import morris as design

from sensbench.bootstrap import Bootstrap, Means, centred, percentile, variance
from sensbench.errors import require
from sensbench.estimator import Estimator, check_interval_options, varying
from sensbench.problem import Problem
from sensbench.result import Absent, Estimate
from sensbench.space import InputSpace

_SMALLEST_R = 4
_SMALLEST_SCALE_ROWS = 20


@dataclass(frozen=True)
class Morris(Estimator):
    """Elementary effects (mu, mu_star, sigma) on a grid of quantiles, by SALib.

    Spends r(d + 1) rows on r trajectories, and ``scale_share`` of the budget on draws from the
    marginals, which give σ_y for the standardised mu_star (the grid's own spread is not the
    output's). Where a marginal is unbounded, the grid ends at its ``tail`` quantile.

    Morris 1991, doi:10.1080/00401706.1991.10484804; Campolongo et al. 2007,
    doi:10.1016/j.envsoft.2006.10.004. Intervals: percentile bootstrap over trajectories (SALib
    has one for mu_star only).

    An input of separate values steps between its quantiles, which may share a value: such a step
    moves nothing. mu_star counts it as an effect of 0; the standardised measure divides what all
    steps change by what all steps move, so that it stays the standardised slope of a linear
    model.

    The columns of a group step together, and d counts it once. Their effects have no common
    sign, which leaves mu_star alone: mu and sigma are absent (Campolongo et al. 2007). A group
    drawn as whole rows has no order to step along: it steps from one random row to another. The
    length of a group's step is the root mean square over its columns, each in its own standard
    deviations: for two columns of a one-hot code, the very step of either.
    """

    name = "morris"
    measures = ("mu", "mu_star", "sigma", "mu_star_standardised")
    ranks_by = "mu_star_standardised"
    design = True
    groups = True

    levels: int = 4
    scale_share: float = 0.2
    tail: float = 0.005
    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        even = isinstance(self.levels, int) and self.levels >= 2 and self.levels % 2 == 0
        require(even, self.name, "an even number of levels, at least 2", self.levels)
        require(0 < self.scale_share < 1, self.name, "scale_share in (0, 1)", self.scale_share)
        require(0 < self.tail < 0.5, self.name, "tail in (0, 0.5)", self.tail)

    def minimum_budget(self, problem: Problem) -> int:
        return _SMALLEST_R * (problem.d + 1) + _SMALLEST_SCALE_ROWS

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, o, space, model = problem.d, problem.o, problem.space, problem.explained
        n_scale = max(_SMALLEST_SCALE_ROWS, int(self.scale_share * budget))
        r = max(_SMALLEST_R, (budget - n_scale) // (d + 1))
        n_scale = min(n_scale, budget - r * (d + 1))

        unit_cube = {
            "num_vars": space.d,
            "names": list(space.columns),
            "groups": list(space.labels),
            "bounds": [[0, 1]] * space.d,
        }
        seed = int(rng.integers(1, 2**31 - 1))  # SALib takes 0 for no seed
        u = design.sample(unit_cube, r, num_levels=self.levels, seed=seed)
        X = space.from_unit(_jumping(_inside(u, space, self.tail), space, r, rng))
        Y = model(X)
        scale_Y = model(space.sample(n_scale, rng))
        varies = varying(np.concatenate([Y, scale_Y]), self.name, problem.outputs)

        steps = _steps_of(space, *(points.reshape(r, d + 1, -1) for points in (u, X, Y)))
        interval = Bootstrap(steps, rng, self.resamples, self.confidence)
        moments = {
            "mu": interval(lambda m: m["effect"]),
            "mu_star": interval(lambda m: m["size"]),
            "sigma": interval(lambda m: np.sqrt(variance(m, "effect") * r / (r - 1))),
        }
        for k in range(o):
            # Two resamples: its interval is not used.
            found = analysis.analyze(
                unit_cube, u, Y[:, k], num_resamples=2, num_levels=self.levels, seed=seed
            )
            for key, estimate in moments.items():
                estimate.value[k] = found[key]
        for estimate in moments.values():
            # SALib's numbers and the bootstrap's round differently where nothing varies
            np.minimum(estimate.low, estimate.value, out=estimate.low)
            np.maximum(estimate.high, estimate.value, out=estimate.high)

        spread = Bootstrap(centred("y", scale_Y), rng, self.resamples, self.confidence)
        scaled = _standardised(interval, spread, varies)
        note = _unmoved(interval.means["run"], problem)
        return {
            **moments,
            **_without_sign(space),
            "mu_star_standardised": replace(scaled, note=note),
        }


def _standardised(steps: Bootstrap, output: Bootstrap, varies: Bool[np.ndarray, " o"]) -> Estimate:
    """Return mu_star in standard deviations; steps and output come from separate rows.

    |Δy| and |Δx| are averaged before the division: on data, a step may be between two quantiles
    that share a value, and then moves nothing.
    """

    def slope(m: Means, s: Means) -> Float[np.ndarray, "..."]:
        run = np.where(m["run"] > 0, m["run"], np.nan)
        sigma_y = np.sqrt(np.where(varies, variance(s, "y"), np.nan))
        return m["rise"] / run / sigma_y[..., None]

    with np.errstate(divide="ignore"):
        value = slope(steps.means, output.means)
        return percentile(value, slope(steps.resampled, output.resampled), steps.confidence)


def _without_sign(space: InputSpace) -> dict[str, Absent]:
    """Return the measures that a group, whose columns step together, leaves without meaning."""
    if not space.groups:
        return {}
    named = ", ".join(group.name for group in space.groups)
    why = Absent(f"the effects of a group ({named}) have no common sign; mu_star has none")
    return {"mu": why, "sigma": why}


def _unmoved(run: Float[np.ndarray, "1 d"], problem: Problem) -> str:
    still = [name for name, step in zip(problem.features, run[0], strict=True) if step == 0]
    if not still:
        return ""
    return f"undefined for {', '.join(still)}: no step moved it; a larger budget may"


def _inside(
    u: Float[np.ndarray, "n d"], space: InputSpace, tail: float
) -> Float[np.ndarray, "n d"]:
    """Shrink the grid away from quantiles that are infinite."""
    supports = np.array([marginal.support() for marginal in space.marginals], dtype=np.float64)
    low, high = np.where(np.isinf(supports), tail, 0.0).T
    return low + u * (1.0 - low - high)


def _jumping(
    u: Float[np.ndarray, "n d"], space: InputSpace, r: int, rng: np.random.Generator
) -> Float[np.ndarray, "n d"]:
    """Let groups drawn as whole rows step between two random rows, once in each trajectory."""
    u = u.copy()
    for group in space.groups:
        if group.rows is not None:
            first = space.columns.index(group.columns[0])
            of_trajectory = u[:, first].reshape(r, -1)
            # A step is at least half of the unit interval.
            after = np.abs(of_trajectory - of_trajectory[:, :1]) > 0.25
            before_after = rng.random((r, 2))
            u[:, first] = np.where(after, before_after[:, 1:], before_after[:, :1]).ravel()
    return u


def _to_features(space: InputSpace) -> Float[np.ndarray, "d features"]:
    """Weights that turn the squared steps of columns into each feature's, in variances."""
    weights = np.zeros((space.d, len(space.names)))
    std = space.std()
    for i, block in enumerate(space.blocks):
        varying_columns = block[std[block] > 0]
        weights[varying_columns, i] = std[varying_columns] ** -2.0 / len(varying_columns)
    return weights


def _steps_of(
    space: InputSpace,
    u: Float[np.ndarray, "r points columns"],
    X: Float[np.ndarray, "r points columns"],
    Y: Float[np.ndarray, "r points o"],
) -> dict[str, Float[np.ndarray, "r ..."]]:
    """Return what each trajectory says of each feature, as columns to be resampled.

    The elementary effect (and its size), and the lengths of the step in the output (``rise``)
    and in the feature (``run``, in its standard deviations).
    """
    du = np.diff(u, axis=1)
    column = np.abs(du).argmax(axis=2)
    moved = np.array([space.names.index(label) for label in space.labels])[column]
    dx = np.sqrt(np.diff(X, axis=1) ** 2 @ _to_features(space))
    dy = np.diff(Y, axis=1)
    effects = _by_feature(dy / np.take_along_axis(du, column[..., None], 2), moved)
    run = np.take_along_axis(dx, moved[..., None], 2)
    return {
        "effect": effects,
        "size": np.abs(effects),
        **centred("effect", effects),
        "rise": _by_feature(np.abs(dy), moved),
        "run": _by_feature(run, moved),
    }


def _by_feature(steps: Float[np.ndarray, "r d k"], moved: np.ndarray) -> Float[np.ndarray, "r k d"]:
    """Reorder what belongs to the steps of a trajectory by the feature each one moved."""
    by_feature = np.empty_like(steps)
    np.put_along_axis(by_feature, moved[..., None], steps, axis=1)
    return by_feature.transpose(0, 2, 1)
