from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from sensbench.estimator.bootstrap import Means, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, log_interval, symmetric_interval
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import outputs_that_vary
from sensbench.estimators._moved import moved_either_way
from sensbench.estimators.derivative._applicable import at_features, differentiable, held
from sensbench.estimators.derivative._slopes import SlopeSums
from sensbench.problem.problem import Problem

Measured = dict[str, Float[np.ndarray, "..."]]
_SIGNED, _SCALED = "mean", "_standardised"


@dataclass(frozen=True)
class SecondDerivative(Estimator):
    """Second derivatives over the inputs' distribution: how bent along an input, and interactions.

    Spends n forward rows and n(1 + d) backward rows per output: automatic differentiation goes
    back through the gradient, once per input, a chunk of rows at a time; no matrix is kept. Pure
    second derivatives have the mean, standard deviation and root mean square of NeuralSens
    (Pizarroso, Portela & Muñoz 2022, doi:10.18637/jss.v102.i07); mixed ones the mean size and root
    mean square, which are 0 for two inputs that do not interact. Standardised: times the inputs'
    standard deviations, over that of y.

    Inputs are ranked by the root mean square slope, which is computed on the way: of a model that
    is linear, or a product, pure second derivatives are 0 and say nothing of importance.

    A network of straight pieces (ReLU) has second derivatives of 0 nearly everywhere, and all its
    bends and interactions are in the kinks, which no second derivative sees: such a model is
    refused, not called one without interactions. So is one without automatic differentiation.

    Intervals: Student's, from standard errors by the delta method over groups of rows, as those of
    ``gradient``. Inputs that take separate values only, and groups of inputs, have no derivative:
    their values, and those of pairs with them, are NaN.
    """

    name = "second_derivative"
    measures = (
        "derivative_rms_standardised",
        *(
            f"second_derivative_{kind}{scale}"
            for scale in ("", "_standardised")
            for kind in ("mean", "std", "rms")
        ),
        *(
            f"cross_derivative_{kind}{scale}"
            for scale in ("", "_standardised")
            for kind in ("abs", "rms")
        ),
    )
    ranks_by = "derivative_rms_standardised"
    needs = Needs(
        "either", gradient=True, groups="one feature", cost=Cost(1, per_output=1, per_both=1)
    )

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        applies, columns = differentiable(problem)
        n = budget // (1 + problem.o * (1 + len(columns)))
        if problem.uses_rows and problem.data is not None:
            n = min(n, len(problem.data))
        seen = SlopeSums(problem, n, columns, rng, curvature=True)
        interval = seen.linearised(self.confidence)
        varies = outputs_that_vary(
            np.sqrt(variance(interval.means, "y"))[:, 0],
            seen.largest,
            seen.first,
            n,
            self.name,
            problem.outputs,
        )
        everything = _Everything(seen.centre, varies[:, None], problem.sigma()[columns])
        values, halves = interval(everything)
        least, most = everything.with_unseen(interval.means, seen.unseen())
        tails = everything.tails(seen.tails)
        of = Interval(self.confidence, DELTA_METHOD, SAMPLING)
        by_kind = {}
        for kind, value in values.items():
            ends = symmetric_interval if kind.startswith(_SIGNED) else log_interval
            estimate = ends(value, halves[kind], of).with_unseen(least[kind], most[kind])
            by_kind[kind] = estimate.with_tail(tails[kind])
        found = {name: everything.part(by_kind, name) for name in self.measures}
        if not problem.space.independent and not problem.uses_rows:
            found[self.ranks_by] = replace(found[self.ranks_by], note=held(problem))
        return at_features(found, applies)


class _Everything:
    """What is measured of a row's slopes and second derivatives, all of them side by side.

    By kind, ``"rms"`` or ``"rms_standardised"``: first a slope per input, then the upper triangle
    of the second derivatives.
    """

    def __init__(
        self,
        centre: Float[np.ndarray, "o k"],
        varies: Bool[np.ndarray, "o 1"],
        sigma: Float[np.ndarray, " m"],
    ):
        count = len(sigma)
        i, j = np.triu_indices(count)
        self._centre, self._varies = centre, varies
        self._scale = np.concatenate([sigma, sigma[i] * sigma[j]])
        self._count, self._pairs = count, np.triu_indices(count, 1)
        self._at = {
            "derivative": np.arange(count),
            "second_derivative": count + np.flatnonzero(i == j),
            "cross_derivative": count + np.flatnonzero(i < j),
        }

    def __call__(self, m: Means) -> Measured:
        """Return the measures from means of sizes, values (from the centre) and squares."""
        mean, spread = m["slope"] + self._centre, variance(m, "slope")
        rms = np.sqrt(spread + mean**2)
        raw = {_SIGNED: mean, "abs": m["size"], "rms": rms, "std": np.sqrt(spread)}
        sigma_y = np.sqrt(np.where(self._varies, variance(m, "y"), np.nan))
        return raw | {f"{kind}{_SCALED}": of * (self._scale / sigma_y) for kind, of in raw.items()}

    def with_unseen(self, m: Means, unseen: Means) -> tuple[Measured, Measured]:
        """Return the least and the most that the measures are with what was not met added.

        Larger derivatives make them larger; outputs far out smaller, by σ_y. A mean that has a
        sign may go either way, and nearer to 0.
        """
        more = self({**m, **{name: m[name] + unseen[name] for name in ("size", "slope²")}})
        less = self({**m, "y²": m["y²"] + unseen["y²"]})
        signed = [kind for kind in more if kind.startswith(_SIGNED)]
        either = moved_either_way(self, m, unseen, "slope", self._centre)
        return (
            {**less, **{kind: either[kind].min(axis=0) for kind in signed}},
            {**more, **{kind: either[kind].max(axis=0) for kind in signed}},
        )

    def tails(self, of: Mapping[str, Float[np.ndarray, "..."]]) -> Measured:
        """Return how heavy the tails are of what each is a mean, or a ratio of means, of."""
        size, square = of["size"], of["slope²"]
        raw = {_SIGNED: size, "abs": size, "rms": square, "std": square}
        return raw | {f"{kind}{_SCALED}": np.fmax(tail, of["y²"]) for kind, tail in raw.items()}

    def part(self, by_kind: Mapping[str, Estimate], name: str) -> Estimate:
        """Return a measure's values; of pairs a symmetric table with 0 on the diagonal."""
        scale = _SCALED if name.endswith(_SCALED) else ""
        what, kind = name.removesuffix(scale).rsplit("_", 1)

        def shaped(values: Float[np.ndarray, "o k"]) -> Float[np.ndarray, "o ..."]:
            some = values[:, self._at[what]]
            if what != "cross_derivative":
                return some
            i, j = self._pairs
            tables = np.zeros((len(values), self._count, self._count))
            tables[:, i, j] = tables[:, j, i] = some
            return tables

        item = by_kind[f"{kind}{scale}"]
        tail = None if item.tail is None else shaped(np.broadcast_to(item.tail, item.value.shape))
        return replace(item.map(shaped), tail=tail)
