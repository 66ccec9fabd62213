from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import require
from sensbench.estimator.bootstrap import Means, RowGroups, centred, variance
from sensbench.estimator.estimator import LATER, Estimator
from sensbench.estimator.interval import SAMPLING, Covers, Interval, check_confidence
from sensbench.estimator.linearised import (
    DELTA_METHOD,
    GROUPS,
    Linearised,
    symmetric_interval,
    with_skewed_end,
)
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.tails import (
    LargestOf,
    SquaredTail,
    carried_by_few,
    carriers,
    few_said,
    largest_kept,
    tail_shape,
    unseen,
)
from sensbench.estimator.varying import varying
from sensbench.estimators._exchange import exchanged, require_way, unchanged
from sensbench.inputs.rows import differ
from sensbench.model.exchange.updates import Change
from sensbench.problem.problem import Problem

_TARGETS: frozenset[Covers] = frozenset({"targets"})


@dataclass(frozen=True)
class Permutation(Estimator):
    """Permutation importance against y or the model's own output: scikit-learn's numbers.

    Spends n(1 + d·repeats) rows. Breiman 2001, doi:10.1023/A:1010933404324; the bridge to S_T:
    Gregorutti et al. 2017, doi:10.1007/s11222-016-9646-1.

    The spread over repeats is only the noise of the shuffling, so the intervals are of the rows
    instead: Student's, by the delta method, and longer upwards by what rows beyond the largest rise
    may add, as the tail of the rises tells. A row counts twice in the importance, as the row whose
    error is taken and as the donor of the shuffled value; both parts vary together (the linearised
    U-statistic: van der Vaart 1998, doi:10.1017/CBO9780511802256, chapter 12). The noise of the
    shuffling is in both parts and counted twice, which makes few repeats' intervals a little wide.

    The permutations are those of ``sklearn.inspection.permutation_importance``, for all outputs
    at once and without its copies and validation at every repeat. The columns of a group are
    shuffled by one permutation, as whole rows.

    Parameters
    ----------
    repeats
        How often every column is shuffled.
    confidence
        Level of the intervals.
    exchange
        ``"auto"``: from 100 inputs on, where a torch model begins with an affine layer, rows with
        one feature shuffled are not multiplied anew: that layer's result is updated. Outputs are
        checked against full rows in every block, and equal but for rounding. ``"full"``: every row
        goes through the whole model, to the bit.
    """

    name = "permutation"
    measures = ("permutation_mse", "permutation_r2", "permutation_total_order")
    ranks_by = "permutation_total_order"

    repeats: int = 5
    confidence: float = 0.95
    exchange: str = field(default="auto", metadata=LATER)

    def __post_init__(self) -> None:
        require_way(self.name, self.exchange)
        check_confidence(self.name, self.confidence)
        whole = isinstance(self.repeats, int) and self.repeats >= 1
        require(whole, self.name, "at least one repeat", self.repeats)

    @property
    def needs(self) -> Needs:
        """Every row once, and once more per input and repeat."""
        cost = Cost(1, per_feature=self.repeats)
        return Needs("either", targets=True, groups="one feature", minimum_rows=10, cost=cost)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        rows = problem.rows(budget // self.needs.cost(problem.d, problem.o, 1), rng)
        with problem.explained.many_calls():
            F = unchanged(problem.explained, rows.X, self.exchange)
            varies = varying(F, self.name, problem.outputs)
            y = F if rows.y is None else rows.y
            donors = _donors(len(rows), self.repeats, int(rng.integers(1, 2**31 - 1)))
            groups = RowGroups(len(rows), GROUPS)
            order = rng.permutation(len(rows))
            roles = np.empty((len(groups), problem.o, problem.d))
            largest = LargestOf((problem.d, problem.o), largest_kept(len(rows)))
            carried = np.empty((2, problem.o, problem.d))
            for j, of_feature in enumerate(_roles(problem, rows.X, y, F, donors, self.exchange)):
                roles[:, :, j] = groups.sums(of_feature, order)
                largest.add(j, of_feature)
                carried[:, :, j] = carriers(of_feature)
        sums = {"roles": roles}
        for name, column in (centred("y", y) | centred("f", F)).items():
            sums[name] = groups.sums(column, order)[..., None]
        interval = Linearised(sums, groups, self.confidence)
        # Every row has two roles, so the mean over rows counts the rise twice.
        mse = interval.means["roles"] / 2
        y_varies = differ(y)

        def spread(m: Means, of: str) -> Float[np.ndarray, "..."]:
            return np.where((varies & y_varies)[:, None], variance(m, of), np.nan)

        def statistics(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            rise = m["roles"] - mse
            return {
                "permutation_mse": rise,
                "permutation_r2": rise / spread(m, "y"),
                "permutation_total_order": rise / (2 * spread(m, "f")),
            }

        values, halves = interval(statistics)
        covers = SAMPLING if rows.y is None else SAMPLING | _TARGETS
        of = Interval(self.confidence, DELTA_METHOD, covers)
        # a rise is a difference of outputs, squared: heavy where the output's squares are
        of_rise, of_f, of_y = tail_shape(largest.kept, 0.0), _tail(F), _tail(y)
        rise = np.fmax(of_rise.T, of_f.shape[:, None])
        tails = {
            "permutation_mse": rise,
            "permutation_r2": np.fmax(rise, of_y.shape[:, None]),
            "permutation_total_order": rise,
        }
        few = carried_by_few(*carried) | carried_by_few(*carriers(_squares(F)))[:, None]
        few_of = {
            "permutation_mse": few,
            "permutation_r2": few | carried_by_few(*carriers(_squares(y)))[:, None],
            "permutation_total_order": few,
        }
        m = interval.means
        more = m["roles"] + unseen(largest.kept, of_rise, len(rows)).T
        spreads = {
            f"{k}²": m[f"{k}²"] + tail.unseen[:, None] for k, tail in (("f", of_f), ("y", of_y))
        }
        most, least = statistics({**m, "roles": more}), statistics({**m, **spreads})
        estimates = {
            name: with_skewed_end(symmetric_interval(value, halves[name], of), halves[name])
            .with_unseen(least[name], most[name])
            .with_tail(tails[name])
            .without(few_of[name])
            for name, value in values.items()
        }
        ranking = estimates[self.ranks_by]
        # what is unsettled is said of all methods alike
        said = few_said(few_of[self.ranks_by] & ~ranking.unsettled, problem.features)
        estimates[self.ranks_by] = ranking.noted(said)
        if not problem.space.independent:
            note = (
                f"inputs are {problem.space.dependence.describe()}: a column is shuffled alone, "
                f"so the rows leave that law, and the total-order scale is no share of the variance"
            )
            total = "permutation_total_order"
            estimates[total] = estimates[total].noted(note)
        still = [name for name, v in zip(problem.outputs, y_varies, strict=True) if not v]
        if still:
            note = f"undefined for {', '.join(still)}: the target is constant over the rows"
            estimates["permutation_r2"] = replace(estimates["permutation_r2"], note=note)
        return estimates


def _tail(y: Float[np.ndarray, "n o"]) -> SquaredTail:
    """Return the tail of what the variance of y is a mean of."""
    tail = SquaredTail(y.shape[1], len(y))
    tail.add(y - y.mean(axis=0))
    return tail


def _squares(y: Float[np.ndarray, "n o"]) -> Float[np.ndarray, "n o"]:
    return np.asarray((y - y.mean(axis=0)) ** 2)


def _donors(n: int, repeats: int, seed: int) -> Int[np.ndarray, "repeats n"]:
    """Return the row that each row's value comes from, in each of scikit-learn's repeats.

    Every feature is shuffled by a generator of the same seed, so the repeats are the same for all;
    each shuffles further what the one before left.
    """
    state = np.random.RandomState(seed)
    state = np.random.RandomState(state.randint(np.iinfo(np.int32).max + 1))
    shuffled, donors, drawn = np.arange(n), np.arange(n), []
    for _ in range(repeats):
        state.shuffle(shuffled)
        donors = donors[shuffled]
        drawn.append(donors)
    return np.array(drawn)


def _roles(
    problem: Problem,
    X: Float[np.ndarray, "n columns"],
    y: Float[np.ndarray, "n o"],
    F: Float[np.ndarray, "n o"],
    donors: Int[np.ndarray, "repeats n"],
    way: str,
) -> Iterator[Float[np.ndarray, "n o"]]:
    """Yield, feature by feature, the mean rise of the squared error that each row has part in.

    As the row evaluated and as the donor of the shuffled value.
    """
    blocks = problem.space.blocks
    base = (y - F) ** 2

    def exchanges() -> Iterator[Change]:
        for block in blocks:
            column = X[:, block]
            for donor in donors:
                yield block, column.take(donor, axis=0)

    outputs = exchanged(problem.explained, X, exchanges(), way)
    receivers = np.empty_like(donors)  # the inverse permutations
    np.put_along_axis(receivers, donors, np.arange(len(X))[None], axis=1)
    for _ in blocks:
        roles = np.zeros_like(base)
        for receiver in receivers:
            rise = y - next(outputs)
            rise *= rise
            rise -= base
            roles += rise
            roles += rise.take(receiver, axis=0)
        roles /= len(donors)
        yield roles
