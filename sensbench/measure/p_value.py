"""How often an input without effect scores as high: p-values, alone and over all inputs."""

from sensbench.measure._measure import Measure, define

_HOLM = "Holm 1979, jstor.org/stable/4615733"
_BENJAMINI = "Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x"

# By the measure that is tested: what is true of an input without effect, and who tests it so.
_TESTED = {
    "hsic": (
        "HSIC",
        "the output is independent of the input",
        "De Lozzo & Marrel 2016, doi:10.1080/00949655.2016.1149854",
    ),
    "loco": (
        "LOCO",
        "the model without the input has no larger squared error",
        "Lei et al. 2018, doi:10.1080/01621459.2017.1307116",
    ),
}

for _name, (_symbol, _null, _source) in _TESTED.items():
    for _measure in (
        Measure(
            f"{_name}_p_value",
            f"p ({_symbol})",
            f"P-value of one input: how often it scores as high, or higher, if {_null}. Of many "
            "inputs without effect, one in twenty is below .05.",
            "",
            f"P(estimate ≥ the one seen | {_null})",
            _source,
            "p-value",
        ),
        Measure(
            f"{_name}_p_value_holm",
            f"p, Holm ({_symbol})",
            "P-value for all inputs together (Holm): where those below .05 are called inputs with "
            "effect, one or more without is among them in at most one study of twenty.",
            "",
            "max over smaller p_(j) of min(1, (d - j + 1) p_(j)), p_(1) ≤ p_(2) ≤ …",
            _HOLM,
            "p-value",
        ),
        Measure(
            f"{_name}_p_value_bh",
            f"p, BH ({_symbol})",
            "P-value by false discovery rate (Benjamini & Hochberg): of those below .05, on "
            "average at most 5 % have no effect, if the tests are independent or rise together.",
            "",
            "min over larger p_(j) of min(1, d p_(j)/j), p_(1) ≤ p_(2) ≤ …",
            _BENJAMINI,
            "p-value",
        ),
    ):
        define(_measure)
