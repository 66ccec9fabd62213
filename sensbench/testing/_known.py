"""Problems with answers in closed form, which are held apart from what an estimator is given."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Inputs, Problem
from sensbench.testing._attributed import normal_answers, uniform_answers
from sensbench.testing._least_squares import least_squares
from sensbench.truths.separable import separable

NAMES = ("length", "load", "width", "dead")
OUTPUTS = ("strong", "other", "joint")
Answers = Mapping[str, Float[np.ndarray, "..."]]

# Effects in standard deviations of the input. The first output's fall from input to input.
EFFECTS = np.array([[4.0, 2.0, -1.0, 0.0], [-1.0, 0.0, 3.0, 0.0]])
_BOUNDS = ((0.0, 1000.0), (-2.0, 2.0), (3.0, 8.0), (0.0, 1.0))
_CENTRE, _SIGMA = np.array([[(b + a) / 2, (b - a) / math.sqrt(12)] for a, b in _BOUNDS]).T

_ROWS = 800
# Of the rows of data: correlated, and in another place than the marginals are.
_SHIFT, _STRETCH = np.array([3.0, 0.0, -2.0, 1.0]), np.array([2.0, 0.5, 1.0, 3.0])
_CORRELATION = np.eye(4)
_CORRELATION[0, 1] = _CORRELATION[1, 0] = 0.6
_CORRELATION[2, 3] = _CORRELATION[3, 2] = 0.5


def product(
    names: Sequence[str] = NAMES, outputs: Sequence[str] = OUTPUTS, truth: Answers | None = None
) -> Problem:
    """Return two linear outputs and an interaction, of uniform inputs; in the outputs' order.

    Names that are others than ``OUTPUTS`` are new names for these.
    """
    order = [OUTPUTS.index(o) for o in outputs] if set(outputs) == set(OUTPUTS) else [0, 1, 2]
    centre, sigma, effects = map(torch.from_numpy, (_CENTRE, _SIGMA, EFFECTS))

    def function(x: Float[Tensor, "n 4"]) -> Float[Tensor, "n 3"]:
        z = (x - centre) / sigma
        return torch.cat([z @ effects.T, (z[:, 1] * z[:, 2])[:, None]], dim=1)[:, order]

    return _problem(function, InputSpace.uniform(_named(names)), outputs, truth=truth)


def product_answers() -> Answers:
    """Return what is known of :func:`product`; NaN where there is no closed form."""
    space = InputSpace.uniform(_named(NAMES))
    linear = [
        [
            (float(-(effects * _CENTRE / _SIGMA).sum()), {}),
            *((float(c), {i: _itself}) for i, c in enumerate(effects / _SIGMA)),
        ]
        for effects in EFFECTS
    ]
    scale = 1.0 / float(_SIGMA[1] * _SIGMA[2])
    joint = [
        (scale, {1: _itself, 2: _itself}),
        (-scale * float(_CENTRE[2]), {1: _itself}),
    ]
    answers = {name: item.value for name, item in separable(space, *linear, joint).items()}
    of_all = answers["variance"][:, None] / answers["variance"].sum()
    for name in ("first_order", "total_order"):
        answers[f"aggregated_{name}"] = (of_all * answers[name]).sum(axis=0)
    # A linear model has the same effect on every grid, and varies along one direction.
    ranges, share = EFFECTS * math.sqrt(12), EFFECTS**2 / (EFFECTS**2).sum(axis=1, keepdims=True)
    of_linear = {
        "mu": ranges,
        "mu_star": np.abs(ranges),
        "sigma": 0.0 * ranges,
        "mu_star_standardised": np.sqrt(share),
        "radial_mu": ranges,
        "radial_mu_star": np.abs(ranges),
        "radial_sigma": 0.0 * ranges,
        "factorial_effect": ranges / 2,
        "factorial_share": share,
        **dict.fromkeys(("activity_score", "global_activity_score"), share),
        "src": EFFECTS / np.sqrt((EFFECTS**2).sum(axis=1, keepdims=True)),
    }
    # Second derivatives of the linear outputs are 0; the third is a product of two inputs.
    for kind in ("mean", "std", "rms"):
        for factor in ("", "_standardised"):
            answers[f"second_derivative_{kind}{factor}"] = np.zeros((3, 4))
    crossed = np.zeros((3, 4, 4))
    crossed[2, 1, 2] = crossed[2, 2, 1] = 1.0
    for kind in ("abs", "rms"):
        answers[f"cross_derivative_{kind}"] = crossed * scale
        answers[f"cross_derivative_{kind}_standardised"] = crossed
    # Of z·w the shares are w² and z² over their sum; for t < 1, |w/z| < t with probability t/2.
    both = np.array([False, True, True, False])
    for name, odds in {"mean": 1.0, "median": 1.0, "q10": 0.2**2, "q90": 5.0**2}.items():
        answers[f"delsa_{name}"] = np.vstack([share, np.where(both, odds / (1 + odds), 0.0)])
    # Of z·w the slopes are w and z, uniform on ±√3, in standard deviations.
    for percent in (50, 90, 99):
        slopes = np.where(both, math.sqrt(3) * percent / 100, 0.0)
        answers[f"derivative_abs_standardised_q{percent}"] = np.vstack([np.sqrt(share), slopes])
    # Of independent inputs, the others say nothing of one: drawing it given them is shuffling it.
    shuffled = [name for name in answers if name.startswith("permutation")]
    answers |= {f"conditional_{name}": answers[name] for name in shuffled}
    answers["leave_one_out_mse"] = answers["permutation_mse"] / 2
    answers["leave_one_out_r2"] = answers["total_order"]
    # A linear model that is trained again without an input loses what the others do not tell of it.
    for name in ("drop_column", "loco"):
        for loss in ("mse", "r2"):
            answers[f"{name}_{loss}"] = np.copy(answers[f"leave_one_out_{loss}"])
            answers[f"{name}_{loss}"][2] = np.nan  # the interaction, which no line fits
    answers["sage_r2"] = answers["shapley"]
    answers["sage_mse"] = answers["shapley"] * answers["variance"][:, None]
    for kind in ("", "_standardised"):
        answers[f"derivative_following{kind}"] = answers[f"derivative_mean{kind}"]
    answers |= uniform_answers(EFFECTS, np.array(_BOUNDS), (1, 2))
    return answers | {
        name: np.concatenate([value, np.full((1, 4), np.nan)]) for name, value in of_linear.items()
    }


def data(seed: int) -> Problem:
    """Return the two linear outputs over correlated normal rows, and marginals unlike theirs."""
    rng = np.random.default_rng(seed)
    rows = rng.multivariate_normal(np.zeros(4), _CORRELATION, _ROWS)
    return given(_SHIFT + _STRETCH * rows)


def given(
    X: Float[np.ndarray, "n 4"] | None, inputs: Inputs = "data", spread: float = 1.0
) -> Problem:
    """Return the problem of :func:`data` with these rows, or without; ``spread``: of marginals."""
    effects = torch.from_numpy(EFFECTS)

    def function(x: Float[Tensor, "n 4"]) -> Float[Tensor, "n 2"]:
        return x @ effects.T

    space = InputSpace.of({name: stats.norm(0.0, spread) for name in NAMES})
    return _problem(function, space, OUTPUTS[:2], X=X, inputs=inputs)


def data_answers() -> Answers:
    """Return what is known of :func:`data` over the rows' own distribution.

    Of normal rows and a linear output, each input with the output is a pair of normal variables:
    S_1 is their squared correlation, and delta a function of it. What is defined by inputs drawn
    from the marginals is left out.
    """
    covariance = _CORRELATION * np.outer(_STRETCH, _STRETCH)
    variance = np.einsum("oi,ij,oj->o", EFFECTS, covariance, EFFECTS)[:, None]
    slope, scale = np.abs(EFFECTS), _STRETCH / np.sqrt(variance)
    correlation = EFFECTS @ covariance / np.sqrt(variance) / _STRETCH
    raw = {"mean": EFFECTS, "abs": slope, "rms": slope, "std": 0.0 * slope}
    squares = (EFFECTS * _STRETCH) ** 2
    # what is left of an input given the others: one over the diagonal of the inverse covariance
    left = EFFECTS**2 / np.diag(np.linalg.inv(covariance))
    return {
        **normal_answers(EFFECTS, _SHIFT, _STRETCH, np.sqrt(variance)),
        "mean": EFFECTS @ _SHIFT,
        "variance": variance[:, 0],
        **{f"derivative_{name}": value for name, value in raw.items()},
        **{f"derivative_{name}_standardised": value * scale for name, value in raw.items()},
        **{f"derivative_abs_standardised_q{p}": slope * scale for p in (50, 90, 99)},
        "dgsm": slope**2,
        **dict.fromkeys(("activity_score", "global_activity_score"), squares / variance),
        **dict.fromkeys(
            ("delsa_mean", "delsa_median", "delsa_q10", "delsa_q90"),
            squares / squares.sum(axis=1, keepdims=True),
        ),
        "permutation_mse": 2 * squares,
        "permutation_r2": 2 * squares / variance,
        "permutation_total_order": squares / variance,
        "conditional_permutation_mse": 2 * left,
        "conditional_permutation_r2": 2 * left / variance,
        "conditional_permutation_total_order": left / variance,
        "leave_one_out_mse": left,
        "leave_one_out_r2": left / variance,
        **{f"{name}_mse": left for name in ("drop_column", "loco")},
        **{f"{name}_r2": left / variance for name in ("drop_column", "loco")},
        # half of every pair's covariance is each one's
        "sage_mse": EFFECTS * (EFFECTS @ covariance),
        "sage_r2": EFFECTS * (EFFECTS @ covariance) / variance,
        "first_order": correlation**2,
        "delta": np.vectorize(_delta_of_normals)(correlation),
        "cramer_von_mises": 3 / np.pi * np.arcsin((1 + correlation**2) / 2) - 0.5,
        "src": EFFECTS * scale,
        "mutual_information": -np.log1p(-(correlation**2)) / 2,
        "hsic_r2": _hsic_of_normals(correlation) / _hsic_of_normals(np.ones(1)),
    }


def _hsic_of_normals(correlation: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return HSIC by its three expectations: kernels exp(-u²/2) of two normals of variance 1."""
    square = correlation**2
    return 1 / np.sqrt(9 - 4 * square) + 1 / 3 - 2 / np.sqrt(9 - square)


def _delta_of_normals(correlation: float) -> float:
    """Return E[∫|p(y) - p(y|x)| dy]/2: the two normal densities cross twice."""
    if abs(correlation) < 1e-9:
        return 0.0
    s2 = 1.0 - correlation**2
    mean = correlation * stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    # y²(1/s² - 1) - 2 m y/s² + m²/s² + 2 log s = 0
    a, b, c = 1 / s2 - 1, -2 * mean / s2, mean**2 / s2 + math.log(s2)
    root = np.sqrt(b**2 - 4 * a * c)
    low, high = (-b - root) / (2 * a), (-b + root) / (2 * a)
    s = math.sqrt(s2)
    inside = stats.norm.cdf((high - mean) / s) - stats.norm.cdf((low - mean) / s)
    return float((inside - (stats.norm.cdf(high) - stats.norm.cdf(low))).mean())


def _problem(
    function: Any,
    space: InputSpace,
    outputs: Sequence[str],
    *,
    X: Float[np.ndarray, "n 4"] | None = None,
    inputs: Inputs = "data",
    truth: Answers | None = None,
) -> Problem:
    problem = Problem.of(
        function, space, name="known", outputs=list(outputs), X=X, inputs=inputs,
        truth=truth,
    )  # fmt: skip
    return replace(problem, refit=least_squares(problem))


def _named(names: Sequence[str]) -> dict[str, tuple[float, float]]:
    return dict(zip(names, _BOUNDS, strict=True))


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
