"""Moments of the derivative."""

from sensbench.measure._measure import Measure, define

_KUCHERENKO = "Kucherenko et al. 2009, doi:10.1016/j.ress.2008.05.006"
_DGSM = "Sobol' & Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023"
_ACTIVE = "Constantine & Diaz 2017, doi:10.1016/j.ress.2016.11.013"
_POINCARE = "Roustant, Barthe & Iooss 2017, doi:10.1214/17-EJS1310"

_STANDARDISED = (
    ", in standard deviations of y per standard deviation of the input; comparable between "
    "inputs of different units and outputs of different scales"
)

for _measure in (
    Measure(
        "derivative_mean",
        r"mean $\partial y/\partial x$",
        "Mean derivative over the inputs' distribution: how much y rises per unit of the input, "
        "on average. Rises and falls cancel.",
        "{y}/{x}",
        "E[∂f/∂x_i]",
        _KUCHERENKO,
        "derivative",
        signed=True,
    ),
    Measure(
        "derivative_abs",
        r"mean $|\partial y/\partial x|$",
        "Mean absolute derivative: the average local effect, whatever its direction. "
        "Morris's mu_star in the limit of small steps.",
        "{y}/{x}",
        "E|∂f/∂x_i|",
        _KUCHERENKO,
        "derivative",
    ),
    Measure(
        "derivative_rms",
        r"rms $\partial y/\partial x$",
        "Root mean square of the derivative: like the mean absolute derivative, with more weight "
        "on steep regions. The square root of the DGSM.",
        "{y}/{x}",
        "sqrt(E[(∂f/∂x_i)²])",
        _DGSM,
        "derivative",
    ),
    Measure(
        "derivative_std",
        r"std $\partial y/\partial x$",
        "Standard deviation of the derivative over the inputs: 0 for an effect that is the same "
        "everywhere; large for nonlinear effects and interactions.",
        "{y}/{x}",
        "sqrt(Var[∂f/∂x_i])",
        _KUCHERENKO,
        "derivative",
    ),
    Measure(
        "derivative_mean_standardised",
        r"mean $\partial y/\partial x\cdot\sigma_x/\sigma_y$",
        "Mean derivative" + _STANDARDISED + ". For a linear model: the standardised regression "
        "coefficient.",
        "",
        "E[∂f/∂x_i]·σ_i/σ_y",
        _KUCHERENKO,
        "derivative",
        variance_power=2,
        signed=True,
    ),
    Measure(
        "derivative_abs_standardised",
        r"mean $|\partial y/\partial x|\cdot\sigma_x/\sigma_y$",
        "Mean absolute derivative" + _STANDARDISED + ".",
        "",
        "E|∂f/∂x_i|·σ_i/σ_y",
        _KUCHERENKO,
        "derivative",
        variance_power=2,
    ),
    Measure(
        "derivative_rms_standardised",
        r"rms $\partial y/\partial x\cdot\sigma_x/\sigma_y$",
        "Root mean square of the derivative" + _STANDARDISED + ". Its square is the share of "
        "variance of a linear model with the same mean squared slopes.",
        "",
        "sqrt(E[(∂f/∂x_i)²])·σ_i/σ_y",
        _DGSM,
        "derivative",
        variance_power=2,
    ),
    Measure(
        "derivative_std_standardised",
        r"std $\partial y/\partial x\cdot\sigma_x/\sigma_y$",
        "Standard deviation of the derivative" + _STANDARDISED + ".",
        "",
        "sqrt(Var[∂f/∂x_i])·σ_i/σ_y",
        _KUCHERENKO,
        "derivative",
    ),
    Measure(
        "dgsm",
        r"DGSM $E[(\partial y/\partial x)^2]$",
        "Derivative-based global sensitivity measure: the mean squared derivative.",
        "({y}/{x})²",
        "ν_i = E[(∂f/∂x_i)²]",
        _DGSM,
        "derivative",
    ),
    Measure(
        "total_order_bound",
        r"bound of $S_T$",
        "Upper bound of the total-order index from the DGSM and the Poincaré constant C_i of the "
        "input's marginal. Near 0 proves that an input does not matter; a value above 1 says "
        "nothing. Holds for independent inputs.",
        "",
        "C_i·E[(∂f/∂x_i)²]/Var f  ≥  S_Ti",
        _POINCARE,
        "derivative",
        total_order="bound",
    ),
    Measure(
        "activity_score",
        r"activity score $\alpha$",
        "Mean squared derivative along the directions of the active subspace, as far as the input "
        "has part in them, in standard deviations of y and of the inputs. With all directions it "
        "is the squared standardised rms derivative; for a linear model, S_T.",
        "",
        "α_i = Σ_{j ≤ n} λ_j·w_ij²,  E[∇f ∇fᵀ] = W Λ Wᵀ",
        _ACTIVE,
        "derivative",
        variance_power=1,
    ),
):
    define(_measure)
