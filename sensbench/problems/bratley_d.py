from sensbench.problem.problem import Problem
from sensbench.problems._alternating import alternating


def bratley_d(d: int = 8) -> Problem:
    """Σᵢ (-1)ⁱ Π_{j≤i} xⱼ on U(0, 1)ᵈ: importance falls with the input's number.

    f₄ of Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385; also known as the K
    function. Its mean is -(1 - (-1/2)ᵈ)/3. Every measure has an exact truth.

    Parameters
    ----------
    d
        Number of inputs.

    Raises
    ------
    InputError
        d is not a whole number of at least 1.
    """
    source = "Bratley, Fox & Niederreiter 1992, doi:10.1145/146382.146385"
    return alternating("bratley_d", d, source)
