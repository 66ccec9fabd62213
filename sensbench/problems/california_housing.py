from sklearn.datasets import fetch_california_housing

from sensbench.problem.problem import Problem
from sensbench.problems._fetched import fetched
from sensbench.problems._frames import problem_of_frame


def california_housing(rows: int | None = None) -> Problem:
    """Median house values of 20,640 Californian districts in 1990 (data; fetched once).

    By scikit-learn, which keeps the file: only the first time needs a network. The target is in
    units of 100,000 dollars and capped at 5; latitude and longitude are inputs.

    Pace & Barry 1997, doi:10.1016/S0167-7152(96)00140-X; from the 1990 census.

    Parameters
    ----------
    rows
        Take this many rows, drawn at random; by default all.

    Raises
    ------
    InputError
        The file is not there and cannot be fetched.
    """
    who = "california_housing"
    return problem_of_frame(
        who,
        fetched(fetch_california_housing, who).frame,
        who,
        target="MedHouseVal",
        discrete=(),
        rows=rows,
        units={
            "MedInc": "10⁴ USD", "HouseAge": "years", "Latitude": "°", "Longitude": "°",
            "MedHouseVal": "10⁵ USD",
        },
        source="Pace & Barry 1997, doi:10.1016/S0167-7152(96)00140-X; 1990 US census",
        licence="none stated; US census data, fetched by scikit-learn from StatLib's copy",
    )  # fmt: skip
