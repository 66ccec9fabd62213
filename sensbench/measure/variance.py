"""Shares of the output's variance."""

from sensbench.measure._measure import Measure, define

_SOBOL = "Sobol' 2001, doi:10.1016/S0378-4754(00)00270-6"
_SALTELLI = "Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018"
_MARA = "Mara, Tarantola & Annoni 2015, doi:10.1016/j.envsoft.2015.07.010"
_HERIN = "Herin et al. 2024, doi:10.1137/22M153032X"
_OWEN = "Owen 2014, doi:10.1137/130936233"

for _measure in (
    Measure(
        "mean",
        r"$E[y]$",
        "Mean of the output over the inputs' distribution.",
        "{y}",
        "E[f]",
        _SOBOL,
        "moment",
        signed=True,
        axis="output",
    ),
    Measure(
        "variance",
        r"$V[y]$",
        "Variance of the output over the inputs' distribution: what the Sobol' indices and the "
        "Shapley effects divide among the inputs.",
        "{y}²",
        "Var f",
        _SOBOL,
        "variance",
        axis="output",
    ),
    Measure(
        "first_order",
        r"$S_1$",
        "First-order Sobol' index: the share of the output's variance that knowing this input "
        "alone would remove, on average.",
        "",
        "Var(E[f|x_i])/Var f",
        _SOBOL,
        "variance",
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
        "variance",
        variance_power=1,
        total_order="estimate",
    ),
    Measure(
        "second_order",
        r"$S_{ij}$",
        "Second-order Sobol' index: the share of variance due to two inputs acting together, "
        "beyond what each does alone.",
        "",
        "Var(E[f|x_i,x_j])/Var f - S_i - S_j",
        _SOBOL,
        "variance",
        axis="pair",
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
        "variance",
        variance_power=1,
    ),
    Measure(
        "total_order_full",
        r"$S_T$ full",
        "Full total-order index: the share of variance due to this input with all that follows it "
        "in the others, interactions included. Of independent inputs it is S_T.",
        "",
        "E[Var(f|e_~i)]/Var f, e_j what is left of x_j given x_i",
        _MARA,
        "variance",
        variance_power=1,
    ),
    Measure(
        "first_order_independent",
        r"$S_1$ independent",
        "Independent first-order index: the share of variance that is due, alone, to what the "
        "other inputs do not tell of this one. Of independent inputs it is S_1.",
        "",
        "Var(E[f|e_i])/Var f, e_i what is left of x_i given x_~i",
        _MARA,
        "variance",
        variance_power=1,
    ),
    Measure(
        "pme",
        "PME",
        "Proportional marginal effect: the share of variance due to this input, what dependent "
        "inputs have in common divided in proportion to what each adds. The effects add up to 1; "
        "an input that the model does not use has none, whatever it correlates with.",
        "",
        "P(all)/P(all without i), P(u) = w(u)/Σ_{j in u} 1/P(u without j), w(u) = E[Var(f|x_~u)]",
        _HERIN,
        "variance",
        variance_power=1,
    ),
):
    define(_measure)
