"""Moments of the derivative, and of the second derivatives."""

from sensbench.measure._measure import Measure, define

_KUCHERENKO = "Kucherenko et al. 2009, doi:10.1016/j.ress.2008.05.006"
_DGSM = "Sobol' & Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023"
_ACTIVE = "Constantine & Diaz 2017, doi:10.1016/j.ress.2016.11.013"
_GLOBAL = "Yue & Ökten 2023, arXiv:2304.14142"
_LOWER = "Kucherenko & Song 2016, doi:10.1007/978-3-319-33507-0_23, arXiv:1605.07830"
_POINCARE = "Roustant, Barthe & Iooss 2017, doi:10.1214/17-EJS1310"

_NEURALSENS = "Pizarroso, Portela & Muñoz 2022, doi:10.18637/jss.v102.i07"
_CROSSED = "Roustant, Fruth, Iooss & Kuhnt 2014, doi:10.1016/j.matcom.2014.05.005"
_QUANTILES = "Pizarroso, Alfaya, Portela & Muñoz 2022, arXiv:2305.02368"

_STANDARDISED = (
    ", in standard deviations of y per standard deviation of the input; comparable between "
    "inputs of different units and outputs of different scales"
)
_DELSA = "Rakovec et al. 2014, doi:10.1002/2013WR014063"
_LOCAL = "local first-order index, the input's share of the variance of the tangent plane at a row"

_CURVED = (
    ", in standard deviations of y per squared standard deviation of the input; comparable "
    "between inputs of different units and outputs of different scales"
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
        "total_order_lower_bound",
        r"lower bound of $S_T$",
        "Lower bound of the first- and the total-order index: the squared correlation of the "
        "output with the input, from its derivative. A linear model's is S_1; 0 says nothing. "
        "Holds for independent inputs and models that do not jump.",
        "",
        "(E[τ_i·∂f/∂x_i])²/(Var x_i·Var f) = Corr(f, x_i)²  ≤  S_i  ≤  S_Ti,  τ_i: Stein kernel",
        _LOWER,
        "derivative",
        total_order="lower bound",
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
    Measure(
        "global_activity_score",
        r"global activity score $\gamma$",
        "Activity score from changes of any length instead of derivatives, in standard deviations "
        "of y and of the inputs. With all directions it is the mean squared slope between two "
        "values of the input; for a linear model, S_T.",
        "",
        "γ_i = Σ_{j ≤ m} λ_j·u_ij²,  E[D Dᵀ] = U Λ Uᵀ,  D_i = (f(v_i, x_~i) - f(x))/(v_i - x_i)",
        _GLOBAL,
        "derivative",
        variance_power=1,
    ),
    *(
        Measure(
            f"derivative_abs_standardised_q{share}",
            rf"{share} % of $|\partial y/\partial x|\cdot\sigma_x/\sigma_y$",
            f"{share} % quantile of the absolute derivative over the rows{_STANDARDISED}. {_says}",
            "",
            f"{share} % quantile of |∂f/∂x_i|·σ_i/σ_y",
            _QUANTILES,
            "derivative",
        )
        for share, _says in (
            (50, "Half of the rows are steeper."),
            (90, "One row in ten is steeper. For a linear model all quantiles are one."),
            (
                99,
                "One row in a hundred is steeper. Far above the median: the input acts in few "
                "places.",
            ),
        )
    ),
    Measure(
        "delsa_mean",
        r"mean $S^L$",
        "Mean " + _LOCAL + ". For a linear model it is S_T at every row.",
        "",
        "E[S^L_i],  S^L_i = (∂f/∂x_i)²·σ_i² / Σ_j (∂f/∂x_j)²·σ_j²",
        _DELSA,
        "derivative",
        variance_power=1,
    ),
    Measure(
        "delsa_median",
        r"median $S^L$",
        "Median " + _LOCAL + ": half of the rows have more.",
        "",
        "median of S^L_i",
        _DELSA,
        "derivative",
    ),
    Measure(
        "delsa_q10",
        r"10 % of $S^L$",
        "10 % quantile of the " + _LOCAL + ": one row in ten has less.",
        "",
        "10 % quantile of S^L_i",
        _DELSA,
        "derivative",
    ),
    Measure(
        "delsa_q90",
        r"90 % of $S^L$",
        "90 % quantile of the " + _LOCAL + ": one row in ten has more. High where the "
        "mean is low: the input leads in some places only.",
        "",
        "90 % quantile of S^L_i",
        _DELSA,
        "derivative",
    ),
    Measure(
        "second_derivative_mean",
        r"mean $\partial^2 y/\partial x^2$",
        "Mean second derivative by the input: bent upwards (above 0) or downwards, on average. "
        "Opposite bends cancel.",
        "{y}/({x}·{x})",
        "E[∂²f/∂x_i²]",
        _NEURALSENS,
        "curvature",
        signed=True,
    ),
    Measure(
        "second_derivative_std",
        r"std $\partial^2 y/\partial x^2$",
        "Standard deviation of the second derivative by the input: 0 where the bend is the same "
        "everywhere.",
        "{y}/({x}·{x})",
        "sqrt(Var[∂²f/∂x_i²])",
        _NEURALSENS,
        "curvature",
    ),
    Measure(
        "second_derivative_rms",
        r"rms $\partial^2 y/\partial x^2$",
        "Root mean square of the second derivative by the input: how bent the model is along it. "
        "0 for an effect that is a straight line given the other inputs.",
        "{y}/({x}·{x})",
        "sqrt(E[(∂²f/∂x_i²)²])",
        _NEURALSENS,
        "curvature",
    ),
    Measure(
        "second_derivative_mean_standardised",
        r"mean $\partial^2 y/\partial x^2\cdot\sigma_x^2/\sigma_y$",
        "Mean second derivative by the input" + _CURVED + ".",
        "",
        "E[∂²f/∂x_i²]·σ_i²/σ_y",
        _NEURALSENS,
        "curvature",
        signed=True,
    ),
    Measure(
        "second_derivative_std_standardised",
        r"std $\partial^2 y/\partial x^2\cdot\sigma_x^2/\sigma_y$",
        "Standard deviation of the second derivative by the input" + _CURVED + ".",
        "",
        "sqrt(Var[∂²f/∂x_i²])·σ_i²/σ_y",
        _NEURALSENS,
        "curvature",
    ),
    Measure(
        "second_derivative_rms_standardised",
        r"rms $\partial^2 y/\partial x^2\cdot\sigma_x^2/\sigma_y$",
        "Root mean square of the second derivative by the input" + _CURVED + ".",
        "",
        "sqrt(E[(∂²f/∂x_i²)²])·σ_i²/σ_y",
        _NEURALSENS,
        "curvature",
    ),
    Measure(
        "cross_derivative_abs",
        r"mean $|\partial^2 y/\partial x_i\partial x_j|$",
        "Mean absolute mixed second derivative of two inputs: how much the slope by one changes "
        "with the other. 0 everywhere means that the two do not interact.",
        "{y}/({x}·{x})",
        "E|∂²f/∂x_i∂x_j|",
        _CROSSED,
        "curvature",
        axis="pair",
    ),
    Measure(
        "cross_derivative_rms",
        r"rms $\partial^2 y/\partial x_i\partial x_j$",
        "Root mean square of the mixed second derivative of two inputs. Its square, times the "
        "Poincaré constants of both, bounds their part in the variance together.",
        "{y}/({x}·{x})",
        "sqrt(E[(∂²f/∂x_i∂x_j)²])",
        _CROSSED,
        "curvature",
        axis="pair",
    ),
    Measure(
        "cross_derivative_abs_standardised",
        r"mean $|\partial^2 y/\partial x_i\partial x_j|\cdot\sigma_i\sigma_j/\sigma_y$",
        "Mean absolute mixed second derivative of two inputs, in standard deviations of y per "
        "standard deviation of each: comparable between pairs.",
        "",
        "E|∂²f/∂x_i∂x_j|·σ_i·σ_j/σ_y",
        _CROSSED,
        "curvature",
        axis="pair",
    ),
    Measure(
        "cross_derivative_rms_standardised",
        r"rms $\partial^2 y/\partial x_i\partial x_j\cdot\sigma_i\sigma_j/\sigma_y$",
        "Root mean square of the mixed second derivative of two inputs, in standard deviations of "
        "y per standard deviation of each. Of a product of two inputs its square is their S_ij.",
        "",
        "sqrt(E[(∂²f/∂x_i∂x_j)²])·σ_i·σ_j/σ_y",
        _CROSSED,
        "curvature",
        axis="pair",
    ),
):
    define(_measure)
