"""Distances between distributions of the output."""

from sensbench.measure._measure import Measure, define

_BORGONOVO = "Borgonovo 2007, doi:10.1016/j.ress.2006.04.015"
_PLISCHKE = "Plischke, Borgonovo & Smith 2013, doi:10.1016/j.ejor.2012.11.047"
_GAMBOA = "Gamboa, Klein & Lagnoux 2018, doi:10.1137/15M1025621"
_PAWN = "Pianosi & Wagener 2018, doi:10.1016/j.envsoft.2018.07.019"

for _measure in (
    Measure(
        "delta",
        r"$\delta$",
        "Borgonovo's delta: how much of the output's distribution, not of its variance only, moves "
        "when this input is known: half the area between the two densities, on average. 0 for an "
        "input the output does not depend on, at most 1. Inputs may be dependent.",
        "",
        "E[∫|p(y) - p(y|x_i)| dy]/2",
        _BORGONOVO,
        "distance",
        floor="delta_floor",
    ),
    Measure(
        "delta_floor",
        r"$\delta$ by chance",
        "What delta is by chance for an input that does nothing, of as many rows: the largest over "
        "all inputs stays below it, as often as the level of the intervals says. An input whose "
        "delta is not above it is not told apart from one without effect.",
        "",
        "95 % quantile of the largest estimate of δ_i over d inputs independent of y",
        _BORGONOVO,
        "chance",
    ),
    Measure(
        "delta_balanced",
        r"$\delta$ balanced",
        "Borgonovo's delta had the input as many rows in each interval of its range: rare values "
        "count as much as frequent ones.",
        "",
        "δ_i with x_i spread evenly over up to ten intervals of its range",
        _PLISCHKE,
        "distance",
    ),
    Measure(
        "delta_step",
        r"$\delta$ step",
        "Borgonovo's delta had half of the rows the input at most 0 (off) and the other half above "
        "(on), spread evenly over its positive range.",
        "",
        "δ_i with P(x_i ≤ 0) = 1/2 and x_i > 0 spread evenly over five intervals",
        _PLISCHKE,
        "distance",
    ),
    Measure(
        "pawn",
        "PAWN",
        "PAWN index: how far the output's distribution function moves when this input is held in a "
        "slice of its values: the largest difference of the two (Kolmogorov-Smirnov), and of the "
        "slices the median, or the statistic the estimator names. Between 0 and 1.",
        "",
        "median over slices s of max_y |F(y) - F(y|x_i in s)|",
        _PAWN,
        "distance",
        floor="pawn_floor",
    ),
    Measure(
        "pawn_floor",
        "PAWN by chance",
        "What PAWN is by chance for an input that does nothing, of as many rows: the largest over "
        "all inputs, with the outputs shuffled, stays below it as often as the level says. An "
        "input whose index is not above it is not told apart from one without effect.",
        "",
        "95 % quantile over shuffles of y of max_i PAWN_i",
        _PAWN,
        "chance",
        axis="output",
    ),
    Measure(
        "cramer_von_mises",
        "CvM",
        "Cramér-von Mises index: how much of the variance of the event 'y is at least t' this "
        "input alone explains, averaged over where y itself falls. 0 only if y is independent of "
        "the input, 1 if y is a function of it; the same for every increasing function of y.",
        "",
        "∫Var(P(y ≥ t|x_i)) dF(t) / ∫F(t)(1 - F(t)) dF(t)",
        _GAMBOA,
        "distance",
    ),
    Measure(
        "discrepancy_share",
        "discrepancy",
        "Discrepancy of the points (x_i, y) in their square, as a share of all inputs': how far "
        "their scatter plot is from an even one.",
        "",
        "D_i/Σ D_j, D_i the L2 discrepancy of the ranks of (x_i, y)",
        "Puy, Roy & Saltelli 2024, doi:10.1080/00401706.2024.2304341",
        "distance",
    ),
    Measure(
        "regional_distance",
        "regional distance",
        "Regional sensitivity: the squared distance between the input's distributions where the "
        "output is in a region and where it is not, on average over regions of equal probability.",
        "",
        "mean over regions R of ∫(F(x_i|y in R) - F(x_i|y not in R))² dF(x_i)",
        "Pianosi et al. 2016, doi:10.1016/j.envsoft.2016.02.008",
        "distance",
    ),
):
    define(_measure)
