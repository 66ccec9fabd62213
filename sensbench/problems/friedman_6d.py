from sensbench.problem.problem import Problem
from sensbench.problems._friedman import friedman


def friedman_6d() -> Problem:
    """f(x) = 10 sin(π x1 x2) + 20 (x3 - 1/2)² + 10 x4 + 5 x5 on U(0, 1)⁶, x6 inert.

    Friedman, Grosse & Stuetzle 1983, doi:10.1137/0904023, without its noise; ``friedman1`` with
    six inputs. Every measure has an exact truth.
    """
    return friedman("friedman_6d", 6, "Friedman, Grosse & Stuetzle 1983, doi:10.1137/0904023")
