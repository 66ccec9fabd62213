from sensbench.problem.problem import Problem
from sensbench.problems._alternating import alternating


def k_function(d: int = 10) -> Problem:
    """K(x) = Σᵢ (-1)ⁱ Π_{j≤i} xⱼ on U(0, 1)ᵈ, as the literature on sensitivity calls it.

    The same as ``bratley_d``, under the name and with the ten inputs of Saltelli et al. 2010,
    doi:10.1016/j.cpc.2009.09.018; 1A of Kucherenko et al. 2011, doi:10.1016/j.ress.2010.11.003.
    Every measure has an exact truth.

    Parameters
    ----------
    d
        Number of inputs.

    Raises
    ------
    InputError
        d is not a whole number of at least 1.
    """
    return alternating("k_function", d, "Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018")
