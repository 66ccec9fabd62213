"""Measure: what a number means: its definition, unit, estimand and source."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sensbench.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Measure:
    """The meaning of one kind of sensitivity number.

    Attributes
    ----------
    name
        The quantity in the field's words; the key in every table.
    symbol
        Short label for axes and table heads; ``$…$`` is mathematics.
    definition
        One sentence that says what is computed and how to read it.
    unit
        ``{y}`` and ``{x}`` stand for the units of output and input; empty: dimensionless.
    estimand
        The population quantity, as a formula. Estimates converge to it.
    source
        Citation with DOI.
    variance_power
        ``|value| ** variance_power`` is on the scale of the total-order index: for a linear
        model with independent inputs it *is* the share of variance. 0: no such scale; shares are
        then of the value as it is.
    signed
        Whether the sign carries a meaning.
    pairwise
        Whether a value belongs to two inputs.
    whole
        Whether a value belongs to the output, whatever the inputs.
    """

    name: str
    symbol: str
    definition: str
    unit: str
    estimand: str
    source: str
    variance_power: int = 0
    signed: bool = False
    pairwise: bool = False
    whole: bool = False

    def shape(self, o: int, d: int) -> tuple[int, ...]:
        """Return the shape of its values for ``o`` outputs and ``d`` features."""
        return (o,) if self.whole else (o, d, d) if self.pairwise else (o, d)


_registered: dict[str, Measure] = {}
MEASURES: Mapping[str, Measure] = MappingProxyType(_registered)


def define(measure: Measure) -> Measure:
    """Register a measure, for estimators that compute something new.

    Raises
    ------
    InputError
        Another measure of that name is there already.
    """
    if _registered.setdefault(measure.name, measure) != measure:
        raise InputError(
            f"define: expected a new measure; {measure.name!r} is defined already as "
            f"{_registered[measure.name].definition!r}; choose another name"
        )
    return measure


def measure(name: str) -> Measure:
    """Return the measure of that name.

    Raises
    ------
    UnknownNameError
        No such measure; the message names the nearest.
    """
    if name not in _registered:
        raise UnknownNameError.of("measure", "measure", name, _registered)
    return _registered[name]


_KUCHERENKO = "Kucherenko et al. 2009, doi:10.1016/j.ress.2008.05.006"
_DGSM = "Sobol' & Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023"
_SOBOL = "Sobol' 2001, doi:10.1016/S0378-4754(00)00270-6"
_SALTELLI = "Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018"
_MORRIS = "Morris 1991, doi:10.1080/00401706.1991.10484804"
_CAMPOLONGO = "Campolongo et al. 2007, doi:10.1016/j.envsoft.2006.10.004"
_SIN = "Sin & Gernaey 2009, doi:10.1016/S1570-7946(09)70154-3"
_BREIMAN = "Breiman 2001, doi:10.1023/A:1010933404324"
_BRIDGE = "Gregorutti, Michel & Saint-Pierre 2017, doi:10.1007/s11222-016-9646-1"
_OWEN = "Owen 2014, doi:10.1137/130936233"
_BORGONOVO = "Borgonovo 2007, doi:10.1016/j.ress.2006.04.015"
_PLISCHKE = "Plischke, Borgonovo & Smith 2013, doi:10.1016/j.ejor.2012.11.047"
_PAWN = "Pianosi & Wagener 2018, doi:10.1016/j.envsoft.2018.07.019"
_POINCARE = "Roustant, Barthe & Iooss 2017, doi:10.1214/17-EJS1310"

_STANDARDISED = (
    ", in standard deviations of y per standard deviation of the input; comparable between "
    "inputs of different units and outputs of different scales"
)

for _measure in (
    Measure(
        "mean",
        r"$E[y]$",
        "Mean of the output over the inputs' distribution.",
        "{y}",
        "E[f]",
        _SOBOL,
        signed=True,
        whole=True,
    ),
    Measure(
        "variance",
        r"$V[y]$",
        "Variance of the output over the inputs' distribution: what the Sobol' indices and the "
        "Shapley effects divide among the inputs.",
        "{y}²",
        "Var f",
        _SOBOL,
        whole=True,
    ),
    Measure(
        "derivative_mean",
        r"mean $\partial y/\partial x$",
        "Mean derivative over the inputs' distribution: how much y rises per unit of the input, "
        "on average. Rises and falls cancel.",
        "{y}/{x}",
        "E[∂f/∂x_i]",
        _KUCHERENKO,
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
    ),
    Measure(
        "derivative_rms",
        r"rms $\partial y/\partial x$",
        "Root mean square of the derivative: like the mean absolute derivative, with more weight "
        "on steep regions. The square root of the DGSM.",
        "{y}/{x}",
        "sqrt(E[(∂f/∂x_i)²])",
        _DGSM,
    ),
    Measure(
        "derivative_std",
        r"std $\partial y/\partial x$",
        "Standard deviation of the derivative over the inputs: 0 for an effect that is the same "
        "everywhere; large for nonlinear effects and interactions.",
        "{y}/{x}",
        "sqrt(Var[∂f/∂x_i])",
        _KUCHERENKO,
    ),
    Measure(
        "derivative_mean_standardised",
        r"mean $\partial y/\partial x\cdot\sigma_x/\sigma_y$",
        "Mean derivative" + _STANDARDISED + ". For a linear model: the standardised regression "
        "coefficient.",
        "",
        "E[∂f/∂x_i]·σ_i/σ_y",
        _KUCHERENKO,
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
        variance_power=2,
    ),
    Measure(
        "derivative_std_standardised",
        r"std $\partial y/\partial x\cdot\sigma_x/\sigma_y$",
        "Standard deviation of the derivative" + _STANDARDISED + ".",
        "",
        "sqrt(Var[∂f/∂x_i])·σ_i/σ_y",
        _KUCHERENKO,
    ),
    Measure(
        "dgsm",
        r"DGSM $E[(\partial y/\partial x)^2]$",
        "Derivative-based global sensitivity measure: the mean squared derivative.",
        "({y}/{x})²",
        "ν_i = E[(∂f/∂x_i)²]",
        _DGSM,
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
    ),
    Measure(
        "first_order",
        r"$S_1$",
        "First-order Sobol' index: the share of the output's variance that knowing this input "
        "alone would remove, on average.",
        "",
        "Var(E[f|x_i])/Var f",
        _SOBOL,
        variance_power=1,
    ),
    Measure(
        "total_order",
        r"$S_T$",
        "Total-order Sobol' index: the share of variance left when all other inputs are known, "
        "interactions included. 0 means the input does not matter at all.",
        "",
        "E[Var(f|x_~i)]/Var f",
        _SALTELLI,
        variance_power=1,
    ),
    Measure(
        "second_order",
        r"$S_{ij}$",
        "Second-order Sobol' index: the share of variance due to two inputs acting together, "
        "beyond what each does alone.",
        "",
        "Var(E[f|x_i,x_j])/Var f - S_i - S_j",
        _SOBOL,
        pairwise=True,
    ),
    Measure(
        "shapley",
        "Shapley",
        "Shapley effect: the share of variance due to this input, every interaction divided "
        "equally among those that take part in it. The effects add up to 1.",
        "",
        "Σ over subsets u without i of [Var(E[f|x_u,x_i]) - Var(E[f|x_u])] / (d·binom(d-1, |u|)) "
        "/ Var f",
        _OWEN,
        variance_power=1,
    ),
    Measure(
        "mu",
        r"$\mu$",
        "Mean elementary effect: the average change of y per step of the input across its grid, "
        "a step of the whole range counting 1. Effects of opposite sign cancel.",
        "{y}",
        "E[EE_i], EE_i = (f(x + Δ e_i) - f(x))/Δ on the quantile grid",
        _MORRIS,
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
    ),
    Measure(
        "sigma",
        r"$\sigma$",
        "Standard deviation of the elementary effects: large for nonlinear effects and "
        "interactions.",
        "{y}",
        "sqrt(Var[EE_i])",
        _MORRIS,
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
        variance_power=2,
    ),
    Measure(
        "permutation_mse",
        "PI (MSE)",
        "Permutation importance: the rise of the mean squared error when the input's column is "
        "shuffled.",
        "{y}²",
        "E[(y - f(x'))²] - E[(y - f(x))²], x' with x_i from another row",
        _BREIMAN,
    ),
    Measure(
        "permutation_r2",
        r"PI ($R^2$)",
        "Permutation importance: the fall of R² when the input's column is shuffled. It is the "
        "MSE importance divided by the variance of the target.",
        "",
        "(E[(y - f(x'))²] - E[(y - f(x))²])/Var y",
        _BREIMAN,
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
        variance_power=1,
    ),
    Measure(
        "delta",
        r"$\delta$",
        "Borgonovo's delta: how much of the output's distribution, not of its variance only, moves "
        "when this input is known: half the area between the two densities, on average. 0 for an "
        "input the output does not depend on, at most 1. Inputs may be dependent.",
        "",
        "E[∫|p(y) - p(y|x_i)| dy]/2",
        _BORGONOVO,
    ),
    Measure(
        "delta_balanced",
        r"$\delta$ balanced",
        "Borgonovo's delta had the input as many rows in each interval of its range: rare values "
        "count as much as frequent ones.",
        "",
        "δ_i with x_i spread evenly over up to ten intervals of its range",
        _PLISCHKE,
    ),
    Measure(
        "delta_step",
        r"$\delta$ step",
        "Borgonovo's delta had half of the rows the input at most 0 (off) and the other half above "
        "(on), spread evenly over its positive range.",
        "",
        "δ_i with P(x_i ≤ 0) = 1/2 and x_i > 0 spread evenly over five intervals",
        _PLISCHKE,
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
    ),
):
    define(_measure)
