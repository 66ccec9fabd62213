"""What shuffling an input costs."""

from sensbench.measure._measure import Measure, define

_BREIMAN = "Breiman 2001, doi:10.1023/A:1010933404324"
_BRIDGE = "Gregorutti, Michel & Saint-Pierre 2017, doi:10.1007/s11222-016-9646-1"

for _measure in (
    Measure(
        "permutation_mse",
        "PI (MSE)",
        "Permutation importance: the rise of the mean squared error when the input's column is "
        "shuffled.",
        "{y}²",
        "E[(y - f(x'))²] - E[(y - f(x))²], x' with x_i from another row",
        _BREIMAN,
        "permutation",
    ),
    Measure(
        "permutation_r2",
        r"PI ($R^2$)",
        "Permutation importance: the fall of R² when the input's column is shuffled. It is the "
        "MSE importance divided by the variance of the target.",
        "",
        "(E[(y - f(x'))²] - E[(y - f(x))²])/Var y",
        _BREIMAN,
        "permutation",
    ),
    Measure(
        "permutation_total_order",
        "PI/(2 Var)",
        "Permutation importance on the scale of the total-order index: the MSE importance divided "
        "by twice the variance of the model's output. It equals S_T when the inputs are "
        "independent and the model's error is uncorrelated with its output; with dependent inputs "
        "it also counts combinations the data do not hold.",
        "",
        "(E[(y - f(x'))²] - E[(y - f(x))²])/(2 Var f)",
        _BRIDGE,
        "permutation",
        variance_power=1,
        total_order="estimate",
    ),
):
    define(_measure)
