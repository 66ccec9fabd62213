"""Elementary effects."""

from sensbench.measure._measure import Measure, define

_KUCHERENKO = "Kucherenko et al. 2009, doi:10.1016/j.ress.2008.05.006"
_MORRIS = "Morris 1991, doi:10.1080/00401706.1991.10484804"
_CAMPOLONGO = "Campolongo et al. 2007, doi:10.1016/j.envsoft.2006.10.004"
_RADIAL = "Campolongo, Saltelli & Cariboni 2011, doi:10.1016/j.cpc.2010.12.039"
_PRIMER = "Saltelli et al. 2008, doi:10.1002/9780470725184"
_SIN = "Sin & Gernaey 2009, doi:10.1016/S1570-7946(09)70154-3"

for _measure in (
    Measure(
        "mu",
        r"$\mu$",
        "Mean elementary effect: the average change of y per step of the input across its grid, "
        "a step of the whole range counting 1. Effects of opposite sign cancel.",
        "{y}",
        "E[EE_i], EE_i = (f(x + Δ e_i) - f(x))/Δ on the quantile grid",
        _MORRIS,
        "screening",
        signed=True,
    ),
    Measure(
        "mu_star",
        r"$\mu^*$",
        "Mean absolute elementary effect: the average size of the change of y per step of the "
        "input across its grid, a step of the whole range counting 1.",
        "{y}",
        "E|EE_i|",
        _CAMPOLONGO,
        "screening",
    ),
    Measure(
        "mu_star_limit",
        r"$\mu^*_0$",
        "Mean absolute elementary effect in the limit of infinitely many, infinitely small steps: "
        "the mean absolute change of y per step of the input across its range, a step of the "
        "whole range counting 1. Exists for inputs with a bounded range. Morris's mu_star on a "
        "coarse grid is a finite difference and converges to a value of its own.",
        "{y}",
        "E|∂f/∂u_i|, u_i the quantile of x_i; for a uniform input E|∂f/∂x_i|·(high - low)",
        _KUCHERENKO,
        "screening",
    ),
    Measure(
        "sigma",
        r"$\sigma$",
        "Standard deviation of the elementary effects: large for nonlinear effects and "
        "interactions.",
        "{y}",
        "sqrt(Var[EE_i])",
        _MORRIS,
        "screening",
    ),
    Measure(
        "mu_star_standardised",
        r"$\mu^*\cdot\sigma_x/\sigma_y$",
        "Mean absolute elementary effect per mean step, in standard deviations of y per standard "
        "deviation of the input; comparable between inputs of different ranges and outputs of "
        "different scales. For a linear model: |standardised regression coefficient|.",
        "",
        "E|Δf_i|/E|Δx_i|·σ_i/σ_y over the Morris steps",
        _SIN,
        "screening",
        variance_power=2,
    ),
    Measure(
        "radial_mu",
        r"radial $\mu$",
        "Mean elementary effect over steps of random lengths: the average change of y per length "
        "of the step between two random quantiles of the input. Effects of opposite sign cancel.",
        "{y}",
        "E[(f(x') - f(x))/(u_i' - u_i)], u_i the quantile of x_i",
        _RADIAL,
        "screening",
        signed=True,
    ),
    Measure(
        "radial_mu_star",
        r"radial $\mu^*$",
        "Mean absolute elementary effect over steps of random lengths. Infinite for an input that "
        "the output jumps with.",
        "{y}",
        "E|(f(x') - f(x))/(u_i' - u_i)|, u_i the quantile of x_i",
        _RADIAL,
        "screening",
    ),
    Measure(
        "radial_sigma",
        r"radial $\sigma$",
        "Standard deviation of the elementary effects over steps of random lengths.",
        "{y}",
        "sqrt(Var[(f(x') - f(x))/(u_i' - u_i)])",
        _RADIAL,
        "screening",
    ),
    Measure(
        "factorial_effect",
        "main effect",
        "Main effect at two levels: half the mean change of y from the input's low to its high "
        "end, over corners of the others. For a linear model: slope times half the range.",
        "{y}",
        "(mean of f at the high level - mean of f at the low level)/2",
        _PRIMER,
        "screening",
        signed=True,
    ),
    Measure(
        "factorial_share",
        "share of main effects",
        "Square of the main effect at two levels, as a share of all inputs' squares. For a linear "
        "model of inputs of one kind of distribution: S_T.",
        "",
        "ME_i²/Σ ME_j²",
        _PRIMER,
        "screening",
        variance_power=1,
    ),
):
    define(_measure)
