"""analyze(): a model in a file, on rows in a file."""

from collections.abc import Sequence
from pathlib import Path

from sensbench import plain_yaml
from sensbench.cli.model_file import load_model
from sensbench.compare import compare
from sensbench.comparison import Comparison
from sensbench.errors import InputError, UnknownNameError
from sensbench.problems.table import read_frame
from sensbench.space import InputSpace


def analyze(
    target: str,
    data: Path | None = None,
    *,
    trust: bool = False,
    weights: Path | None = None,
    bounds: Path | None = None,
    y: Sequence[str] = (),
    features: str | None = None,
    discrete: str | None = None,
    groups: Sequence[str] = (),
    output: str | None = None,
    estimators: str | None = None,
    budget: int = 10_000,
    seed: int = 0,
    product: bool = False,
) -> Comparison:
    """Compare the methods on a model in a file, over rows of a table or bounds, or both.

    Raises
    ------
    InputError
        A file, name or column that is not there; weights that do not fit.
    """
    if data is None and bounds is None:
        raise InputError("analyze: expected --data or --bounds; got neither")
    model = load_model(target, weights, trust=trust)
    space = read_bounds(bounds, _split(features)) if bounds is not None else None
    X = targets = None
    if data is not None:
        frame = read_frame(data, f"--data {data.name!r}")
        columns = list(frame.columns)
        rest = [column for column in columns if column not in y]
        inputs = list(space.columns) if space is not None else _split(features) or rest
        for name in (*y, *inputs):
            if name not in columns:
                raise UnknownNameError.of(str(data), "column", name, columns)
        X, targets = frame[inputs], frame[list(y)] if y else None
    elif y:
        raise InputError("analyze: expected --data with --target; got --target alone")
    chosen: int | str | None = output
    if output is not None and output.lstrip("-").isdigit():
        chosen = int(output)
    return compare(
        model,
        X,
        y=targets,
        space=space,
        discrete=None if discrete is None else _split(discrete),
        groups=dict(_group(group) for group in groups) or None,
        output=chosen,
        estimators=_split(estimators) or None,
        budget=budget,
        seed=seed,
        inputs="product" if product else "data",
    )


def read_bounds(path: Path, features: Sequence[str] = ()) -> InputSpace:
    """Return uniform inputs from a YAML file of ``name: [low, high]``, or a CSV with a header.

    The CSV has the columns name, low and high. ``features`` selects and orders the inputs.
    """
    who = f"--bounds {path.name!r}"
    if path.suffix.lower() == ".csv":
        frame = read_frame(path, who)
        missing = [column for column in ("name", "low", "high") if column not in frame]
        if missing:
            raise InputError(f"{who}: expected columns name, low, high; got {list(frame.columns)}")
        bounds = {str(row["name"]): (row["low"], row["high"]) for _, row in frame.iterrows()}
    else:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{who}: expected YAML of name: [low, high]; got {error}") from error
        bounds = plain_yaml.load(text, who, "YAML of name: [low, high]")
    if not isinstance(bounds, dict) or not bounds:
        raise InputError(f"{who}: expected lines of name: [low, high]; got {bounds!r}")
    for name in features:
        if name not in bounds:
            raise UnknownNameError.of(who, "input", name, map(str, bounds))
    return InputSpace.uniform({str(name): bounds[name] for name in (features or bounds)})


def _group(declared: str) -> tuple[str, list[str]]:
    """Return name and columns of ``NAME=COLUMN,COLUMN``."""
    name, equals, columns = declared.partition("=")
    if not name or not equals or not _split(columns):
        raise InputError(f"--group: expected NAME=COLUMN,COLUMN,…; got {declared!r}")
    return name.strip(), _split(columns)


def _split(names: str | None) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()] if names else []
