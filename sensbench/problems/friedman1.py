from sensbench.problem.problem import Problem
from sensbench.problems._friedman import friedman
from sensbench.problems._parameters import whole


def friedman1(d: int = 10) -> Problem:
    """f(x) = 10 sin(π x1 x2) + 20 (x3 - 1/2)² + 10 x4 + 5 x5 on U(0, 1)ᵈ, x6 … inert.

    Friedman 1991, doi:10.1214/aos/1176347963, without its noise: scikit-learn's
    ``make_friedman1``. Every measure has an exact truth.

    Parameters
    ----------
    d
        Number of inputs, of which five act.

    Raises
    ------
    InputError
        d is not a whole number of at least 5.
    """
    whole("friedman1", "d", d, 5)
    return friedman("friedman1", d, "Friedman 1991, doi:10.1214/aos/1176347963")
