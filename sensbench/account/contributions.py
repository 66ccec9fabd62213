"""What every base row contributes to every estimand on a way, from counted calls of the model."""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float

from sensbench.account.chain import ALONG, OF_SLOPES, OF_STEPS, OF_WAYS, Level
from sensbench.account.coupled import Coupled, exchanged_rows, length
from sensbench.account.grid import GridSteps, grid_steps
from sensbench.account.spectrum import neighbours, spectrum
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model
from sensbench.problem.problem import Problem

Columns = dict[str, Float[np.ndarray, "n o d"]]
# Slopes are taken at so many points on the way of every change.
_POINTS = 2


def cost_per_row(problem: Problem, levels: Iterable[Level], d: int, joint: bool) -> int:
    """Return the model's rows that one base row costs, for ``d`` features."""
    levels, slopes = set(levels), problem.explained.rows_per_gradient
    changed = levels - OF_SLOPES
    cost = slopes if levels & OF_SLOPES else 1
    if joint and needs_product(levels):
        cost += slopes if Level.PRODUCT in levels else 1
    cost += d * bool(needs_total(levels))
    cost += d * _POINTS * slopes * bool(levels & OF_WAYS)
    cost += (1 + d if joint else 2 * d) * (Level.FIRST in levels)
    cost += d * bool(changed & {Level.ON_ROWS, Level.ON_TARGETS} and joint)
    return cost + 2 * d * (Level.ON_GRID in levels)


def needs_product(levels: set[Level]) -> bool:
    """Return whether any estimand is of independent inputs."""
    return bool(levels & {Level.PRODUCT, Level.FIRST} or needs_total(levels))


def needs_total(levels: set[Level]) -> bool:
    """Return whether any estimand is of the change among independent inputs."""
    return bool(levels & ({Level.TOTAL, Level.FIRST} | OF_WAYS | OF_STEPS))


class Contributions:
    """Columns of one set of base rows, for some features, of all outputs.

    Parameters
    ----------
    features
        Positions of the features that are looked at.
    targets
        Measured outputs of the base rows, where there are any.
    """

    def __init__(
        self,
        model: Model,
        space: InputSpace,
        coupled: Coupled,
        features: list[int],
        levels: Iterable[Level],
        targets: Float[np.ndarray, "n o"] | None,
        steps: GridSteps,
        harmonics: int,
        rng: np.random.Generator,
    ):
        self._model, self._space, self._coupled, self._features = model, space, coupled, features
        self._levels, self._targets, self._rng = set(levels), targets, rng
        self._steps, self._harmonics = steps, harmonics
        self.columns: Columns = {}

    def compute(self) -> Columns:
        """Return the columns; every call of the model is counted."""
        with self._model.many_calls():
            self._lengths()
            f = self._of_rows()
            if needs_product(self._levels):
                self._of_product(f)
            if self._coupled.donor is not None and self._levels & {Level.ON_ROWS, Level.ON_TARGETS}:
                self._permuted(f)
            if Level.ON_GRID in self._levels:
                self.columns |= grid_steps(
                    self._model, self._space, len(f), self._features, self._steps, self._rng
                )
        if Level.NEIGHBOURS in self._levels:
            self._each("neighbours", (neighbours(x, f, self._rng) for x in self._positions()))
        if Level.SPECTRUM in self._levels:
            each = (spectrum(x, f, self._harmonics, self._rng) for x in self._positions())
            self._each("spectrum", each)
        return self.columns

    def _positions(self) -> list[Float[np.ndarray, " n"]]:
        return [self._coupled.X[:, self._coupled.blocks[i][0]] for i in self._features]

    def _each(self, name: str, columns: Iterable[Float[np.ndarray, "n o"]]) -> None:
        self.columns[name] = np.stack(list(columns), axis=-1)

    def _lengths(self) -> None:
        std = self._space.std()
        lengths = [length(self._coupled, i, std) for i in self._features]
        self._length = np.stack(lengths, axis=-1)[:, None]
        if self._levels & (ALONG | OF_STEPS):
            self.columns["spread"] = self._coupled.by_row(self._length**2 / 2)
        if self._levels & OF_STEPS:
            self.columns["run"] = self._coupled.by_row(np.abs(self._length))

    def _slopes(
        self, X: Float[np.ndarray, "n columns"]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        at = [int(self._coupled.blocks[i][0]) for i in self._features]
        Y, J = self._model.values_and_jacobian(X, at)
        return Y, J[:, :, at]

    def _of_rows(self) -> Float[np.ndarray, "n o"]:
        """Return the outputs of the base rows; add what their slopes give."""
        if not self._levels & OF_SLOPES:
            return self._model(self._coupled.X)
        f, g = self._slopes(self._coupled.X)
        self.columns |= {"slope": g, "size": np.abs(g), "square": g**2}
        return f

    def _of_product(self, f: Float[np.ndarray, "n o"]) -> None:
        coupled, whole = self._coupled, self._levels
        if coupled.donor is not None:
            if Level.PRODUCT in whole:
                f, g = self._slopes(coupled.product)
                of_rows = [g[coupled.context[i], :, k] ** 2 for k, i in enumerate(self._features)]
                self._each("square of product", of_rows)
            else:
                f = self._model(coupled.product)
        if not needs_total(whole):
            return
        changes = np.stack(
            [self._change(coupled.product, f, coupled.context[i], i) for i in self._features],
            axis=-1,
        )
        self.columns["total"] = coupled.by_row(changes**2 / 2)
        if whole & OF_STEPS:
            self.columns["rise"] = coupled.by_row(np.abs(changes))
        if whole & OF_WAYS:
            self._ways(changes)
        if Level.FIRST in whole:
            both = [changes[..., k] * again / 2 for k, again in enumerate(self._changes_again())]
            self.columns["first"] = coupled.by_row(np.stack(both, axis=-1))

    def _changes_again(self) -> Iterator[Float[np.ndarray, "n o"]]:
        """Yield the same change of each feature, all other inputs drawn anew."""
        coupled, same = self._coupled, np.arange(len(self._coupled.X))
        if coupled.donor is not None:
            f = self._model(coupled.again)
        for i in self._features:
            block, context = coupled.blocks[i], coupled.context_again[i]
            if coupled.donor is not None:
                yield self._change(coupled.again, f, context, i)
            else:
                before = exchanged_rows(coupled.again, block, coupled.X[:, block])
                yield self._change(before, self._model(before), same, i)

    def _change(
        self, rows: Float[np.ndarray, "n columns"], f: Float[np.ndarray, "n o"],
        context: np.ndarray, feature: int,
    ) -> Float[np.ndarray, "n o"]:  # fmt: skip
        """Return the change of f when a feature takes its other values, the context given."""
        block = self._coupled.blocks[feature]
        changed = exchanged_rows(rows[context], block, self._coupled.others[:, block])
        return self._model(changed) - f[context]

    def _ways(self, changes: Float[np.ndarray, "n o d"]) -> None:
        """Add what two points on the way of every change say of the slopes there.

        The way up and down is the change and twice what goes the other way; as the two points are
        independent, the product of what each says of it has the squared length for its mean.
        """
        coupled = self._coupled
        squares, lengths = np.empty_like(changes), np.empty_like(changes)
        for k, i in enumerate(self._features):
            block, change = coupled.blocks[i], changes[..., k]
            delta = self._length[..., k]
            start, end = coupled.X[:, block], coupled.others[:, block]
            context = coupled.product[coupled.context[i]]
            mean_square, long = np.zeros_like(change), np.full_like(change, 0.5)
            for t in self._rng.random((_POINTS, len(start), 1)):
                rows = exchanged_rows(context, block, start + t * (end - start))
                _, J = self._model.values_and_jacobian(rows, [int(block[0])])
                g = J[:, :, block[0]]
                mean_square += g**2 / _POINTS
                back = np.abs(delta) * np.maximum(0.0, -np.sign(change * delta) * g)
                long *= np.abs(change) + 2 * back
            squares[..., k], lengths[..., k] = delta**2 * mean_square / 2, long
        self.columns["way"] = coupled.by_row(squares)
        self.columns["way length"] = coupled.by_row(lengths)

    def _permuted(self, f: Float[np.ndarray, "n o"]) -> None:
        """Add the same changes among the inputs of the rows themselves."""
        coupled, identity = self._coupled, np.arange(len(f))
        own, measured = [], []
        for i in self._features:
            change = self._change(coupled.X, f, identity, i)
            own.append(change**2 / 2)
            if self._targets is not None:
                error = self._targets - f
                measured.append(((error - change) ** 2 - error**2) / 2)
        self._each("on rows", own)
        self.columns["on rows"] = coupled.by_row(self.columns["on rows"])
        if measured:
            self._each("on targets", measured)
            self.columns["on targets"] = coupled.by_row(self.columns["on targets"])
