"""Results as files for other programs: Parquet, CSV, NetCDF."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sensbench.errors import InputError
from sensbench.files.atomic import write_whole
from sensbench.measure import Measure
from sensbench.report.csv_file import as_csv
from sensbench.study.columns import plain
from sensbench.study.results import Results

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

_OF_CELL = ["estimator", "budget", "replicate"]
_PLACES = {
    "feature": ["output", "feature"],
    "pair": ["output", "feature", "partner"],
    "output": ["output"],
    "direction": ["output", "direction"],
    "set": ["output", "direction"],
    "aggregate": ["feature"],
}
# A dense table of all combinations that is so many times larger than the numbers is a mistake.
_MOST_DENSE = 10**8


def export(results: Results, out: Path) -> Path:
    """Write the numbers into a file; its ending says how.

    ``.parquet`` and ``.csv`` have one row per number in the documented columns; Parquet keeps the
    provenance as well, under ``sensbench`` in its metadata. ``.nc`` is NetCDF 4 as
    :func:`to_xarray` gives it.

    Raises
    ------
    InputError
        Another ending; no folder; xarray and h5netcdf are not installed.
    """
    kinds: Mapping[str, Callable[[Results], bytes]] = {
        ".parquet": _parquet, ".csv": lambda of: as_csv(plain(of.frame)), ".nc": _netcdf,
    }  # fmt: skip
    if out.suffix.lower() not in kinds:
        raise InputError(f"export: expected {', '.join(kinds)}; got {out.name!r}")
    if not out.absolute().parent.is_dir():
        raise InputError(f"export: expected a folder that is there; got {str(out)!r}")
    try:
        write_whole(out, kinds[out.suffix.lower()](results))
    except OSError as error:
        raise InputError(f"export: expected a file that can be written; got {error}") from error
    return out


def to_xarray(results: Results) -> "DataTree":
    """Return the numbers with named axes: a group per question, in it a variable per measure.

    A variable ``total_order`` has the dimensions estimator, budget, replicate, output and feature
    (of pairs also partner; of directions, direction instead), with ``total_order_low`` and
    ``total_order_high`` beside it, where there are intervals. What was not computed is NaN.

    Raises
    ------
    InputError
        xarray is not installed.
    """
    xarray = _xarray()
    groups: dict[str, Any] = {"/": xarray.Dataset(attrs=_provenance(results))}
    for (problem, model), question in results.questions.items():
        frame = plain(results.of(problem, model).frame)
        name = "".join(c if c.isalnum() else "_" for c in f"{problem}-{model}")
        while f"/{name}" in groups:
            name += "_"
        coordinates = {
            "estimator": list(results.methods),
            "budget": sorted(set(frame["budget"].tolist())),
            "replicate": sorted(set(frame["replicate"].tolist())),
            "output": list(question.outputs),
            "feature": list(question.features),
            "partner": list(question.features),
            "direction": list(dict.fromkeys(frame["direction"][frame["direction"] != ""])),
        }
        dataset = _dataset(xarray, frame, results.measures, coordinates)
        dataset.attrs = {"problem": problem, "model": model}
        groups[f"/{name}"] = dataset
    return xarray.DataTree.from_dict(groups)


def _dataset(
    xarray: Any,
    frame: pd.DataFrame,
    measures: Mapping[str, Measure],
    coordinates: Mapping[str, list[Any]],
) -> "Dataset":
    variables = {}
    used: set[str] = set()
    places = {name: {at: k for k, at in enumerate(of)} for name, of in coordinates.items()}
    for name, rows in frame.groupby("measure", sort=False):
        measure = measures[str(name)]
        axes = [*_OF_CELL, *_PLACES[measure.axis]]
        shape = tuple(len(coordinates[axis]) for axis in axes)
        if np.prod(shape, dtype=float) > _MOST_DENSE:
            raise InputError(
                f"export: expected numbers that fill a table of all combinations; got {shape} for "
                f"{name!r}; write .parquet, which has a row per number"
            )
        at = tuple(rows[axis].map(places[axis]).to_numpy() for axis in axes)
        used.update(axes)
        about = {"long_name": measure.definition, "units": measure.unit, "source": measure.source}
        for column, end in (("value", ""), ("low", "_low"), ("high", "_high")):
            if end and rows[column].isna().all():
                continue
            values = np.full(shape, np.nan)
            values[at] = rows[column].to_numpy()
            variables[f"{name}{end}"] = (axes, values, about)
    named = {axis: of for axis, of in coordinates.items() if axis in used}
    return xarray.Dataset(variables, coords=named)


def _provenance(results: Results) -> dict[str, str]:
    return {"name": results.name, "provenance": json.dumps(dict(results.provenance), default=str)}


def _parquet(results: Results) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(plain(results.frame), preserve_index=False)
    about = {"sensbench": json.dumps(dict(results.provenance), default=str)}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **about}), sink)
    return bytes(sink.getvalue())


def _netcdf(results: Results) -> bytes:
    tree = to_xarray(results)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.nc"
        tree.to_netcdf(path, engine="h5netcdf")
        return path.read_bytes()


def _xarray() -> Any:
    try:
        import h5netcdf  # noqa: F401 (what xarray writes with)
        import xarray
    except ImportError as error:
        raise InputError(
            f"export: expected xarray, h5netcdf and h5py to be installed; got {error}; to install "
            f"them: pip install xarray h5netcdf h5py"
        ) from error
    return xarray
