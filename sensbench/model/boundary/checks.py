"""The checks one model gets once, at its first evaluation and its first derivative."""

import copy
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import DerivativeError
from sensbench.model.boundary.array_function import ArrayFunction
from sensbench.model.boundary.finite_differences import central_difference, scale_of_some
from sensbench.model.boundary.guards import (
    DerivativeMismatch,
    Slopes,
    rows_to_look_at,
    some_features,
    tolerance,
    wrong_rows,
    wrong_slopes,
)
from sensbench.model.boundary.jumps import Lines, doubtful, jumps, jumps_on, lines
from sensbench.model.boundary.memory import Remembered
from sensbench.model.boundary.row_guards import check_rows, near_rows, sample_rows, some_rows
from sensbench.model.boundary.torch_function import TorchFunction

_POINTS = 4
# rows of the pass in which a model is seen to be plain, and rows that are looked at all the same
_PASSED, _LOOKED_AT = 256, 16


class Checks:
    """Remembers what has been checked of a model, shared by all its metered views.

    Attributes
    ----------
    n_rows
        Rows evaluated for checks.
    """

    def __init__(
        self,
        function: TorchFunction | ArrayFunction,
        outputs: Sequence[str],
        features: Sequence[str] | None,
        d: int,
        differences: bool,
        known: Remembered,
        *,
        recalled: bool,
    ):
        self._function, self._outputs, self._features = function, outputs, features
        self._d, self._differences = d, differences
        # what is known of a module seen before was found on other rows
        self._known, self._recalled = known, recalled
        self.n_rows = 0

    def named(self, outputs: Sequence[str]) -> "Checks":
        """Return the same checks of outputs by other names."""
        view = copy.copy(self)
        view._outputs = outputs
        return view

    def rows(self, X: Float[np.ndarray, "n d"]) -> None:
        """Check once that outputs are repeatable and rows independent."""
        if self._known.rows:
            return
        points = self._function.rounded(some_rows(X, _POINTS))
        check_rows(self._values, points, self._function.who, self._outputs, self._function.eps)
        self._known.rows = True

    def derivatives(self, X: Float[np.ndarray, "n d"], features: Sequence[int] | None) -> None:
        """Check once per feature that the derivative is how the model changes.

        Raises
        ------
        DerivativeError
            Pairs where it is not, with both numbers.
        """
        f, known = self._function, self._known
        wanted = list(range(X.shape[1]) if features is None else features)
        if known.is_plain is None or (known.is_plain and self._recalled and not known.are_last(X)):
            known.is_plain = self._is_plain(X, wanted)
            known.passed(X)
        if known.is_plain:
            self._recalled = False
            return
        left = [i for i in wanted if i not in known.features]
        if not left and not self._recalled:
            return
        recalled, self._recalled = self._recalled, False
        if recalled and not left and known.are_last(X):
            return
        low, high = X.min(axis=0), X.max(axis=0)
        if recalled and (left or not known.reaches(low, high)):
            known.features.clear()
            known.second, left = False, wanted
        scale = scale_of_some(X)
        rows = f.rounded(near_rows(X, rows_to_look_at(X.shape[1]), left or wanted))
        look = hashlib.blake2b(rows.tobytes() + scale.tobytes()).digest()
        if not left:
            if not known.was_last(look):
                self._other_rows(rows, scale, wanted)
            known.looked_at(X, low, high, look)
            return
        points = f.rounded(sample_rows(X, _POINTS, left))
        ends = _around(low, high, scale)
        if self._differences:
            # every point costs evaluations, of a simulator perhaps
            s = self._differenced(scale)
            if not np.isfinite(self._values(points)).all():
                return
            mismatches = jumps(s, points, *ends, some_features(left))
        else:
            found = self._differentiated(rows, points, scale, left, ends)
            if found is None:
                return  # outside the model's domain: the rows asked for are judged by themselves
            mismatches = found
        if mismatches:
            how = "finite differences are" if self._differences else "autograd is"
            raise DerivativeError(
                f"{self._function.who}: expected a model that changes smoothly; it changes in "
                f"jumps that {how} blind to, so a derivative means nothing, for "
                f"{self._pairs(mismatches)} (trees, rounding, an integer cast, a threshold or a "
                f"data-dependent branch); leave the gradient estimator out: Sobol', Morris and "
                f"permutation measure jumps"
            )
        known.features.update(left)
        known.looked_at(X, low, high, look)

    def _is_plain(self, X: Float[np.ndarray, "n d"], features: list[int]) -> bool:
        """Whether all that the model does to rows is torch's own and smooth.

        Then autograd is right by what was seen of the pass; a few rows are looked at all the same.
        """
        f = self._function
        if self._differences or not isinstance(f, TorchFunction):
            return False
        rows = f.rounded(_all_over(X, features))
        found = f.plain_pass(rows, np.random.default_rng(6).uniform(0.5, 1.0, len(self._outputs)))
        self.n_rows += 2 * len(rows)
        if found is None:
            return False
        weights, Y, J = found
        at = np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(int)

        def values(Z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n 1"]:
            return (self._values(Z) @ weights)[:, None]

        def slopes(Z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n 1 d"]:
            return (weights @ self._jacobian(Z))[:, None]

        s = Slopes(values, slopes, f.rounded, lambda Z, i: _in_own([*slopes(Z)], i), f.eps)
        return not wrong_rows(s, rows[at], scale_of_some(rows), features, (Y[at], J[at]))

    def _differenced(self, scale: Float[np.ndarray, " d"]) -> Slopes:
        f = self._function

        def along(Z: Float[np.ndarray, "n d"], i: Any) -> Float[np.ndarray, "n o"]:
            return central_difference(self._values, Z, i, scale, f.eps, f.rounded)

        return Slopes(self._values, self._jacobian, f.rounded, along, f.eps, False, 1, 17)

    def _differentiated(
        self,
        rows: Float[np.ndarray, "r d"],
        points: Float[np.ndarray, "m d"],
        scale: Float[np.ndarray, " d"],
        features: list[int],
        ends: tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]],
    ) -> list[DerivativeMismatch] | None:
        """Return the jumps that autograd is blind to; nothing outside the model's domain.

        All that is to be differentiated is so in one batch: of small ones the calls are the cost.

        Raises
        ------
        DerivativeError
            Pairs whose derivative is not how the model changes.
        """
        f = self._function
        s = Slopes(self._values, self._jacobian, f.rounded, self._slopes_in, f.eps)
        walks = lines(s, points, *ends, some_features(features))
        walk = next(walks)
        m, r = len(points), len(points) + len(rows)
        apart = walk.rows[walk.apart]
        Y, slopes = self._values_and_slopes(np.concatenate([points, rows, apart]))
        J = np.stack([slope[:r] for slope in slopes], axis=1, dtype=np.float64)
        if not np.isfinite(Y[:m]).all():
            return None
        mismatches = wrong_slopes(s, points, scale, features, (Y[:m], J[:m]))
        mismatches = mismatches or wrong_rows(s, rows, scale, features, (Y[m:r], J[m:r]))
        self._refuse(mismatches)
        mismatches = self._jumps(s, walk, J[:m], Y[r:], [slope[r:] for slope in slopes])
        for walk in walks:
            some = self._values_and_slopes(walk.rows[walk.apart])
            mismatches += self._jumps(s, walk, J[:m], *some)
        return mismatches

    def _jumps(
        self,
        s: Slopes,
        walk: Lines,
        at_points: Float[np.ndarray, "m o d"],
        Y: Float[np.ndarray, "a o"],
        slopes: list[Float[np.ndarray, "a d"]],
    ) -> list[DerivativeMismatch]:
        """Return the jumps on lines of which some points are known, ``walk.apart``.

        A backward pass costs most of what is checked: only the lines of features that these leave
        in doubt get slopes at every point.
        """
        apart = walk.apart
        values = np.empty((len(apart), Y.shape[1]))
        values[apart], values[~apart] = Y, self._values(walk.rows[~apart])
        doubts = doubtful(s, walk, values, _in_own(slopes, walk.which[apart]))
        if not doubts.any():
            return []
        walk = walk.of(doubts)
        values, slopes = self._values_and_slopes(walk.rows)
        return jumps_on(s, walk, values, _in_own(slopes, walk.which), walk.at_points(at_points))

    def _other_rows(
        self,
        rows: Float[np.ndarray, "r d"],
        scale: Float[np.ndarray, " d"],
        features: list[int],
    ) -> None:
        """Check the derivative of a module seen before on rows that were not.

        Raises
        ------
        DerivativeError
            As :meth:`derivatives`.
        """
        if self._differences:
            return
        f = self._function
        s = Slopes(self._values, self._jacobian, f.rounded, self._slopes_in, f.eps)
        self._refuse(wrong_rows(s, rows, scale, features, self._values_and_jacobian(rows)))

    def _refuse(self, mismatches: list[DerivativeMismatch]) -> None:
        if mismatches:
            self._known.features.clear()
            raise DerivativeError(
                f"{self._function.who}: expected autograd to agree with finite differences to "
                f"{tolerance(self._function.eps):.0e} of a slope; it does not for "
                f"{self._pairs(mismatches)} (detach, "
                f"no_grad, .data, a numpy call, an integer cast, autograd.grad without "
                f"create_graph=True or a custom backward "
                f"inside forward); mend forward, or ask for "
                f"derivatives='finite-difference', or leave the gradient estimator out"
            )

    def second_derivatives(self, X: Float[np.ndarray, "n d"], features: Sequence[int]) -> None:
        """Check once that the gradient changes as its derivative says: not in the jumps of ReLU.

        Raises
        ------
        DerivativeError
            The gradient is piecewise constant, or its derivative is cut off.
        """
        if self._known.second or not isinstance(self._function, TorchFunction):
            return
        function, d = self._function, X.shape[1]

        def slopes(Z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k d"]:
            self.n_rows += len(Z) * len(self._outputs) * d
            return function.hessian(Z).reshape(len(Z), -1, d)

        def values(Z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
            return self._jacobian(Z).reshape(len(Z), -1)

        points, scale = function.rounded(sample_rows(X, _POINTS, features)), scale_of_some(X)
        s = Slopes(
            values,
            slopes,
            function.rounded,
            lambda Z, i: slopes(Z)[np.arange(len(Z)), :, i],
            # a gradient has gone through twice the operations
            100 * function.eps,
            jump_share=0.5,
        )
        low, high = _around(X.min(axis=0), X.max(axis=0), scale)
        # beyond the data too: few rows may lie in one piece of a network of kinks
        mismatches = jumps(
            s, points, low - 3 * scale, high + 3 * scale, some_features(list(features))
        )
        if mismatches:
            raise DerivativeError(
                f"{function.who}: expected a model with a curvature; its gradient changes mostly "
                f"in jumps, as with ReLU, sort or max, for {self._second_pairs(mismatches)}: the "
                f"second derivative, 0 nearly everywhere for a piecewise linear network, is right "
                f"between the jumps and says nothing of them, nor of interactions; use a smooth "
                f"activation (tanh, GELU, softplus), or pairwise Sobol' indices"
            )
        mismatches = wrong_slopes(s, points, scale, list(features))
        if mismatches:
            raise DerivativeError(
                f"{function.who}: expected second derivatives by autograd to agree with finite "
                f"differences of the gradient to {tolerance(s.eps):.0e} of them; they do not for "
                f"{self._second_pairs(mismatches)} (a detach, or a custom backward whose own "
                f"derivative is cut off); mend forward, or use pairwise Sobol' indices"
            )
        self._known.second = True

    def _values(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        self.n_rows += len(X)
        return self._function.values(X)

    def _jacobian(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o d"]:
        return self._values_and_jacobian(X)[1]

    def _values_and_jacobian(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
        Y, slopes = self._values_and_slopes(X)
        return Y, np.stack(slopes, axis=1, dtype=np.float64)

    def _slopes_in(
        self, X: Float[np.ndarray, "n d"], features: Int[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n o"]:
        return _in_own(self._values_and_slopes(X)[1], features)

    def _values_and_slopes(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n o"], list[Float[np.ndarray, "n d"]]]:
        self.n_rows += len(X) * (1 + len(self._outputs))
        return self._function.values_and_slopes(X)  # type: ignore[union-attr]

    def _feature(self, i: int) -> str:
        return self._features[i] if self._features is not None else f"x{i + 1}"

    def _pairs(self, mismatches: list[DerivativeMismatch]) -> str:
        what = "finite differences" if self._differences else "autograd"
        return _listed(
            f"∂{self._outputs[one.output]}/∂{self._feature(one.feature)} ({what} "
            f"{one.claimed:.4g}, real change {one.found:.4g})"
            for one in mismatches
        )

    def _second_pairs(self, mismatches: list[DerivativeMismatch]) -> str:
        d = self._d
        return _listed(
            f"output {self._outputs[one.output // d]} in {self._feature(one.feature)} and "
            f"{self._feature(one.output % d)} (second derivative {one.claimed:.4g}, real "
            f"change {one.found:.4g})"
            for one in mismatches
        )


def _all_over(X: Float[np.ndarray, "n d"], features: Sequence[int]) -> Float[np.ndarray, "m d"]:
    """Return some rows: from the first to the last, and those at the ends of features."""
    if len(X) <= _PASSED:
        return X
    ends = X[:, some_features(features)]
    spread = np.linspace(0, len(X) - 1, _PASSED).astype(int)
    return X[np.concatenate([spread, ends.argmin(axis=0), ends.argmax(axis=0)])]


def _in_own(
    slopes: list[Float[np.ndarray, "n d"]], features: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "n o"]:
    """Return each row's slopes in a feature of its own."""
    each = np.arange(len(features))
    return np.stack([slope[each, features] for slope in slopes], axis=1, dtype=np.float64)


def _listed(items: Iterable[str], most: int = 4) -> str:
    listed = list(items)
    more = f" and {len(listed) - most} more pairs" if len(listed) > most else ""
    return "; ".join(listed[:most]) + more


def _around(
    low: Float[np.ndarray, " d"], high: Float[np.ndarray, " d"], scale: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Return where to look for jumps: the data's range, or around what does not vary."""
    alone = high - low <= 1e-12 * np.abs(high)
    return np.where(alone, low - 2 * scale, low), np.where(alone, high + 2 * scale, high)
