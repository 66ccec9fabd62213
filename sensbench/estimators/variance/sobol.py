from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from jaxtyping import Float
from scipy.stats import norm

from sensbench.errors import NotApplicable, require
from sensbench.estimator.estimator import LATER, Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_interval_options
from sensbench.estimator.linearised import symmetric_interval
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, Impossible, NotAsked
from sensbench.estimator.varying import outputs_that_vary
from sensbench.estimators._exchange import require_way
from sensbench.estimators.variance import _formulas as formulas
from sensbench.estimators.variance import _subsets as subsets
from sensbench.estimators.variance._aggregated import with_aggregated
from sensbench.estimators.variance._asked_sets import (
    ASKED_BY,
    INTERACTIONS,
    positions,
    set_names,
    sets_of,
    with_subsets,
)
from sensbench.estimators.variance._indices import in_shape, indices, influences
from sensbench.estimators.variance._named_design import NamedDesign
from sensbench.estimators.variance._nets import NetSums
from sensbench.estimators.variance._pick_freeze import FIRST, TOTAL, PickFreeze, needs_of
from sensbench.estimators.variance._replicates import ReplicateSums, whole
from sensbench.estimators.variance._saltelli import Exchanged, Moments, Sums
from sensbench.estimators.variance._subsets import Subsets
from sensbench.measure import MEASURES
from sensbench.problem.problem import Problem

_DESIGNS = ("sobol", "latin_hypercube", "monte_carlo")


@dataclass(frozen=True)
class Sobol(Estimator):
    """Sobol' indices of first, total and, on request, second and third order, and of sets.

    Spends N(d + 2) rows, N(2d + 2) with second order, and as many as the options below say with
    what they ask, N being the largest power of two the budget pays for (other sizes lose the
    balance of the Sobol' sequence). Estimators: Saltelli et
    al. 2010, doi:10.1016/j.cpc.2009.09.018, or others of the literature, ``first`` and ``total``;
    those that exchange values between more samples of the inputs cost d rows more for each. The
    design is evaluated a block of base rows at a time and never held: the cost is little more than
    the model's own.

    Intervals: the base rows are two independently scrambled nets of N/2, each with the inputs in
    dimensions of its own; how they differ, and how parts of each do, gives the standard error, and
    Student's quantile allows for how little is known of it. The errors of the two nets' mean are
    some 1.1 to 1.5 times those of one net of N. With fewer than 32 base rows there is no interval.
    An input that no exchange moves has an index of 0 ± 0.

    A group of inputs has one index of each order: its columns are exchanged together, and d
    counts it once.

    Parameters
    ----------
    second_order
        Whether pairs get an index, at nearly twice the cost.
    interval
        ``"nets"``, as above; ``"salib"``: design, resamples and formulas of SALib 1.6, one net and
        a bootstrap of its rows (``sobol_salib`` runs SALib itself). That treats quasi-random rows
        as random, and is 1.2 to 6 times too wide, the more the larger N.
    resamples
        Of SALib's bootstrap.
    confidence
        Level of the intervals.
    exchange
        ``"auto"``: from 100 inputs on, where a torch model begins with an affine layer, rows with
        one feature exchanged are not multiplied anew: that layer's result is updated. Outputs are
        checked against full rows in every block, and equal but for rounding. ``"full"``: every row
        goes through the whole model, to the bit.
    first
        Estimator of the first order: ``"saltelli_2010"``, ``"jansen"``, ``"janon"``,
        ``"martinez"``, ``"mauntz"`` (the formula of the first by another name), ``"azzini"`` and
        ``"owen"``, of three samples. Formulas and sources are in ``_formulas.py``. Outputs are
        centred at their mean before, which spares some of them what an offset does to them.
    total
        Estimator of the total order: ``"jansen"``, ``"homma_saltelli"``, ``"saltelli"``,
        ``"sobol_2007"``, ``"janon"``, ``"glen_isaacs"``, ``"azzini_rosati"`` and ``"owen"``, of
        three samples.
    interactions
        ``"pairs"``: total interactions (superset indices) of all pairs, d(d - 1)/2 rows more;
        ``"triples"``: third-order indices as well, and d(d - 1)(d - 2)/6 rows more. Both bring
        second-order indices along. All are made of contrasts of rows that are 0 where features do
        not act together (``_subsets.py``), and so have errors as small as the interactions.
    sets
        Sets of features by name, ``(("a", "b"), ("b", "c", "d"))``: each gets a closed and a total
        index, for one row more.
    aggregated
        Whether first- and total-order indices of all outputs together are given: their means,
        weighted by the outputs' variances. They cost nothing.
    design
        ``"sobol"``, scrambled nets; ``"latin_hypercube"`` or ``"monte_carlo"``: 16 independent
        samples of N/16 base rows, any N, whose spread gives the interval.
    """

    name = "sobol"
    measures = (
        "first_order",
        "total_order",
        "second_order",
        "total_interaction",
        "third_order",
        "closed_of_set",
        "total_of_set",
        "aggregated_first_order",
        "aggregated_total_order",
    )
    ranks_by = "total_order"

    second_order: bool = False
    interval: str = "nets"
    resamples: int = 100
    confidence: float = 0.95
    exchange: str = field(default="auto", metadata=LATER)
    first: str = field(default="saltelli_2010", metadata=LATER)
    total: str = field(default="jansen", metadata=LATER)
    design: str = field(default="sobol", metadata=LATER)  # type: ignore[assignment,misc]
    interactions: str = field(default="none", metadata=LATER)
    sets: Sequence[Sequence[str]] = field(default=(), metadata=LATER)
    aggregated: bool = field(default=False, metadata=LATER)

    def __post_init__(self) -> None:
        require_way(self.name, self.exchange)
        check_interval_options(self.name, self.resamples, self.confidence)
        for switch in ("second_order", "aggregated"):
            given = getattr(self, switch)
            require(isinstance(given, bool), self.name, f"{switch} true or false", given)
        object.__setattr__(self, "sets", sets_of(self.name, self.sets))
        kinds = ("nets", "salib")
        require(self.interval in kinds, self.name, "interval 'nets' or 'salib'", self.interval)
        known_of = {
            "first": FIRST, "total": TOTAL, "design": _DESIGNS, "interactions": INTERACTIONS,
        }  # fmt: skip
        for parameter, known in known_of.items():
            given = getattr(self, parameter)
            require(given in known, self.name, f"{parameter} one of {', '.join(known)}", given)
        named = NamedDesign(self.design, partial(Estimator.design, self))
        object.__setattr__(self, "design", named)
        as_salib = self._as_ever and self.design == "sobol" and not self._more
        require(
            self.interval != "salib" or as_salib,
            self.name,
            "interval 'nets' with formulas, indices or a design that SALib does not have",
            self.interval,
        )

    @property
    def needs(self) -> Needs:
        of_base = needs_of(self.first, self.total, self._by_exchange)
        return with_subsets(of_base, self.first, self.total, self.interactions, len(self.sets))

    @property
    def _by_exchange(self) -> bool:
        """Whether pairs are exchanged between A and B both ways, for want of rows of their own."""
        return self.second_order and self.interactions == "none"

    @property
    def _more(self) -> bool:
        """Whether more is asked than indices of features and of pairs."""
        return self.interactions != "none" or bool(self.sets) or self.aggregated

    @property
    def _as_ever(self) -> bool:
        """Whether the formulas are those of :class:`Exchanged`."""
        return self.first in ("saltelli_2010", "mauntz") and self.total == "jansen"

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, space = problem.d, problem.space
        if space.groups and d == 1:
            raise NotApplicable(
                f"{self.name}: expected at least two features; got one group of all "
                f"{space.d} inputs, which explains everything"
            )
        N = budget // self.needs.cost(d, problem.o, 1)
        N = 1 << N.bit_length() - 1 if self.design == "sobol" else whole(N)
        if self.interval == "salib":
            estimates = self._as_salib(problem, N, rng)
        else:
            estimates = self._by_linearisation(problem, N, rng)
        absent: dict[str, Absent] = {name: NotAsked(option) for name, option in ASKED_BY.items()}
        if self.interactions == "triples" and d < 3:
            absent["third_order"] = Impossible(f"{d} features have no third order")
            estimates.pop("third_order", None)
        return absent | estimates

    def _as_salib(self, problem: Problem, N: int, rng: np.random.Generator) -> dict[str, Estimate]:
        design = Exchanged(problem.space, self.second_order, self.exchange)
        # SALib takes 0 for no seed at all
        of_design, of_resamples = (int(rng.integers(1, 2**31 - 1)) for _ in range(2))
        sums = Sums(design, N, (of_design, of_resamples), problem.explained, self.resamples)
        value = indices(sums.means, sums.moments, problem.d)
        self._leave_constant(problem, value, sums.moments, N * design.points)
        replicates = indices(sums.resampled, sums.moments, problem.d)
        z = norm.ppf(0.5 + self.confidence / 2)
        halves = {name: z * samples.std(axis=0, ddof=1) for name, samples in replicates.items()}
        of = Interval(self.confidence, "normal bootstrap", DESIGN, self.resamples)
        return {name: symmetric_interval(value[name], halves[name], of) for name in value}

    def _by_linearisation(
        self, problem: Problem, N: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        """Return indices of means, with intervals from what parts of the rows add to each."""
        design, model = self._rows(problem), problem.explained
        sums: NetSums | ReplicateSums
        if self.design == "sobol":
            sums = NetSums(design, N, model, rng)
        else:
            sums = ReplicateSums(design, N, model, rng, self.design)
        value, of_blocks = self._evaluated(sums.means, sums.moments, design, problem.d)
        names = set_names(self.sets, problem.features)
        self._leave_constant(problem, value, sums.moments, N * design.points)
        if N < sums.smallest_n:
            why = (
                f"no interval from {N} base rows: {sums.fewest} are the fewest that say how far "
                f"off it is, a budget of {sums.smallest_n * design.points:,} rows"
            )
            return {
                name: replace(Estimate.of(index, why), directions=names.get(name, ()))
                for name, index in value.items()
            }
        tails = sums.tails.shapes()
        of = Interval(self.confidence, sums.method, DESIGN)
        estimates = {}
        for name, added in of_blocks.items():
            half = in_shape(name, sums.half_widths(added, self.confidence), problem.d)
            half = half[0] if MEASURES[name].axis == "aggregate" else half
            estimate = symmetric_interval(value[name], half, of)
            of_sets = names.get(name, ())
            estimates[name] = replace(estimate, tail=tails.get(name), directions=of_sets)
        return estimates

    def _rows(self, problem: Problem) -> Exchanged | PickFreeze | Subsets:
        space, pairs = problem.space, self._by_exchange
        base = (
            Exchanged(space, pairs, self.exchange)
            if self._as_ever
            else PickFreeze(space, self.first, self.total, pairs, self.exchange)
        )
        if not self._more:
            return base
        whole = positions(self.name, self.sets, problem.features)
        pairs, triples = self.interactions != "none", self.interactions == "triples"
        rounding = float(np.finfo(problem.explained.precision).eps)
        return Subsets(base, pairs, triples, whole, rounding)

    def _evaluated(
        self,
        means: Float[np.ndarray, "parts blocks o k"],
        of: Moments,
        design: Exchanged | PickFreeze | Subsets,
        d: int,
    ) -> tuple[dict[str, Float[np.ndarray, "o ..."]], dict[str, Float[np.ndarray, "..."]]]:
        """Return the indices in their shapes, and what each block adds to them, flat."""
        mean = means.mean(axis=(0, 1))
        if isinstance(design, Subsets):
            base = design.base.products
            value, added = self._evaluated(means[..., :base], of, design.base, d)
            flat = subsets.indices(mean, of, design)
            value |= {name: in_shape(name, index, d) for name, index in flat.items()}
            added |= subsets.influences(means, of, design)
            if self.aggregated:
                value, added = with_aggregated(value, added)
            del value["variance"], added["variance"]
            return value, added
        if isinstance(design, Exchanged):
            return indices(mean, of, d), influences(means, of, d)
        flat = formulas.indices(mean, of, design)
        value = {name: in_shape(name, index, d) for name, index in flat.items()}
        return value, formulas.influences(means, of, design)

    def _leave_constant(
        self,
        problem: Problem,
        values: Mapping[str, Float[np.ndarray, "o ..."]],
        of: Moments,
        rows: int,
    ) -> None:
        """Write NaN, where SALib has zeros, for an output that does not vary."""
        varies = outputs_that_vary(
            of.spread, of.largest, of.first, rows, self.name, problem.outputs
        )
        for name, value in values.items():
            if MEASURES[name].axis != "aggregate":
                value[~varies] = np.nan
