"""Shapley values of predictions, averaged over rows, and of the loss."""

from sensbench.measure._measure import Measure, define

_LUNDBERG = "Lundberg & Lee 2017, arXiv:1705.07874"
_COVERT = "Covert, Lundberg & Lee 2020, arXiv:2004.00668"

for _measure in (
    Measure(
        "shap_abs",
        r"mean $|\phi|$",
        "Mean absolute SHAP value: how far, on average, the input moves a prediction away from the "
        "mean prediction, each interaction divided equally. Inputs that are not known are drawn "
        "from the rows, whatever the known ones are.",
        "{y}",
        "E|φ_i(x)|, φ_i the Shapley value of v(u) = E[f(x_u, X_~u)]",
        _LUNDBERG,
        "attribution",
    ),
    Measure(
        "shap_abs_standardised",
        r"mean $|\phi|/\sigma_y$",
        "Mean absolute SHAP value in standard deviations of the output.",
        "",
        "E|φ_i(x)|/σ_y",
        _LUNDBERG,
        "attribution",
    ),
    Measure(
        "sage_mse",
        "SAGE (MSE)",
        "SAGE value: the input's part, by Shapley's rule, in the fall of the mean squared error "
        "when the model is told its inputs one by one. Inputs that are not told are averaged over, "
        "whatever the told ones are.",
        "{y}²",
        "Shapley value of v(u) = -E[(y - E[f(x_u, X_~u)|x_u])²]",
        _COVERT,
        "attribution",
    ),
    Measure(
        "sage_r2",
        r"SAGE ($R^2$)",
        "SAGE value as a part of the variance of the targets: all together are R². Of the model's "
        "own output and independent inputs it is the Shapley effect.",
        "",
        "Shapley value of v(u) = -E[(y - E[f(x_u, X_~u)|x_u])²]/Var y",
        _COVERT,
        "attribution",
        variance_power=1,
    ),
):
    define(_measure)
