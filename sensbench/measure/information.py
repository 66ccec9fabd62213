"""How far an input and the output are from independent of each other."""

from sensbench.measure._measure import Measure, define

_KRASKOV = "Kraskov, Stögbauer & Grassberger 2004, doi:10.1103/PhysRevE.69.066138"
_DA_VEIGA = "Da Veiga 2015, doi:10.1080/00949655.2014.945932"

for _measure in (
    Measure(
        "mutual_information",
        r"$I$",
        "Mutual information of this input and the output, in nats: 0 only if they are independent, "
        "without bound where the input alone tells the output. Inputs may be dependent.",
        "",
        "E[log p(x_i, y)/(p(x_i) p(y))]",
        _KRASKOV,
        "information",
    ),
    Measure(
        "hsic_r2",
        r"$R^2_{HSIC}$",
        "Dependence of the output on this input by the Hilbert-Schmidt criterion with Gaussian "
        "kernels, divided by what each has with itself: 0 only if they are independent, at most 1. "
        "Inputs may be dependent.",
        "",
        "HSIC(x_i, y)/√(HSIC(x_i, x_i) HSIC(y, y))",
        _DA_VEIGA,
        "information",
    ),
):
    define(_measure)
