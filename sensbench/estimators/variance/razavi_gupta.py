from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special
from scipy.stats import qmc

from sensbench.errors import require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import outputs_that_vary
from sensbench.problem.problem import Problem

# Stars that are independently scrambled or drawn: how these nets differ says how sure an index is.
_NETS, _ROWS = 16, 2**14


@dataclass(frozen=True)
class RazaviGupta(Estimator):
    """Total-order indices from variograms along the inputs: VARS-TO, by star-based sampling.

    Spends N(d(1/h - 1) + 1) rows: from each of N centres, points at every h of an input's range of
    quantiles, and the centre itself, input by input. Of a section y with pairs of points,
    T_i = (γ_i + C_i)/V: the variogram γ = ½E(y_a - y_b)² and the covariogram C = Cov(y_a, y_b)
    over the pairs of all lags within sections, on average over the stars (Razavi & Gupta 2016,
    doi:10.1002/2015WR017558; the design: doi:10.1002/2015WR017559). Together they are the variance
    within a section, so that the index is E[Var(f | x_~i)]/V. Puy et al. 2022,
    doi:10.1615/Int.J.UncertaintyQuantification.2021038133, compare it with Jansen's and others at
    the same cost.

    A section's points are at equal steps of probability, so that its variance is nearly exact for a
    smooth input; what is uncertain is the mean over stars. It is too low by as much as the steps
    leave out: of an effect that is linear in x's quantile by a share of h², 1 % at h = 0.1. The
    interval reaches up by twice what neighbours on a section say that is.

    Intervals: Student's, from 16 independent samples of N/16 centres; with fewer than 32 centres
    there is none.

    Parameters
    ----------
    h
        Distance of points on a section, in shares of the input's probability: 1 over a whole
        number.
    variance
        V from ``"all"`` points, or from the ``"centres"`` alone, as in Puy et al. and in sensobol.
    centres
        ``"sobol"``, scrambled nets; or ``"monte_carlo"``, independent points.
    """

    name = "razavi_gupta"
    measures = ("total_order",)
    ranks_by = "total_order"

    h: float = 0.1
    variance: str = "all"
    centres: str = "sobol"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        number = isinstance(self.h, float) and 0 < self.h <= 0.5
        whole = number and abs(1 / self.h - round(1 / self.h)) < 1e-6
        require(whole, self.name, "h of 1 over a whole number, 0.5 at most", self.h)
        for field, known in (
            ("variance", ("all", "centres")),
            ("centres", ("sobol", "monte_carlo")),
        ):
            given = getattr(self, field)
            require(given in known, self.name, f"{field} {' or '.join(map(repr, known))}", given)

    @property
    def _steps(self) -> int:
        """Points on a section, the centre among them."""
        return round(1 / self.h)

    @property
    def needs(self) -> Needs:
        """A centre, and the other points of a section for each input."""
        cost = Cost(1, per_feature=self._steps - 1)
        return Needs("design", "independent", minimum_rows=8, cost=cost)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        each = self.needs.cost(problem.d, problem.o, 1)
        N = budget // each
        nets = _NETS if N >= 2 * _NETS else 1
        means = _Means(problem.o, problem.d, nets, self.variance == "all")
        with problem.explained.many_calls():
            for net in range(nets):
                for u in self._centres(N // nets, problem.d, rng):
                    means.add(net, u, self._sections(problem, u))
        within, variance = means.whole
        rows = N // nets * nets * each
        varies = outputs_that_vary(
            np.sqrt(variance), means.largest, means.first, rows, self.name, problem.outputs
        )
        variance = np.where(varies, variance, np.nan)[:, None]
        value = within / variance
        if nets == 1:
            why = (
                f"no interval from {N} stars: {2 * _NETS} are the fewest, a budget of "
                f"{2 * _NETS * each:,} rows"
            )
            return {"total_order": Estimate.of(value, why)}
        of_within, of_variance = means.deviations
        added = (of_within - value * of_variance[..., None]) / variance
        spread = np.sqrt((added**2).sum(axis=0) / (nets * (nets - 1)))
        half = float(special.stdtrit(nets - 1, 0.5 + self.confidence / 2)) * spread
        of = Interval(self.confidence, "independent samples", DESIGN)
        # twice, as tails of an input lie further apart than its other quantiles
        left_out = 2 * means.between_steps / variance
        return {"total_order": Estimate(value, value - half, value + half + left_out, interval=of)}

    def _centres(
        self, n: int, d: int, rng: np.random.Generator
    ) -> Iterator[Float[np.ndarray, "some d"]]:
        """Yield the centres of one net, a block after the other."""
        if self.centres == "sobol":
            # the first of a whole net: SciPy warns of any other number
            u = qmc.Sobol(d, rng=rng).random_base2(max(n - 1, 1).bit_length())[:n]
        else:
            u = rng.random((n, d))
        at_once = max(1, _ROWS // (d * self._steps))
        for start in range(0, n, at_once):
            yield u[start : start + at_once]

    def _sections(
        self, problem: Problem, u: Float[np.ndarray, "n d"]
    ) -> Float[np.ndarray, "n d steps o"]:
        """Return the outputs on each centre's section along each input, the centre's first."""
        n, d = u.shape
        steps = np.arange(1, self._steps) / self._steps
        stars = np.broadcast_to(u[:, None, None], (n, d, len(steps), d)).copy()
        for i in range(d):
            stars[:, i, :, i] = (u[:, i, None] + steps) % 1.0
        rows = np.concatenate([u, stars.reshape(-1, d)])
        Y = problem.explained(problem.drawn_from.from_unit(rows))
        own = np.broadcast_to(Y[:n, None, None], (n, d, 1, Y.shape[1]))
        return np.concatenate([own, Y[n:].reshape(n, d, len(steps), -1)], axis=2)


class _Means:
    """Means over the stars of each net: of variances within sections, of y and of its square.

    Over all pairs of a section, ½(y_a - y_b)² and the covariance of y_a and y_b add up to the
    variance of the section's points.

    Attributes
    ----------
    largest, first
        Largest size and first value of each output.
    """

    def __init__(self, o: int, d: int, nets: int, everywhere: bool):
        self._everywhere = everywhere
        self._count = np.zeros((2, nets))
        self._within = np.zeros((nets, o, d))
        self._y = np.zeros((nets, 2, o))
        self._steps = np.zeros((o, d))
        self._shift: Float[np.ndarray, " o"] | None = None
        self.largest, self.first = np.zeros(o), np.zeros(o)

    def add(
        self, net: int, u: Float[np.ndarray, "n d"], sections: Float[np.ndarray, "n d steps o"]
    ) -> None:
        """Look at the sections of some stars."""
        centre = sections[:, 0, 0]
        if self._shift is None:
            self._shift, self.first = centre.mean(axis=0), centre[0]
        self.largest = np.maximum(self.largest, np.abs(sections).max(axis=(0, 1, 2)))
        self._within[net] += sections.var(axis=2).sum(axis=0).T
        steps = sections.shape[2]
        at = (u[..., None] + np.arange(steps) / steps) % 1.0
        inside = (np.roll(at, -1, axis=2) > at)[..., None]
        squares = np.where(inside, (np.roll(sections, -1, axis=2) - sections) ** 2, 0.0)
        self._steps += squares.sum(axis=(0, 2)).T / (12 * (steps - 1))
        y = centre
        if self._everywhere:
            # a centre is on every section and counts once
            rest = sections[:, :, 1:].reshape(-1, sections.shape[3])
            y = np.concatenate([centre, rest])
        y = y - self._shift
        self._y[net] += y.sum(axis=0), (y**2).sum(axis=0)
        self._count[:, net] += len(sections), len(y)

    @property
    def whole(self) -> tuple[Float[np.ndarray, "o d"], Float[np.ndarray, " o"]]:
        """The mean variance within sections, and the variance of y."""
        within = self._within.sum(axis=0) / self._count[0].sum()
        mean, square = self._y.sum(axis=0) / self._count[1].sum()
        return within, np.maximum(square - mean**2, 0.0)

    @property
    def between_steps(self) -> Float[np.ndarray, "o d"]:
        """The mean variance between neighbours on a section, of a straight line through both."""
        return self._steps / self._count[0].sum()

    @property
    def deviations(self) -> tuple[Float[np.ndarray, "nets o d"], Float[np.ndarray, "nets o"]]:
        """Each net's difference from both, to first order."""
        within = self._within / self._count[0][:, None, None]
        means = self._y / self._count[1][:, None, None]
        whole = self._y.sum(axis=0) / self._count[1].sum()
        apart = means - whole
        return within - self.whole[0], apart[:, 1] - 2 * whole[0] * apart[:, 0]
