"""Shares of the output's variance."""

from sensbench.measure._measure import Measure, define

_SOBOL = "Sobol' 2001, doi:10.1016/S0378-4754(00)00270-6"
_SALTELLI = "Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018"
_MARA = "Mara, Tarantola & Annoni 2015, doi:10.1016/j.envsoft.2015.07.010"
_HERIN = "Herin et al. 2024, doi:10.1137/22M153032X"
_OWEN = "Owen 2014, doi:10.1137/130936233"
_LIU = "Liu & Owen 2006, doi:10.1198/016214505000001410"
_GAMBOA = "Gamboa et al. 2014, doi:10.1214/14-EJS895"

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
        "total_interaction",
        r"$S_{ij}^T$",
        "Total interaction of two inputs: the share of variance due to the two acting together, "
        "alone or with any others. 0 means that they do not interact at all.",
        "",
        "Σ over sets u that contain i and j of Var(f_u)/Var f",
        _LIU,
        "variance",
        axis="pair",
    ),
    Measure(
        "third_order",
        r"$S_{ijk}$",
        "Third-order Sobol' index: the share of variance due to three inputs acting together, "
        "beyond what each and each two of them do.",
        "",
        "Var(E[f|x_i,x_j,x_k])/Var f - S_ij - S_ik - S_jk - S_i - S_j - S_k",
        _SOBOL,
        "variance",
        axis="set",
    ),
    Measure(
        "closed_of_set",
        r"$S_u^{\mathrm{closed}}$",
        "Closed Sobol' index of a set of inputs: the share of variance that knowing all of them "
        "would remove, on average; what each does alone and all that they do together.",
        "",
        "Var(E[f|x_u])/Var f",
        _SOBOL,
        "variance",
        axis="set",
    ),
    Measure(
        "total_of_set",
        r"$S_u^T$",
        "Total Sobol' index of a set of inputs: the share of variance left when all others are "
        "known. 0 means that all of the set can be fixed at once.",
        "",
        "E[Var(f|x_~u)]/Var f",
        _SOBOL,
        "variance",
        axis="set",
    ),
    Measure(
        "aggregated_first_order",
        r"aggregated $S_1$",
        "First-order Sobol' index of all outputs together: their indices' mean, weighted by their "
        "variances, which is a share of the sum of the variances. Outputs count as they are "
        "scaled: give them one unit, or standardise them.",
        "",
        "Σ_k Var(E[f_k|x_i]) / Σ_k Var f_k",
        _GAMBOA,
        "variance",
        axis="aggregate",
    ),
    Measure(
        "aggregated_total_order",
        r"aggregated $S_T$",
        "Total-order Sobol' index of all outputs together: their indices' mean, weighted by their "
        "variances. 0 means that the input matters to none of them.",
        "",
        "Σ_k E[Var(f_k|x_~i)] / Σ_k Var f_k",
        _GAMBOA,
        "variance",
        axis="aggregate",
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
