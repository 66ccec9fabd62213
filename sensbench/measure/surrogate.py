"""How good a fit is that indices are read from."""

from sensbench.measure._measure import Measure, define

define(
    Measure(
        "surrogate_q2",
        r"$Q^2$ fit",
        "Share of the output's variance that a surrogate predicts of rows left out of its fit: "
        "how much of the indices that are read from it is the whole story.",
        "",
        "1 - E[(y - fit without this row)²]/Var y",
        "Marrel, Iooss, Laurent & Roustant 2009, doi:10.1016/j.ress.2008.07.008",
        "regression",
        axis="output",
    )
)
