import itertools
import math

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import stats
from torch import Tensor

from sensbench.errors import UnknownNameError, require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.model.model import Model
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import numbers
from sensbench.problems._shapes import BECKER, evaluated, shapes_of
from sensbench.truths.sampled_sizes import with_sampled_sizes
from sensbench.truths.separable import Terms, separable

_VARIANTS = {
    "differentiable": [name for name, shape in BECKER.items() if not shape.jumps],
    "becker_2020": list(BECKER),
}
# Of Puy et al. 2022, all on (0, 1); the normal one is cut off there, or "inverse" has a pole.
_MARGINALS = (
    (0.0, 1.0),
    stats.truncnorm(-0.5 / 0.15, 0.5 / 0.15, loc=0.5, scale=0.15),
    stats.beta(8, 2),
    stats.beta(2, 8),
)
_INPUTS = ("uniform", "random")


def metafunction(
    d: int = 10,
    seed: int = 0,
    variant: str = "differentiable",
    pairs: float = 0.5,
    triples: float = 0.2,
    inputs: str = "uniform",
) -> Problem:
    """Random function of d inputs: Becker's sum of random shapes, pairs and triples of them.

    f(x) = Σ αᵢ gᵢ(xᵢ) + Σ βₖ gᵢ gⱼ + Σ γₖ gᵢ gⱼ gₗ. Each gᵢ is drawn from a list of ten shapes
    (``additive`` has their formulas), the ⌈pairs·d⌉ pairs and ⌈triples·d⌉ triples of inputs
    without replacement, the coefficients from 0.7 N(0, 0.5) + 0.3 N(0, 5) (variances), so that few
    inputs matter much. Becker 2020, doi:10.1016/j.ress.2020.107189; as in Puy et al. 2022,
    doi:10.1615/Int.J.UncertaintyQuantification.2021038133. Where an E|∂f/∂x| is not exact, it is
    sampled, with its standard error.

    Parameters
    ----------
    d
        Number of inputs, from 2 to 1000 and beyond.
    seed
        Decides everything that is random; two seeds are two functions.
    variant
        "becker_2020" draws from all ten shapes; "differentiable" leaves out the discontinuous
        one. With an input of that shape gradient methods refuse the function, and there are no
        truths of derivatives.
    pairs, triples
        How many per input, at least 0.
    inputs
        "uniform": U(0, 1)ᵈ; "random": each of U(0, 1), N(0.5, 0.15²) cut off at 0 and 1,
        Beta(8, 2) and Beta(2, 8), drawn with equal probability.

    Raises
    ------
    InputError
        Numbers out of range, other inputs, or a draw in which nothing varies.
    UnknownNameError
        No such variant.
    """
    who = "metafunction"
    for name, given, least in (("d", d, 2), ("seed", seed, 0)):
        whole = isinstance(given, int) and not isinstance(given, bool) and given >= least
        require(whole, who, f"{name} as a whole number of at least {least}", given)
    shares = numbers(who, "pairs and triples", [pairs, triples], (2,))
    require(bool((shares >= 0).all()), who, "pairs and triples of at least 0", (pairs, triples))
    require(inputs in _INPUTS, who, "inputs 'uniform' or 'random'", inputs)
    if variant not in _VARIANTS:
        raise UnknownNameError.of(who, "variant", variant, _VARIANTS)

    # One stream for each choice: one of them does not change the others.
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(7)]
    drawn = streams[0].integers(len(_VARIANTS[variant]), size=d)
    shapes = shapes_of(who, [_VARIANTS[variant][i] for i in drawn], d)
    subsets = [
        _subsets(d, 2, math.ceil(pairs * d), streams[1]),
        _subsets(d, 3, math.ceil(triples * d), streams[2]),
    ]
    groups = [(_coefficients(d, streams[3]), np.arange(d)[:, None])]
    groups += [
        (_coefficients(len(s), rng), s) for s, rng in zip(subsets, streams[4:6], strict=True)
    ]
    effect = {i for i, shape in enumerate(shapes) if shape is not BECKER["no_effect"]}
    require(bool(effect), who, "a seed with which an input has an effect", seed)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        values = evaluated(x, shapes)
        y = torch.zeros(len(x), dtype=x.dtype, device=x.device)
        for weights, members in groups:
            first, *others = (
                values.index_select(0, torch.as_tensor(column, device=x.device))
                for column in members.T
            )
            c = torch.as_tensor(weights, dtype=x.dtype, device=x.device)
            y = y + c @ math.prod(others, start=first)
        return y

    choice = streams[6].integers(len(_MARGINALS), size=d) * (inputs == "random")
    names = default_names(d)
    space = InputSpace.of({name: _MARGINALS[k] for name, k in zip(names, choice, strict=True)})
    terms: Terms = [
        (float(c), {int(i): shapes[i].function for i in members})
        for weights, rows in groups
        for c, members in zip(weights, rows, strict=True)
        if effect.issuperset(members.tolist())
    ]
    jumps = {i: shapes[i].jumps for i in range(d) if shapes[i].jumps}
    # 16 times as many; in all 2^20 where that takes a second or two
    quick = d <= 20 and inputs == "uniform"  # other quantiles take ten times as long
    points = 2**16 if quick else 2**13 if d <= 100 else 2**9
    model = Model(function, space.sample(2, 0), outputs=["y"], name=who, features=names)
    exact = separable(space, terms, jumps=jumps)
    return Problem.of(
        model,
        space,
        truth=with_sampled_sizes(exact, model, space, points=points),
        source="Becker 2020, doi:10.1016/j.ress.2020.107189",
    )


def _coefficients(n: int, rng: np.random.Generator) -> Float[np.ndarray, " n"]:
    """Return draws from the mixture; few are large."""
    large = rng.random(n) < 0.3
    return rng.standard_normal(n) * np.sqrt(np.where(large, 5.0, 0.5))


def _subsets(d: int, size: int, count: int, rng: np.random.Generator) -> Int[np.ndarray, "k m"]:
    """Return distinct subsets of the inputs; all of them where more are asked for."""
    available = math.comb(d, size)
    if 2 * count >= available:
        every = np.array(list(itertools.combinations(range(d), size)), dtype=np.int64)
        chosen = rng.permutation(available)[:count]
        return every.reshape(available, size)[np.sort(chosen)]
    subsets: dict[tuple[int, ...], None] = {}
    while len(subsets) < count:
        subsets[tuple(sorted(rng.choice(d, size, replace=False).tolist()))] = None
    return np.array(list(subsets), dtype=np.int64).reshape(count, size)
