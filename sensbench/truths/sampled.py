"""Truths from many points: every measure of a model, with its standard error."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from jaxtyping import Float
from scipy import stats
from scipy.stats import qmc

from sensbench.errors import require
from sensbench.inputs.marginal import family_of
from sensbench.inputs.poincare import NoConstant, poincare_constant
from sensbench.inputs.space import InputSpace
from sensbench.inputs.stein import SteinKernel, stein_kernel
from sensbench.measure import MEASURES
from sensbench.model.model import Model
from sensbench.problem.truth import Truth, Truths

_CHUNK = 2**14
# Sobol' sequences have direction numbers for this many dimensions.
_MOST_DIMENSIONS = 21201

Rows = Float[np.ndarray, "n columns"]
Sums = dict[str, Float[np.ndarray, "..."]]


def sampled(
    model: Model,
    space: InputSpace,
    *,
    points: int = 2**16,
    scrambles: int = 8,
    seed: int = 0,
    indices: bool = True,
    pairs: bool = True,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Truths:
    """Return every measure of a model over independent inputs, with standard errors.

    Randomised quasi-Monte Carlo: ``points`` of a Sobol' sequence under each of ``scrambles``
    independent scramblings (Owen 1998, doi:10.1145/272991.273010); the standard error is the one
    between scramblings. Only sums are kept, so memory does not grow with ``points``.

    With A and B independent points, AB_i being A with B's x_i and BA_j the reverse: total order
    E[(f(A) - f(AB_i))²]/2 (Jansen 1999, doi:10.1016/S0010-4655(98)00154-4); first order
    E[f(B)(f(AB_i) - f(A))] (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018); a pair's
    E[f(AB_i) f(BA_j)] (Saltelli 2002, doi:10.1016/S0010-4655(02)00280-1); Shapley effects along
    a random order in which A's inputs are replaced by B's (Goda 2021, arXiv:2009.00874).

    Parameters
    ----------
    points
        Per scrambling; a power of two keeps the sequence's balance.
    scrambles
        At least two.
    indices
        Whether indices are computed, or moments of the output and its derivatives alone, for two
        rows and a derivative per point.
    pairs
        Whether second-order indices and Shapley effects are computed: 3d more rows per point.
    watch
        Called with (points done, points in all).

    Raises
    ------
    InputError
        Numbers of points or scramblings that make no estimate.
    """
    require(points >= 2 and points & (points - 1) == 0, "sampled", "a power of two", points)
    require(scrambles >= 2, "sampled", "at least two scrambles", scrambles)
    metered = model.metered()
    how = f"scrambled Sobol' points, {scrambles} × {_power(points)}, seed {seed}"
    seeds = np.random.SeedSequence(seed).spawn(scrambles)
    centre = metered(space.sample(min(points, 4096), np.random.default_rng(seed))).mean(axis=0)

    def make() -> dict[str, Truth]:
        sums: list[Sums] = []
        for k, stream in enumerate(seeds):
            total: Sums = {}
            for part in _points(space, points, stream):
                for name, value in _sums(metered, space, part, centre, indices, pairs).items():
                    total[name] = np.asarray(total.get(name, 0.0) + value)
                watch(k * points + int(total["n"]), scrambles * points)
            sums.append(total)
        pooled = {
            name: np.asarray(np.sum([total[name] for total in sums], axis=0)) for name in sums[0]
        }
        whole = _measures(pooled, space, centre)
        each = [_measures(total, space, centre) for total in sums]
        return {
            name: Truth(
                # Below 0 there is only noise: the values are shares and sizes.
                value if MEASURES[name].signed else np.maximum(value, 0.0),
                np.std([part[name] for part in each], axis=0, ddof=1) / np.sqrt(scrambles),
                how,
            )
            for name, value in whole.items()
        }

    return Truths(make)


def _power(points: int) -> str:
    return f"2^{points.bit_length() - 1}"


def _points(
    space: InputSpace, points: int, stream: np.random.SeedSequence
) -> Iterator[
    tuple[
        Rows,
        Rows,
        Rows,
    ]
]:
    """Yield A, B (in the unit cube) and what orders the inputs, in chunks."""
    d = space.d
    rng = np.random.default_rng(stream)
    orders = 3 * d <= _MOST_DIMENSIONS
    engine = qmc.Sobol((3 if orders else 2) * d, scramble=True, rng=rng)
    for start in range(0, points, _CHUNK):
        # The points are multiples of 2^-30: without half a step they are too small on average.
        u = engine.random(min(_CHUNK, points - start)) + 2.0**-31
        order = u[:, 2 * d :] if orders else rng.random((len(u), d))
        yield u[:, :d], u[:, d : 2 * d], order


def _sums(
    model: Model,
    space: InputSpace,
    part: tuple[
        Rows,
        Rows,
        Rows,
    ],
    centre: Float[np.ndarray, " o"],
    indices: bool,
    pairs: bool,
) -> Sums:
    """Return the sums over a chunk of all that is averaged; y is centred, or digits are lost."""
    A, B = space.from_unit(part[0]), space.from_unit(part[1])
    n, d, o = len(A), len(space.names), model.o
    differentiable = not space.without_derivative
    if differentiable:
        YA, J = model.values_and_jacobian(A)
    else:
        YA, J = model(A), None
    YA = YA - centre
    YB = model(B) - centre

    def swapped(X: Rows, Z: Rows) -> Float[np.ndarray, "d n o"]:
        """Return y of X with one feature of Z, for each."""
        effects = np.empty((d, n, o))
        for i, block in enumerate(space.blocks):
            kept = X[:, block].copy()
            X[:, block] = Z[:, block]
            effects[i] = model(X) - centre
            X[:, block] = kept
        return effects

    sums: Sums = {
        "n": np.array(float(n)),
        "y": YA.sum(axis=0) + YB.sum(axis=0),
        "yy": (YA**2).sum(axis=0) + (YB**2).sum(axis=0),
    }
    if indices:
        AB = swapped(A, B)
        sums["first"] = (YB * (AB - YA)).sum(axis=1).T
        sums["total"] = ((AB - YA) ** 2).sum(axis=1).T
    if indices and pairs:
        # (a - ab_i)² + (a - ab_j)² - (ab_i - ab_j)², halved
        sums["acting"] = np.stack([change @ change.T for change in np.moveaxis(AB - YA, 2, 0)])
        BA = swapped(B, A)
        # By symmetry A and B may change places: both halves of the evaluations are used.
        sums["first"] = (sums["first"] + (YA * (BA - YB)).sum(axis=1).T) / 2
        sums["total"] = (sums["total"] + ((BA - YB) ** 2).sum(axis=1).T) / 2
        sums["closed"] = np.stack([AB[:, :, k] @ BA[:, :, k].T for k in range(o)])
        sums["cross"] = (YA * YB).sum(axis=0)
        sums["shapley"] = _shapley(model, space, A, B, part[2], YA, centre)
    if J is not None:
        sums["J"], sums["absJ"] = J.sum(axis=0), np.abs(J).sum(axis=0)
        sums["JJ"] = (J**2).sum(axis=0)
        kernels = _kernels(space)
        if kernels is not None:
            weights = np.stack([k(A[:, i]) for i, k in enumerate(kernels)], axis=1)
            sums["weighted"] = (J * weights[:, None, :]).sum(axis=0)
        if bounded(space):
            sums["limit"] = _steps(model, space, A, J, part[0])
    return sums


def _shapley(
    model: Model,
    space: InputSpace,
    A: Rows,
    B: Rows,
    order: Rows,
    YA: Float[np.ndarray, "n o"],
    centre: Float[np.ndarray, " o"],
) -> Float[np.ndarray, "o d"]:
    """Return the sums of (f(A) - (y + y')/2)·(y - y') at the step at which x_i is replaced."""
    # Features in the order of one uniform number each; a group's is that of its first column.
    blocks = [np.asarray(block) for block in space.blocks]
    first = np.array([block[0] for block in blocks])
    forth = np.argsort(order[:, first], axis=1)
    shapley = np.zeros((model.o, len(blocks)))
    # Forth and back: then each of two inputs that interact comes first once.
    for ranks in (forth, forth[:, ::-1]):
        X, before = A.copy(), YA
        for moved in ranks.T:
            for i, block in enumerate(blocks):
                rows = np.flatnonzero(moved == i)
                X[np.ix_(rows, block)] = B[np.ix_(rows, block)]
            after = model(X) - centre
            part = (YA - (before + after) / 2) * (before - after) / 2
            for k, weights in enumerate(part.T):
                shapley[k] += np.bincount(moved, weights=weights, minlength=len(blocks))
            before = after
    return shapley


def _kernels(space: InputSpace) -> list[SteinKernel] | None:
    kernels = [stein_kernel(marginal) for marginal in space.marginals]
    known = [kernel for kernel in kernels if isinstance(kernel, SteinKernel)]
    return known if len(known) == len(kernels) else None


def bounded(space: InputSpace) -> bool:
    """Whether every input has a bounded range."""
    return bool(np.isfinite([marginal.support() for marginal in space.marginals]).all())


def _steps(
    model: Model,
    space: InputSpace,
    A: Rows,
    J: Float[np.ndarray, "n o columns"],
    u: Rows,
) -> Float[np.ndarray, "o d"]:
    """Return the sums of |∂f/∂x_i|·range, x_i itself uniform on its range."""
    steps = np.empty(J.shape[1:])
    for i, marginal in enumerate(space.marginals):
        low, high = (float(end) for end in marginal.support())
        if family_of(marginal) == "uniform":
            slopes = J
        else:
            X = A.copy()
            X[:, i] = stats.uniform(low, high - low).ppf(u[:, i])
            slopes = model.values_and_jacobian(X)[1]
        steps[:, i] = np.abs(slopes[:, :, i]).sum(axis=0) * (high - low)
    return steps


def _measures(
    sums: Mapping[str, Float[np.ndarray, "..."]], space: InputSpace, centre: Float[np.ndarray, " o"]
) -> dict[str, Float[np.ndarray, "..."]]:
    n = sums["n"]
    mean = sums["y"] / (2 * n)
    whole = sums["yy"] / (2 * n) - mean**2
    variance = whole[:, None]
    measures = {"mean": mean + centre, "variance": whole}
    if "total" in sums:
        squares = sums["total"] / n
        measures |= {
            "first_order": sums["first"] / n / variance,
            "total_order": squares / (2 * variance),
            "permutation_mse": squares,
            "permutation_r2": squares / variance,
            "permutation_total_order": squares / (2 * variance),
        }
    if "closed" in sums:
        first = sums["first"] / n
        # E[f(AB_i) f(BA_j)] less E[f(A) f(B)], which is the squared mean, with the same errors
        closed = (sums["closed"] + sums["closed"].transpose(0, 2, 1)) / 2
        both = (closed - sums["cross"][:, None, None]) / n
        second = (both - first[:, :, None] - first[:, None, :]) / variance[..., None]
        off_diagonal = 1.0 - np.eye(second.shape[-1])
        measures["second_order"] = second * off_diagonal
        measures["total_interaction"] = sums["acting"] / n / variance[..., None] * off_diagonal
        measures["shapley"] = sums["shapley"] / n / variance
    if "J" in sums:
        slope, dgsm = sums["J"] / n, sums["JJ"] / n
        scale = space.std() / np.sqrt(variance)
        raw = {
            "derivative_mean": slope,
            "derivative_abs": sums["absJ"] / n,
            "derivative_rms": np.sqrt(dgsm),
            "derivative_std": np.sqrt(np.maximum(dgsm - slope**2, 0.0)),
        }
        measures |= raw | {f"{name}_standardised": value * scale for name, value in raw.items()}
        measures["dgsm"] = dgsm
        constants = [poincare_constant(marginal) for marginal in space.marginals]
        if not any(isinstance(constant, NoConstant) for constant in constants):
            measures["total_order_bound"] = np.array(constants) * dgsm / variance
        if "weighted" in sums:
            measures["total_order_lower_bound"] = (sums["weighted"] / n * scale) ** 2
    if "limit" in sums:
        measures["mu_star_limit"] = sums["limit"] / n
    return measures
