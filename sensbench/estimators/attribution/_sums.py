"""Means of attributions over rows, with intervals, from sums over groups of rows."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float

from sensbench.estimator.bootstrap import Means, RowGroups, variance
from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.linearised import (
    DELTA_METHOD,
    Linearised,
    log_interval,
    symmetric_interval,
)
from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import (
    LargestOf,
    SquaredTail,
    largest_kept,
    tail_of_squares,
    tail_shape,
    unseen,
    unseen_of_squares,
)
from sensbench.estimator.varying import outputs_that_vary
from sensbench.estimators._moved import moved_either_way
from sensbench.estimators.attribution._draws import bias_left, mean_square, sizes, without_bias


class AttributionSums:
    """Sums over groups of rows of what mean |φ|, mean φ and rms φ are functions of.

    Parameters
    ----------
    groups
        Of the rows, which come in whole runs.
    o, m
        Outputs, and columns with attributions.
    """

    def __init__(self, groups: RowGroups, o: int, m: int):
        self._groups, self._o, self._m = groups, o, m
        n = int(groups.sizes.sum())
        self._phi = np.zeros((len(groups), 3, o, m))  # |φ|, φ, φ²
        self._outputs = np.zeros((len(groups), 2, o))  # centred y, its square
        self._centre, self._first, self._most = (np.zeros(o) for _ in range(3))
        self._sizes = LargestOf((o, m), largest_kept(n))
        self._tail_y = SquaredTail(o, n)
        self._by_draws = np.zeros((3, o, m))  # |φ| from all draws, halves and quarters
        self._start = 0
        self._rest: list[Float[np.ndarray, "_ o"]] = []

    def add(
        self,
        Y: Float[np.ndarray, "n o"],
        phi: Float[np.ndarray, "n o m"],
        quarters: Float[np.ndarray, "4 n o m"] | None = None,
        change: Float[np.ndarray, "n o"] | None = None,
    ) -> None:
        """Add a chunk of rows: outputs, attributions, and what these are to add up to."""
        if self._start == 0:
            self._first, self._centre = Y[0].copy(), Y.mean(axis=0)
        self._most = np.maximum(self._most, np.abs(Y).max(axis=0))
        size, square = np.abs(phi), phi**2
        if quarters is not None:
            by_draws = sizes(quarters)
            self._by_draws += by_draws.sum(axis=1)
            size, square = without_bias(by_draws), mean_square(quarters)
        for k, column in enumerate((size, phi, square)):
            self._add(self._phi[:, k], column)
        centred = Y - self._centre
        for k, column in enumerate((centred, centred**2)):
            self._add(self._outputs[:, k], column)
        for k in range(self._o):
            self._sizes.add(k, np.abs(phi[:, k]))
        self._tail_y.add(centred)
        if change is not None:
            self._rest.append(phi.sum(axis=2) - change)
        self._start += len(Y)

    def _add(
        self, sums: Float[np.ndarray, "groups ..."], column: Float[np.ndarray, "n ..."]
    ) -> None:
        flat = torch.from_numpy(np.ascontiguousarray(column).reshape(len(column), -1))
        runs = self._groups.runs(flat).numpy().reshape(-1, *column.shape[1:])
        self._groups.add(sums, runs, self._start)

    @property
    def _moments(self) -> tuple[Float[np.ndarray, " o"], Float[np.ndarray, " o"]]:
        """Mean and standard deviation of the outputs over the rows."""
        mean, square = self._outputs.sum(axis=0) / self._groups.sizes.sum()
        return self._centre + mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def missing(self, *, centred: bool = False) -> Float[np.ndarray, "n o"] | None:
        """Return by how much attributions exceed what they are to add up to, in σ_y.

        With ``centred``, that is the outputs less their mean over all rows. ``None`` where they
        are not to add up to anything.
        """
        if not self._rest:
            return None
        mean, sigma = self._moments
        rest = np.concatenate(self._rest) + (mean if centred else 0.0)
        return np.where(sigma > 0, rest / np.where(sigma > 0, sigma, 1.0), 0.0)

    def completeness(self, total: str, *, centred: bool = False) -> str:
        """Say how nearly the attributions of a row add up to a ``total``: of the worst output."""
        missing = self.missing(centred=centred)
        if missing is None:
            return ""
        typical = np.sqrt((missing**2).mean(axis=0)).max()
        return (
            f"the attributions of a row add up to {total} within {typical:.1g} standard deviations "
            f"of the output in root mean square, {np.abs(missing).max():.1g} at worst"
        )

    def estimates(
        self,
        who: str,
        outputs: Sequence[str],
        scale: Float[np.ndarray, " m"],
        confidence: float,
    ) -> Mapping[str, Estimate]:
        """Return ``abs``, ``mean`` and ``rms``, and each of them ``_standardised``.

        Raises
        ------
        ConstantOutputError
            No output varies.
        """
        n = int(self._groups.sizes.sum())
        varies = outputs_that_vary(self._moments[1], self._most, self._first, n, who, outputs)
        columns = (*self._phi.swapaxes(0, 1), *self._outputs.swapaxes(0, 1)[..., None])
        sums = dict(zip(("size", "phi", "square", "y", "y²"), columns, strict=True))

        def statistics(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            by = scale / np.sqrt(np.where(varies[:, None], variance(m, "y"), np.nan))
            return {
                "abs": m["size"],
                "mean": m["phi"],
                "rms": m["square"],
                "abs_standardised": m["size"] * by,
                "mean_standardised": m["phi"] * by,
                "rms_standardised": m["square"] * by**2,
            }

        linearised = Linearised(sums, self._groups, confidence)
        values, halves = linearised(statistics)
        m, missed, tails = linearised.means, self._unseen(), self._tails()
        # rows with large attributions raise the means, rows with outputs far out what they are
        # divided by, and few draws leave a bias; a mean that has a sign goes either way
        more = statistics({**m, **{k: m[k] + missed[k] for k in ("size", "square")}})
        size = np.maximum(m["size"] - bias_left(self._by_draws / n), 0.0)
        less = statistics({**m, "size": size, "y²": m["y²"] + missed["y²"]})
        either = moved_either_way(statistics, m, missed, "phi")
        of, found = Interval(confidence, DELTA_METHOD, SAMPLING), {}
        for name, value in values.items():
            kind = name.removesuffix("_standardised")
            signed = kind == "mean"
            item = (symmetric_interval if signed else _from_zero)(value, halves[name], of)
            ends = (less[name], more[name])
            if signed:
                ends = either[name].min(axis=0), either[name].max(axis=0)
            if kind == "rms":
                item, ends = item.map(np.sqrt), tuple(np.sqrt(np.maximum(e, 0.0)) for e in ends)
            tail = tails[kind] if kind == name else np.fmax(tails[kind], tails["y"])
            found[name] = item.with_unseen(*ends).with_tail(tail)
        return found

    def _tails(self) -> dict[str, Float[np.ndarray, "o _"]]:
        """Return how heavy the tails are of what the measures are means of."""
        sizes = self._sizes.kept
        size, square = tail_shape(sizes), tail_of_squares(sizes)
        return {"abs": size, "mean": size, "rms": square, "y": self._tail_y.shape[:, None]}

    def _unseen(self) -> dict[str, Float[np.ndarray, "o _"]]:
        """Return by how much means may be too small for rows that were not met."""
        sizes, n, tails = self._sizes.kept, int(self._groups.sizes.sum()), self._tails()
        return {
            "size": unseen(sizes, tails["abs"], n),
            "square": unseen_of_squares(sizes, tails["rms"], n),
            "y²": self._tail_y.unseen[:, None],
        }


def _from_zero(
    value: Float[np.ndarray, "..."], half: Float[np.ndarray, "..."], interval: Interval
) -> Estimate:
    """Return the interval of what cannot be negative, though its estimate may be, by its noise.

    On a logarithmic scale, unless 0 is within reach: then from there.
    """
    away = log_interval(value, half, interval)
    near = (half >= value) & (half > 0)
    value = np.maximum(value, 0.0)
    low, high = np.where(near, 0.0, away.low), np.where(near, value + half, away.high)
    return Estimate(value, np.where(np.isnan(half), np.nan, low), high, interval=interval)
