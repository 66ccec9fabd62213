"""What an input is worth to a model that is trained again without it."""

from sensbench.measure._measure import Measure, define

_LEI = "Lei et al. 2018, doi:10.1080/01621459.2017.1307116"
_FALL = "E[(y - f_~i)²] - E[(y - f)²]"
_WHAT = {
    "drop_column": (
        "drop",
        "Drop a column: {how} of models that are trained again without the input, above models "
        "trained again with all. What the other inputs tell of it is not lost.",
        "f_~i and f trained alike",
    ),
    "loco": (
        "LOCO",
        "Leave one covariate out: {how} of a model that is trained again without the input, above "
        "the model's own. What the other inputs tell of it is not lost.",
        "f_~i trained without x_i",
    ),
}

for _name, (_symbol, _definition, _models) in _WHAT.items():
    for _measure in (
        Measure(
            f"{_name}_mse",
            f"{_symbol} (MSE)",
            _definition.format(how="the rise of the mean squared error"),
            "{y}²",
            f"{_FALL}, {_models}",
            _LEI,
            "conditional",
        ),
        Measure(
            f"{_name}_r2",
            rf"{_symbol} ($R^2$)",
            _definition.format(how="the fall of R²"),
            "",
            f"({_FALL})/Var y, {_models}",
            _LEI,
            "conditional",
            variance_power=1,
        ),
    ):
        define(_measure)
