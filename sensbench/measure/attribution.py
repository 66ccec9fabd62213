"""Attributions of single predictions to the inputs, averaged over rows."""

from typing import NamedTuple

from sensbench.measure._measure import Measure, define

KINDS = (
    "abs", "mean", "rms", "abs_standardised", "mean_standardised", "rms_standardised",
)  # fmt: skip


class _Method(NamedTuple):
    """What an attribution is: its symbol, a sentence, a formula, and who described it."""

    name: str
    symbol: str
    what: str
    formula: str
    source: str


_METHODS = (
    _Method(
        "input_x_gradient",
        r"$x\,\partial y/\partial x$",
        "the slope at the row, times the input's value. It depends on where the input's scale has "
        "its zero.",
        "φ_i(x) = x_i·∂f/∂x_i(x)",
        "Shrikumar et al. 2016, doi:10.48550/arXiv.1605.01713",
    ),
    _Method(
        "integrated_gradients",
        "IG",
        "the slope, averaged along the straight line from the baseline b to the row, times the "
        "input's way. Over the inputs they add up to f(x) - f(b).",
        "φ_i(x) = (x_i - b_i)·∫₀¹ ∂f/∂x_i(b + α(x - b)) dα",
        "Sundararajan, Taly & Yan 2017, doi:10.48550/arXiv.1703.01365",
    ),
    _Method(
        "expected_gradients",
        "EG",
        "integrated gradients, averaged over baselines drawn like the rows. Over the inputs they "
        "add up to f(x) - E f.",
        "φ_i(x) = E_{b,α}[(x_i - b_i)·∂f/∂x_i(b + α(x - b))], b as x, α uniform on (0, 1)",
        "Erion et al. 2021, doi:10.1038/s42256-021-00343-w",
    ),
    _Method(
        "deep_lift",
        "DeepLIFT",
        "a network's change from the baseline b, passed back through its layers by the ratio of "
        "every activation's change to that of its input (Rescale rule). Over the inputs they add "
        "up to f(x) - f(b).",
        "φ_i(x) = m_i·(x_i - b_i), m by the chain rule of multipliers",
        "Shrikumar, Greenside & Kundaje 2017, doi:10.48550/arXiv.1704.02685",
    ),
    _Method(
        "feature_ablation",
        "ablation",
        "what the prediction loses when this input alone is set to the baseline's value.",
        "φ_i(x) = f(x) - f(x with x_i = b_i)",
        "Zeiler & Fergus 2014, doi:10.1007/978-3-319-10590-1_53",
    ),
    _Method(
        "shapley_value_sampling",
        r"$\phi_b$",
        "what the prediction gains when the inputs take the row's values instead of the "
        "baseline's one after the other, averaged over orders. Over the inputs they add up to "
        "f(x) - f(b).",
        "φ_i(x), the Shapley value of v(u) = f(x_u, b_~u)",
        "Štrumbelj & Kononenko 2010, J. Mach. Learn. Res. 11:1-18",
    ),
)
_SMOOTH = _Method(
    "smooth_grad",
    "SmoothGrad",
    "the slope of the model averaged over normal noise around the row.",
    "φ_i(x) = E_ε[∂f/∂x_i(x + ε)], ε_j normal with a share of σ_j",
    "Smilkov et al. 2017, doi:10.48550/arXiv.1706.03825",
)
# in words, as a symbol, as a formula
_AVERAGES = {
    "abs": ("Mean absolute attribution: ", "mean |{}|{}", "E|φ_i|"),
    "mean": ("Mean attribution, in which rises and falls cancel: ", "mean {}{}", "E[φ_i]"),
    "rms": ("Root mean square attribution: ", "rms {}{}", "sqrt(E[φ_i²])"),
}


def measures_of(method: str) -> tuple[str, ...]:
    """Return the names of a method's measures."""
    return tuple(f"{method}_{kind}" for kind in KINDS)


def _define(method: _Method, unit: str, free: tuple[str, str, str], variance_power: int) -> None:
    """Define a method's measures; ``free``: what makes them free of units, in the same order."""
    for name, kind in zip(measures_of(method.name), KINDS, strict=True):
        words, symbol, estimand = _AVERAGES[kind.removesuffix("_standardised")]
        standardised = kind.endswith("_standardised")
        so, of_symbol, of_estimand = free if standardised else ("", "", "")
        define(
            Measure(
                name,
                symbol.replace("{}", method.symbol, 1).replace("{}", of_symbol, 1),
                words + method.what + so,
                "" if standardised else unit,
                f"{estimand}{of_estimand}, {method.formula}",
                method.source,
                "attribution",
                variance_power=variance_power if standardised else 0,
                signed=kind.startswith("mean"),
            )
        )


for _method in _METHODS:
    in_deviations = (" In standard deviations of the output.", r"$/\sigma_y$", "/σ_y")
    _define(_method, "{y}", in_deviations, 0)
_define(
    _SMOOTH,
    "{y}/{x}",
    (
        " In standard deviations of the output per standard deviation of the input.",
        r"$\cdot\sigma_x/\sigma_y$",
        "·σ_i/σ_y",
    ),
    2,
)
