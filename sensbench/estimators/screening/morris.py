from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import require
from sensbench.estimator.bootstrap import Bootstrap, Means, centred, percentile, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, check_interval_options
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate, Impossible
from sensbench.estimator.varying import varying_in_either
from sensbench.estimators._widths import (
    RowsTail,
    carried_by_few,
    of_ratio,
    relative_error,
    settled,
    wider,
)
from sensbench.estimators.screening._probes import hardly_moving, look, missed, told
from sensbench.estimators.screening._trajectories import Trajectories, step_length, trajectories
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem

_SMALLEST_R = 4
_SMALLEST_SCALE_ROWS = 20
_CHUNK_BYTES = 2**24
# An output is taken to be off by so many roundings of the largest one.
_ROUNDINGS = 64


@dataclass(frozen=True)
class Morris(Estimator):
    """Elementary effects (mu, mu_star, sigma) on a grid of quantiles: SALib's numbers.

    Spends r(d + 1) rows on r trajectories, and ``scale_share`` of the budget on draws from the
    marginals, which give σ_y for the standardised mu_star (the grid's own spread is not the
    output's). Where a marginal is unbounded, the grid ends at its ``tail`` quantile.

    Morris 1991, doi:10.1080/00401706.1991.10484804; Campolongo et al. 2007,
    doi:10.1016/j.envsoft.2006.10.004. Intervals: percentile bootstrap over trajectories (SALib
    has one for mu_star only), and Student's on a logarithmic scale where that is wider; the ends
    allow for effects larger than any that were met. Where no more than four trajectories carry the
    effects, or the largest show a heavy tail, there is none, and a note says so.
    Trajectories and effects are those of SALib 1.6 for the same seed.

    A grid of few levels may miss an input: with four, sin(3x) on (-π, π) is 0 at every point. Up
    to a quarter of the draws for σ_y therefore probe inputs that hardly move the output on the
    grid: where they do off it, the standardised measure is NaN, and a note says so.

    An input of separate values steps between its quantiles, which may share a value: such a step
    moves nothing. mu_star counts it as an effect of 0; the standardised measure divides what all
    steps change by what all steps move, so that it stays the standardised slope of a linear
    model.

    The columns of a group step together, and d counts it once. Their effects have no common
    sign, which leaves it mu_star alone (Campolongo et al. 2007): its mu and sigma are NaN, those
    of single inputs are as ever, and where there are only groups both are absent. A group
    drawn as whole rows has no order to step along: it steps from one random row to another. The
    length of a group's step is the root mean square over its columns, each in its own standard
    deviations: for two columns of a one-hot code, the very step of either.
    """

    name = "morris"
    measures = ("mu", "mu_star", "sigma", "mu_star_standardised")
    ranks_by = "mu_star_standardised"

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

    @property
    def needs(self) -> Needs:
        """A trajectory visits d + 1 points; some draws more give the scale of the output."""
        cost = Cost(1, per_feature=1, extra=_SMALLEST_SCALE_ROWS)
        return Needs(
            "design", "independent", groups="one feature", minimum_rows=_SMALLEST_R, cost=cost
        )

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, o, space, model = problem.d, problem.o, problem.space, problem.explained
        n_scale = max(_SMALLEST_SCALE_ROWS, int(self.scale_share * budget))
        r = max(_SMALLEST_R, (budget - n_scale) // (d + 1))
        n_scale = min(n_scale, budget - r * (d + 1))

        seed = int(rng.integers(1, 2**31 - 1))  # SALib takes 0 for no seed
        jumps = {g: rng.random((r, 2)) for g in space.groups if g.rows is not None}
        most = max(1, _CHUNK_BYTES // (8 * (d + 1) * space.d))
        low, high = _ends(space, self.tail)
        rows, Y = _Steps(space, step_length(self.levels)), np.empty((r, d + 1, o))
        with model.many_calls():
            for first, walks in zip(
                range(0, r, most),
                trajectories(space, r, self.levels, seed, most),
                strict=True,
            ):
                some = slice(first, first + len(walks))
                ends = []
                for k, u in enumerate((walks.before, walks.after)):
                    u = low + u * (1.0 - low - high)
                    for group, before_after in jumps.items():
                        # a group drawn as whole rows steps between two random ones
                        u[:, space.columns.index(group.columns[0])] = before_after[some, k]
                    ends.append(u)
                before, after = np.split(space.from_unit(np.concatenate(ends)), 2)
                # rounded once, not again at every point of a walk
                given = (x.astype(model.precision, copy=False) for x in (before, after))
                X = walks.points(*given).reshape(-1, space.d)
                Y[some] = model(X).reshape(-1, d + 1, o)
                rows.add(walks, before, after, Y[some])
            columns = rows.columns()
            sizes, run = columns["size"], columns["run"]
            slope = rows.delta * sizes.mean(axis=0) / _positive(run.mean(axis=0))
            on_grid = Y.reshape(-1, o)
            spread_on_grid = on_grid.std(axis=0)
            seen = look(model, space, n_scale, hardly_moving(slope, spread_on_grid), rng)
        scale_Y = seen.Y
        varies = varying_in_either(
            (on_grid, scale_Y), (spread_on_grid, scale_Y.std(axis=0)), self.name, problem.outputs
        )

        interval = Bootstrap(columns, rng, self.resamples, self.confidence, DESIGN)
        squares, mean = columns["deviation²"], rows.mean_effect
        rounding = rows.rounding(np.abs(on_grid).max(axis=0), float(np.finfo(model.precision).eps))
        tail_of_sizes = RowsTail(sizes, rounding)
        tail_of_squares = RowsTail(squares, 2 * rounding * np.sqrt(squares.max(axis=0)))
        of_sizes, of_squares = tail_of_sizes.not_met, tail_of_squares.not_met
        moments = {
            "mu": interval(lambda m: m["deviation"] + mean),
            "mu_star": wider(interval(lambda m: m["size"]), relative_error(sizes), r),
            "sigma": wider(
                interval(lambda m: np.sqrt(variance(m, "deviation") * r / (r - 1))),
                relative_error(squares) / 2,
                r,
            ),
        }
        few, tail = carried_by_few(sizes), tail_of_sizes.heaviness
        scale = Bootstrap(centred("y", scale_Y), rng, self.resamples, self.confidence)
        scaled = _standardised(interval, scale, varies, rows.delta)
        scale_squares = (scale_Y - scale_Y.mean(axis=0)) ** 2
        of_scale = relative_error(scale_squares)[:, None] / 2
        error = np.hypot(of_ratio(sizes, run), of_scale)
        scaled = wider(scaled, error, min(r, len(scale_Y)))
        larger = 1 + of_sizes / _positive(interval.means["size"])
        spread = 1 + RowsTail(scale_squares).not_met / _positive(scale_squares.mean(axis=0))
        least, most = scaled.value / np.sqrt(spread)[:, None], scaled.value * larger
        few_of_y = few | carried_by_few(scale_squares[..., None])
        scaled = settled(scaled.with_unseen(least, most), few_of_y, tail)
        hidden = missed(seen, scaled.value, spread_on_grid, varies)
        scaled = scaled.map(lambda part: np.where(hidden, np.nan, part))
        for name, item in moments.items():
            more = np.sqrt(item.value**2 + of_squares) if name == "sigma" else item.value + of_sizes
            least = item.value - of_sizes if name == "mu" else item.value
            of = tail_of_squares.heaviness if name == "sigma" else tail
            moments[name] = settled(item.with_unseen(least, more), few | hidden, of)
        moments["mu_star"] = replace(moments["mu_star"], note=_few_said(few, problem, _CARRIED))
        notes = (
            _few_said(few_of_y & ~few, problem, _DIVIDED),
            _unmoved(interval.means["run"], problem),
            told(hidden, problem.features, problem.outputs),
        )
        return {
            **moments,
            **_without_sign(space, moments),
            "mu_star_standardised": replace(scaled, note="; ".join(filter(None, notes))),
        }


_CARRIED = "few trajectories carry the effects"
_DIVIDED = "few rows carry the output's standard deviation"


def _few_said(few: Bool[np.ndarray, "o d"], problem: Problem, why: str) -> str:
    named = [problem.features[i] for i in np.flatnonzero(few.any(axis=0)).tolist()]
    if not named:
        return ""
    return f"no interval for {_few(named)}: {why}; more tell"


def _positive(lengths: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return np.where(lengths > 0, lengths, np.inf)


def _standardised(
    steps: Bootstrap, output: Bootstrap, varies: Bool[np.ndarray, " o"], delta: float
) -> Estimate:
    """Return mu_star in standard deviations; steps and output come from separate rows.

    |Δy| and |Δx| are averaged before the division: on data, a step may be between two quantiles
    that share a value, and then moves nothing.
    """

    def slope(m: Means, s: Means) -> Float[np.ndarray, "..."]:
        run = np.where(m["run"] > 0, m["run"], np.nan)
        sigma_y = np.sqrt(np.where(varies, variance(s, "y"), np.nan))
        return delta * m["size"] / run / sigma_y[..., None]

    with np.errstate(divide="ignore"):
        value = slope(steps.means, output.means)
        replicates = slope(steps.resampled, output.resampled)
        return percentile(value, replicates, steps.confidence, steps.covers)


def _without_sign(
    space: InputSpace, moments: Mapping[str, Estimate]
) -> dict[str, Estimate | Absent]:
    """Return mu and sigma without the groups, for which they have no meaning.

    A group of one column that is not drawn from rows steps up or down as the column alone does.
    """
    groups = [g.name for g in space.groups if g.rows is not None or len(g.columns) > 1]
    if not groups:
        return {}
    why = "the effects of a group have no common sign; mu_star needs none"
    if len(groups) == len(space.names):
        return dict.fromkeys(("mu", "sigma"), Impossible(why))
    left_out = np.isin(space.names, groups)
    note = f"undefined for {_few(groups)}: {why}"

    def masked(item: Estimate) -> Estimate:
        return replace(item.map(lambda part: np.where(left_out, np.nan, part)), note=note)

    return {name: masked(moments[name]) for name in ("mu", "sigma")}


def _few(names: Sequence[str], most: int = 8) -> str:
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def _unmoved(run: Float[np.ndarray, "1 d"], problem: Problem) -> str:
    still = [name for name, step in zip(problem.features, run[0], strict=True) if step == 0]
    if not still:
        return ""
    return f"undefined for {_few(still)}: no step moved it; a larger budget may"


def _ends(
    space: InputSpace, tail: float
) -> tuple[Float[np.ndarray, " columns"], Float[np.ndarray, " columns"]]:
    """Return how far the grid is shrunk from below and above, away from infinite quantiles."""
    low, high = np.where(np.isinf(space.supports), tail, 0.0).T
    return low, high


class _Steps:
    """What each trajectory says of each feature, as columns to be resampled.

    The elementary effect, as its deviation from the mean, its size, and the length of the step in
    the feature (``run``, in its standard deviations).

    Attributes
    ----------
    delta
        The length of the step in the unit interval: times an effect, that in the output.
    mean_effect
        The mean over all trajectories, once :meth:`columns` are had.
    """

    def __init__(self, space: InputSpace, delta: float):
        self.delta, self._std = delta, space.std()
        self._first = np.array([block[0] for block in space.blocks])
        # columns of a group that do not vary are not counted
        self._several = [
            (i, block[self._std[block] > 0])
            for i, block in enumerate(space.blocks)
            if len(block) > 1
        ]
        self._effects: list[Float[np.ndarray, "r o d"]] = []
        self._runs: list[Float[np.ndarray, "r 1 d"]] = []

    def add(
        self,
        walks: Trajectories,
        before: Float[np.ndarray, "r columns"],
        after: Float[np.ndarray, "r columns"],
        Y: Float[np.ndarray, "r points o"],
    ) -> None:
        """Take some more trajectories, with the values of their columns before and after."""
        r, d = walks.step.shape
        rise = np.diff(Y, axis=1).reshape(r * d, -1)
        of_feature = rise.take((walks.step + d * np.arange(r)[:, None]).ravel(), axis=0)
        length = np.where(walks.up[:, self._first], self.delta, -self.delta)
        of_feature /= length.reshape(-1, 1)
        # in the order of what follows: each of many passes over it would go across otherwise
        effects = of_feature.reshape(r, d, -1).transpose(0, 2, 1)
        self._effects.append(np.ascontiguousarray(effects))
        moved = after - before
        run = np.empty((len(moved), 1, len(self._first)))
        with np.errstate(divide="ignore", invalid="ignore"):  # of a group's constant columns
            run[:, 0] = np.sqrt((moved[:, self._first] / self._std[self._first]) ** 2)
        for i, block in self._several:
            in_std = (moved[:, block] / self._std[block]) ** 2
            run[:, 0, i] = np.sqrt(in_std.mean(axis=1))
        self._runs.append(run)

    def rounding(self, largest: Float[np.ndarray, " o"], eps: float) -> Float[np.ndarray, "o 1"]:
        """Return what rounding makes of equal effects, from the outputs' size and precision."""
        return _ROUNDINGS * eps * largest[:, None] / self.delta

    def columns(self) -> dict[str, Float[np.ndarray, "r ..."]]:
        """Return the columns over all trajectories."""
        effects, run = np.concatenate(self._effects), np.concatenate(self._runs)
        self.mean_effect = effects.mean(axis=0)
        return {"size": np.abs(effects), **centred("deviation", effects), "run": run}
