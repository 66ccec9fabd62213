"""Monte-Carlo estimates over inputs that move together, by formulas of their own."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import qmc

from sensbench.inputs.conditional import conditional_law, mask_of
from sensbench.problem.problem import Problem
from sensbench.testing._truth import REPLICATES, Sampled

_Values = dict[str, Float[np.ndarray, "..."]]


def sampled_of_law(
    problem: Problem, n: int, seed: int, derivatives: bool = True
) -> Mapping[str, Sampled]:
    """Return estimates from n(4d + 1) evaluations and n derivatives, with standard errors.

    Indices are covariances of outputs that share some inputs, the others drawn anew given them:
    Var(E[f|x_u]) = Cov(f(x), f(x')); Shapley effects what this gains along random orders of the
    inputs. Randomised quasi-Monte Carlo, as for independent inputs.
    """
    space, rng = problem.space, np.random.default_rng(seed)
    m = 1 << max(1, n // REPLICATES).bit_length() - 1
    points = qmc.Sobol(2 * space.d, scramble=False).random(m)
    parts = []
    for _ in range(REPLICATES):
        net = (points + rng.random((1, 2 * space.d))) % 1.0
        parts.append(_values(problem, net[:, : space.d], net[:, space.d :], rng, derivatives))
    return {
        name: Sampled(
            np.mean([part[name] for part in parts], axis=0),
            np.std([part[name] for part in parts], axis=0) / np.sqrt(REPLICATES),
        )
        for name in parts[0]
    }


def _values(
    problem: Problem,
    a: Float[np.ndarray, "n c"],
    v: Float[np.ndarray, "n c"],
    rng: np.random.Generator,
    derivatives: bool,
) -> _Values:
    space, model = problem.space, problem.explained.metered()
    law = conditional_law(space, "check_problem")
    u = space.dependence.join(a)
    X = space.from_unit(u)
    y = model(X)

    def explained(features: Int[np.ndarray, " _"]) -> Float[np.ndarray, " o"]:
        again = model(space.from_unit(law.conditional(u, mask_of(space, features.tolist()), v)))
        return ((y - y.mean(axis=0)) * (again - again.mean(axis=0))).mean(axis=0)

    shuffled = np.empty((problem.o, problem.d))
    for i, block in enumerate(space.blocks):
        apart = u.copy()
        apart[:, block] = v[:, block]
        shuffled[:, i] = ((model(space.from_unit(apart)) - y) ** 2).mean(axis=0)
    values = _indices(explained, shuffled, y, problem.d, rng)
    if derivatives and not space.without_derivative:
        J = model.values_and_jacobian(X)[1]
        values |= _slopes(J, space.std() / y.std(axis=0)[:, None])
    return values


def _indices(
    explained: Callable[[Int[np.ndarray, " _"]], Float[np.ndarray, " o"]],
    shuffled: Float[np.ndarray, "o d"],
    y: Float[np.ndarray, "n o"],
    d: int,
    rng: np.random.Generator,
) -> _Values:
    variance = y.var(axis=0)[:, None]
    every = np.arange(d)
    first = np.stack([explained(every[[i]]) for i in every], axis=1) / variance
    left = np.stack([explained(np.delete(every, i)) for i in every], axis=1)
    total = 1.0 - left / variance
    order, shapley, before = rng.permutation(d), np.zeros(first.shape), np.zeros(len(first))
    for place, i in enumerate(order):
        after = explained(order[: place + 1]) if place + 1 < d else variance[:, 0]
        shapley[:, i] = (after - before) / variance[:, 0]
        before = after
    return {
        "mean": y.mean(axis=0),
        "variance": variance[:, 0],
        "first_order": first,
        "total_order": total,
        "shapley": shapley,
        "permutation_mse": shuffled,
        "permutation_r2": shuffled / variance,
        "permutation_total_order": shuffled / (2 * variance),
        "conditional_permutation_mse": 2 * total * variance,
        "conditional_permutation_r2": 2 * total,
        "conditional_permutation_total_order": total,
        "leave_one_out_mse": total * variance,
        "leave_one_out_r2": total,
    }


def _slopes(J: Float[np.ndarray, "n o d"], scale: Float[np.ndarray, "o d"]) -> _Values:
    raw = {
        "derivative_mean": J.mean(axis=0),
        "derivative_abs": np.abs(J).mean(axis=0),
        "derivative_rms": np.sqrt((J**2).mean(axis=0)),
        "derivative_std": J.std(axis=0),
    }
    standardised = {f"{name}_standardised": value * scale for name, value in raw.items()}
    return {**raw, **standardised, "dgsm": (J**2).mean(axis=0)}
