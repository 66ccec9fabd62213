"""What an input is worth given the others, where inputs move together."""

from sensbench.measure._measure import Measure, define

_STROBL = "Strobl et al. 2008, doi:10.1186/1471-2105-9-307"
_HOOKER = "Hooker, Mentch & Zhou 2021, doi:10.1007/s11222-021-10057-z"
_LEI = "Lei et al. 2018, doi:10.1080/01621459.2017.1307116"

for _measure in (
    Measure(
        "conditional_permutation_mse",
        "CPI (MSE)",
        "Conditional permutation importance: the rise of the mean squared error when the input is "
        "drawn anew given all others, so that rows stay where rows occur.",
        "{y}²",
        "E[(y - f(x'))²] - E[(y - f(x))²], x_i' from x_i | x_~i",
        _STROBL,
        "conditional",
    ),
    Measure(
        "conditional_permutation_r2",
        r"CPI ($R^2$)",
        "Conditional permutation importance: the fall of R² when the input is drawn anew given all "
        "others.",
        "",
        "(E[(y - f(x'))²] - E[(y - f(x))²])/Var y, x_i' from x_i | x_~i",
        _STROBL,
        "conditional",
    ),
    Measure(
        "conditional_permutation_total_order",
        "CPI/(2 Var)",
        "Conditional permutation importance divided by twice the variance of the model's output. "
        "It equals the total-order index of the inputs' own law when the model's error is "
        "uncorrelated with its output.",
        "",
        "(E[(y - f(x'))²] - E[(y - f(x))²])/(2 Var f), x_i' from x_i | x_~i",
        _HOOKER,
        "conditional",
        variance_power=1,
        total_order="estimate",
    ),
    Measure(
        "leave_one_out_mse",
        "LOO (MSE)",
        "Leave one input out: the rise of the mean squared error when the model's output is "
        "averaged over the input given all others. Half the conditional permutation importance, "
        "where y is the model's own output.",
        "{y}²",
        "E[(y - E[f|x_~i])²] - E[(y - f)²]",
        _LEI,
        "conditional",
    ),
    Measure(
        "leave_one_out_r2",
        r"LOO ($R^2$)",
        "Leave one input out: the fall of R² when the model's output is averaged over the input "
        "given all others. Of the model's own output it is the total-order index of the inputs' "
        "law.",
        "",
        "(E[(y - E[f|x_~i])²] - E[(y - f)²])/Var y",
        _LEI,
        "conditional",
        variance_power=1,
        total_order="estimate",
    ),
    Measure(
        "derivative_following",
        r"mean $dy/dx$, others following",
        "Mean derivative along the conditional mean: how much y rises per unit of the input when "
        "the other inputs follow as they do on average. The mean derivative holds them fixed.",
        "{y}/{x}",
        "E[Σ_j ∂f/∂x_j · dE[x_j|x_i]/dx_i]",
        "Kucherenko et al. 2009, doi:10.1016/j.ress.2008.05.006, along the regression of the "
        "inputs on one of them",
        "derivative",
        signed=True,
    ),
    Measure(
        "derivative_following_standardised",
        r"mean $dy/dx\cdot\sigma_x/\sigma_y$, others following",
        "Mean derivative along the conditional mean, in standard deviations of y per standard "
        "deviation of the input. For a linear model of normal inputs: the correlation of input "
        "and output, whose square is S_1.",
        "",
        "E[Σ_j ∂f/∂x_j · dE[x_j|x_i]/dx_i]·σ_i/σ_y",
        "Kucherenko et al. 2009, doi:10.1016/j.ress.2008.05.006, along the regression of the "
        "inputs on one of them",
        "derivative",
        variance_power=2,
        signed=True,
    ),
):
    define(_measure)
