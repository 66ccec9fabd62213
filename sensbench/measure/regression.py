"""Linear and monotone dependence of the output on the inputs."""

from sensbench.measure._measure import Measure, define

_SRC = "Saltelli et al. 2008, doi:10.1002/9780470725184, chapter 1"
_RANKS = "Iman & Conover 1979, doi:10.1080/00401706.1979.10489820"
_HELTON = "Helton et al. 2006, doi:10.1016/j.ress.2005.11.017"

for _measure in (
    Measure(
        "src",
        "SRC",
        "Standardised regression coefficient: standard deviations that a linear fit of y moves per "
        "standard deviation of the input, the others held. Means as much as the fit: see r2.",
        "",
        "β_i·σ_x/σ_y of the least squares fit",
        _SRC,
        "regression",
        variance_power=2,
        signed=True,
    ),
    Measure(
        "srrc",
        "SRRC",
        "Standardised regression coefficient between ranks: as src, for a y that rises or falls "
        "steadily along each input, however bent.",
        "",
        "β_i of the least squares fit of y's ranks on the inputs' ranks",
        _RANKS,
        "regression",
        variance_power=2,
        signed=True,
    ),
    Measure(
        "pcc",
        "PCC",
        "Partial correlation of input and output, the linear effects of all other inputs removed "
        "from both: near ±1 for a small input too, where nothing else is left unexplained.",
        "",
        "Corr(x_i - fit(x_~i), y - fit(x_~i))",
        _HELTON,
        "regression",
        signed=True,
    ),
    Measure(
        "prcc",
        "PRCC",
        "Partial correlation between ranks: as pcc, for steady effects, however bent.",
        "",
        "pcc of the ranks",
        _RANKS,
        "regression",
        signed=True,
    ),
    Measure(
        "r2",
        r"$R^2$ linear",
        "Share of the output's variance that the linear fit explains: how much of src is the whole "
        "story.",
        "",
        "1 - Var(y - fit)/Var y",
        _SRC,
        "regression",
        axis="output",
    ),
    Measure(
        "r2_ranks",
        r"$R^2$ ranks",
        "Share of the variance of the output's ranks that the fit to the inputs' ranks explains.",
        "",
        "1 - Var(rank y - fit)/Var(rank y)",
        _RANKS,
        "regression",
        axis="output",
    ),
):
    define(_measure)
