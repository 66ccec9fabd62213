"""Attributions with a mean over rows in closed form: of linear outputs, and of z_1 z_2."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy import stats

from sensbench.measure.attribution import measures_of

# Of a linear output all of these are β_i(x_i - b_i), with b the mean.
_FROM_THE_MEAN = (
    "integrated_gradients", "expected_gradients", "deep_lift", "feature_ablation",
    "shapley_value_sampling",
)  # fmt: skip
Answers = Mapping[str, Float[np.ndarray, "..."]]


def of_moments(
    name: str,
    size: Float[np.ndarray, "o d"],
    mean: Float[np.ndarray, "o d"],
    rms: Float[np.ndarray, "o d"],
    sigma: Float[np.ndarray, "o 1"],
) -> dict[str, Float[np.ndarray, "o d"]]:
    """Return a method's measures from E|φ|, E φ, rms φ, and what these are divided by."""
    raw = (size, mean, rms)
    standardised = (value / sigma for value in raw)
    return dict(zip(measures_of(name), (*raw, *standardised), strict=True))


def uniform_answers(
    effects: Float[np.ndarray, "2 d"],
    bounds: Float[np.ndarray, "d 2"],
    joint: tuple[int, int],
) -> dict[str, Float[np.ndarray, "3 d"]]:
    """Return what is known of two linear outputs and of z_i z_j, of uniform inputs.

    ``effects`` are in standard deviations of the inputs, and z is an input less its mean, in them.
    Half of z_i z_j belongs to either input, by the slopes on the way from 0 and by orders; without
    one of them all is gone.
    """
    low, high = bounds.T
    centre, spread = (low + high) / 2, (high - low) / np.sqrt(12)
    # E|x| of an interval that holds 0, or does not
    holds = (low < 0) & (high > 0)
    size = np.where(holds, (low**2 + high**2) / 2 / (high - low), np.abs(centre))
    rms = np.sqrt(centre**2 + spread**2)
    third = np.sqrt(3) / 2  # E|z|
    pair = np.isin(np.arange(len(bounds)), joint).astype(float)
    sigma = np.append(np.sqrt((effects**2).sum(axis=1)), 1.0)[:, None]
    answers: dict[str, Float[np.ndarray, "3 d"]] = {}
    linear, nothing = np.abs(effects), np.zeros((3, len(bounds)))
    for name in _FROM_THE_MEAN:
        part = 1.0 if name == "feature_ablation" else 0.5
        of_pair = np.nan * pair if name == "deep_lift" else part * pair
        answers |= of_moments(
            name,
            np.vstack([linear * third, of_pair * third**2]),
            nothing,
            np.vstack([linear, of_pair]),
            sigma,
        )
    slopes = effects / spread
    answers |= of_moments(
        "input_x_gradient",
        np.vstack([np.abs(slopes) * size, pair * size / spread * third]),
        np.vstack([slopes * centre, 0 * pair]),
        np.vstack([np.abs(slopes) * rms, pair * rms / spread]),
        sigma,
    )
    return answers | smooth_answers(
        np.vstack([np.abs(slopes), pair / spread * third]),
        np.vstack([slopes, 0 * pair]),
        np.vstack([np.abs(slopes), pair / spread]),
        spread / sigma,
    )


def normal_answers(
    effects: Float[np.ndarray, "o d"],
    centre: Float[np.ndarray, " d"],
    spread: Float[np.ndarray, " d"],
    sigma: Float[np.ndarray, "o 1"],
) -> dict[str, Float[np.ndarray, "o d"]]:
    """Return what is known of linear outputs of normal inputs; ``effects`` are slopes."""
    slopes, nothing = np.abs(effects), 0.0 * effects
    answers: dict[str, Float[np.ndarray, "o d"]] = {}
    for name in _FROM_THE_MEAN:
        rms = slopes * spread
        answers |= of_moments(name, rms * np.sqrt(2 / np.pi), nothing, rms, sigma)
    answers |= of_moments(
        "input_x_gradient",
        slopes * stats.foldnorm.mean(np.abs(centre) / spread, scale=spread),
        effects * centre,
        slopes * np.sqrt(centre**2 + spread**2),
        sigma,
    )
    return answers | smooth_answers(slopes, effects, slopes, spread / sigma)


def smooth_answers(
    size: Float[np.ndarray, "o d"],
    mean: Float[np.ndarray, "o d"],
    rms: Float[np.ndarray, "o d"],
    scale: Float[np.ndarray, "o d"],
) -> dict[str, Float[np.ndarray, "o d"]]:
    """Return SmoothGrad's measures: of slopes that are linear in the inputs noise changes none."""
    raw = (size, mean, rms)
    standardised = (value * scale for value in raw)
    return dict(zip(measures_of("smooth_grad"), (*raw, *standardised), strict=True))
