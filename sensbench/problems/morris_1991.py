from itertools import combinations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.model.model import Model
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import whole
from sensbench.truths.line import Factor
from sensbench.truths.sampled_sizes import with_sampled_sizes
from sensbench.truths.separable import Terms, separable
from sensbench.truths.shipped import shipped

_D = 20
_BENT = (2, 4, 6)
SHIPPED = [{"seed": None}]


def morris_1991(seed: int | None = None) -> Problem:
    """Polynomial of order four in 20 inputs on U(0, 1): ten matter, six of them interact most.

    f(x) = Σ βᵢwᵢ + Σ_{i<j} βᵢⱼwᵢwⱼ + Σ_{i<j<l} βᵢⱼₗwᵢwⱼwₗ + 5 w1 w2 w3 w4 with
    wᵢ = 2xᵢ - 1, but 2.2 xᵢ/(xᵢ + 0.1) - 1 for i = 3, 5, 7; βᵢ = 20 for i ≤ 10, βᵢⱼ = -15 for
    i, j ≤ 6, βᵢⱼₗ = -10 for i, j, l ≤ 5, and none of higher order but these: Morris 1991,
    doi:10.1080/00401706.1991.10484804. The remaining βᵢ and βᵢⱼ are drawn from N(0, 1) in the
    paper; here they are (-1)ⁱ and (-1)ⁱ⁺ʲ, as in Blatman & Sudret 2010,
    doi:10.1016/j.ress.2010.06.015. Truths are exact, but for E|∂f/∂xᵢ| and what follows from it.

    Parameters
    ----------
    seed
        Draws the remaining coefficients as in the paper; E|∂f/∂xᵢ| is then sampled when it is
        asked for, with a larger standard error than the shipped one.

    Raises
    ------
    InputError
        A seed that is not a whole number of at least 0.
    """
    if seed is not None:
        whole("morris_1991", "seed", seed, 0)
    linear, pairs = _coefficients(seed)

    def function(x: Float[Tensor, "n 20"]) -> Float[Tensor, " n"]:
        bent = torch.tensor(_BENT, device=x.device)
        some = x[:, bent]
        w = (2.0 * x - 1.0).index_copy(1, bent, 2.2 * some / (some + 0.1) - 1.0)
        b1, b2 = (torch.as_tensor(b, dtype=x.dtype, device=x.device) for b in (linear, pairs))
        w1, w2, w3, w4, w5 = w[:, :5].unbind(1)
        two, three = w1 * w2 + (w1 + w2) * w3, w1 * w2 * w3
        # sums of products of three of the first four, then of the first five
        triples = three + two * w4 + (two + (w1 + w2 + w3) * w4) * w5
        return ((w @ b2 + b1) * w).sum(dim=1) - 10.0 * triples + 5.0 * three * w4

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(_D)})
    exact = separable(space, _terms(linear, pairs)).or_else(shipped("morris_1991", seed=seed))
    model = Model(
        function,
        space.sample(2, 0),
        name="morris_1991",
        outputs=["y"],
        features=space.columns,
    )
    return Problem.of(
        model,
        space,
        name="morris_1991",
        truth=with_sampled_sizes(exact, model, space, points=2**13),
        source="Morris 1991, doi:10.1080/00401706.1991.10484804",
    )


def _coefficients(
    seed: int | None,
) -> tuple[Float[np.ndarray, " 20"], Float[np.ndarray, "20 20"]]:
    """Return βᵢ, and βᵢⱼ above the diagonal."""
    signs = (-1.0) ** np.arange(1, _D + 1)
    linear, pairs = signs, np.outer(signs, signs)
    if seed is not None:
        rng = np.random.default_rng(seed)
        linear, pairs = rng.normal(size=_D), rng.normal(size=(_D, _D))
    linear[:10] = 20.0
    pairs[:6, :6] = -15.0
    return linear, np.triu(pairs, 1)


def _terms(linear: Float[np.ndarray, " 20"], pairs: Float[np.ndarray, "20 20"]) -> Terms:
    factors = {i: _bent if i in _BENT else _straight for i in range(_D)}

    def product(c: float, inputs: tuple[int, ...]) -> tuple[float, dict[int, Factor]]:
        return float(c), {i: factors[i] for i in inputs}

    return [
        *(product(linear[i], (i,)) for i in range(_D)),
        *(product(pairs[i, j], (i, j)) for i, j in combinations(range(_D), 2)),
        *(product(-10.0, inputs) for inputs in combinations(range(5), 3)),
        product(5.0, (0, 1, 2, 3)),
    ]


def _straight(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return 2.0 * (x - 0.5)


def _bent(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return 2.0 * (1.1 * x / (x + 0.1) - 0.5)
