"""Mean absolute derivatives from points, for functions of which all else is exact."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import qmc

from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model
from sensbench.problem.truth import Truth, Truths
from sensbench.truths.implied import implied

_CHUNK = 2**13


def with_sampled_sizes(
    truths: Truths | Mapping[str, Truth],
    model: Model,
    space: InputSpace,
    *,
    points: int = 2**12,
    scrambles: int = 16,
    seed: int = 0,
) -> Truths:
    """Return the truths and, where E|∂f/∂x| is not among them, its estimate with standard error.

    Scrambled Sobol' points, as :func:`sensbench.truths.sampled.sampled`, but one derivative per
    point is all that is computed. Truths without other moments of derivatives stay without:
    the function has none.

    Parameters
    ----------
    truths
        With the exact variance.
    points, scrambles
        Per scrambling, a power of two; and at least two scramblings.
    """

    def make() -> dict[str, Truth]:
        given = dict(truths)
        if "derivative_abs" in given or "dgsm" not in given:
            return given
        means = []
        for stream in np.random.SeedSequence(seed).spawn(scrambles):
            engine = qmc.Sobol(space.d, scramble=True, rng=np.random.default_rng(stream))
            # multiples of 2^-30, moved to the middle of their steps
            total = np.zeros((model.o, space.d))
            for start in range(0, points, _CHUNK):
                u = engine.random(min(_CHUNK, points - start)) + 2.0**-31
                total += np.abs(model.metered().jacobian(space.from_unit(u))).sum(axis=0)
            means.append(total / points)
        error = np.std(means, axis=0, ddof=1) / np.sqrt(scrambles)
        how = f"scrambled Sobol' points, {scrambles} × {points}, seed {seed}"
        sizes = Truth(np.mean(means, axis=0), error, how)
        added = implied(space, {"variance": given["variance"], "derivative_abs": sizes})
        # Where the function jumps, small steps of Morris's do not tend to its slope.
        if "total_order_bound" not in given:
            added.pop("mu_star_limit", None)
        return added | given

    return Truths(make)
