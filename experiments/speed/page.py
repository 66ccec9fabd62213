"""The page of the benchmark: verdicts, figures, every row; and the same as CSV."""

import base64
import math
from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
from jinja2 import Environment, FileSystemLoader
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from experiments.speed.case import Case
from experiments.speed.targets import answer, three_figures
from sensbench.report import style

HERE = Path(__file__).parent
CSS = Path(style.__file__).parent / "templates" / "page.css"
OURS = "sensbench"
ORDER = (
    OURS, "bare forward", "bare forward + backward", "full rows", "SALib", "OpenTURNS",
    "scikit-learn", "Captum Saliency", "torch.func jacrev", "loop over rows",
)  # fmt: skip
COLOURS = (
    "#0072B2", "#111111", "#111111", "#7F7F7F", "#D55E00", "#009E73", "#CC79A7", "#E69F00",
    "#56B4E9", "#8B6914",
)  # fmt: skip
AXES = {
    "d": "inputs d", "n": "rows n, or base rows N of a design", "o": "outputs",
    "weights": "weights of the network",
}  # fmt: skip
TITLES = {
    "sobol": "Sobol' indices, first and total order, 100 resamples",
    "gradient": "Gradient, all measures with intervals",
    "permutation": "Permutation importance, 10 repeats",
    "delta": "Borgonovo's delta as SALib has it, 100 resamples",
    "jacobian": "sb.jacobian, a module seen before",
    "first_jacobian": "sb.jacobian, the first call with its checks",
    "morris": "Elementary effects, 300 resamples",
    "pawn": "PAWN, 100 resamples (or 2: the number alone)",
    "compare": "sb.compare, the four methods, on many rows of data",
}
NUMBERS = ["seconds", "peer_seconds", "first_seconds", "ratio", "ratio_low", "ratio_high",
           "megabytes", "peer_megabytes"]  # fmt: skip


def write(
    folder: Path,
    results: pd.DataFrame,
    verdicts: pd.DataFrame,
    seconds: pd.DataFrame,
    told: dict[str, str],
) -> Path:
    """Write index.html, results.csv, targets.csv and seconds.csv; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    rounded = results.copy()
    rounded[NUMBERS] = rounded[NUMBERS].map(_digits)
    rounded.to_csv(folder / "results.csv", index=False)
    verdicts.to_csv(folder / "targets.csv", index=False)
    seconds.to_csv(folder / "seconds.csv", index=False)
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("page.html.j2").render(
        css=CSS.read_text(encoding="utf-8"),
        verdicts=[
            {**row, "what": row["what"].replace(" = ", "\u00a0=\u00a0")}
            for row in verdicts.to_dict("records")
        ],
        answer=answer(verdicts, seconds),
        seconds=seconds.to_dict("records"),
        sections=[_section(name, part) for name, part in results.groupby("family", sort=False)],
        told=told,
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _section(family: str, part: pd.DataFrame) -> dict[str, Any]:
    figures = [_figure(part, "seconds", "seconds"), _figure(part, "megabytes", "peak memory, MB")]
    return {
        "name": family,
        "title": TITLES[family],
        "figures": [figure for figure in figures if figure],
        "rows": [_row(row) for row in part.to_dict("records")],
    }


def _row(row: dict[str, Any]) -> dict[str, str]:
    ok = row["status"] == "ok"
    size = "n" if row["family"] != "sobol" else "N"
    what = f"d = {row['d']}, {size} = {row['n']:,}, {_outputs(row['o'])}"
    if row["hidden"] != "64-64":
        what += f", network {row['hidden']}"
    if row["second_order"]:
        what += ", second order"
    if row.get("resamples") == 2:
        what += ", the number alone"
    ratio = ""
    if ok:
        which = "sensbench ÷ bare" if row["peer"].startswith("bare") else "times as long"
        ends = f"{three_figures(row['ratio_low'])} – {three_figures(row['ratio_high'])}"
        ratio = f"{three_figures(row['ratio'])}  ({ends})"
        ratio += f"\n{which}, {row['pairs']:.0f} pair{'s' * (row['pairs'] != 1)}"
    return {
        "what": what.replace(" = ", "\u00a0=\u00a0"),
        "peer": row["peer"],
        "seconds": _time(row["seconds"]) if ok else "",
        "peer_seconds": _time(row["peer_seconds"]) if ok else "",
        "ratio": ratio,
        "memory": _pair(row["megabytes"], row["peer_megabytes"]),
        "said": row["agreement"] if ok else f"{row['status']}: {row['detail']}",
        "wrong": row["status"] in ("disagrees", "failed"),
    }


def _figure(part: pd.DataFrame, quantity: str, label: str) -> dict[str, str] | None:
    """Draw one panel per size that varies while the others stay what they mostly are."""
    long = _long(part, quantity)
    panels = [(axis, rows) for axis in AXES if (rows := _series(long, axis)) is not None]
    if not panels:
        return None
    with style.house_style():
        figure = Figure(figsize=(2.9 * len(panels) + 1.7, 2.9), layout="constrained")
        every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        shown = [name for name in ORDER if any((rows["who"] == name).any() for _, rows in panels)]
        for axes, (axis, rows) in zip(every, panels, strict=True):
            sns.lineplot(
                rows, x=axis, y=quantity, hue="who", hue_order=shown, style="who",
                style_order=shown, palette=dict(zip(ORDER, COLOURS, strict=True)), markers=True,
                dashes=False, estimator="median", errorbar=None, legend=axes is every[-1], ax=axes,
                markersize=5,
            )  # fmt: skip
            axes.set(xscale="log", yscale="log", xlabel=AXES[axis], ylabel=label)
            ticks = _apart(sorted(set(rows[axis])))
            axes.set_xticks(ticks, [_thousands(tick) for tick in ticks], minor=False)
            axes.minorticks_off()
            low, high = axes.get_ylim()
            if high / low < 300:
                steps = (1.0, 2.0, 5.0) if high / low < 30 else (1.0, 3.0)
                axes.yaxis.set_major_locator(LogLocator(subs=steps))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            fixed = {k: v for k, v in rows.attrs.items() if k != axis}
            axes.set_title(", ".join(fixed.values()), fontsize=8.5, fontweight="normal", loc="left")
            sns.despine(ax=axes)
        sns.move_legend(
            every[-1], "center left", bbox_to_anchor=(1.02, 0.5), title=None, frameon=False
        )
        svg = base64.b64encode(style.saved(figure, "svg")).decode()
    what = "Time" if quantity == "seconds" else "Peak memory above the model and its rows"
    return {
        "source": f"data:image/svg+xml;base64,{svg}",
        "caption": f"{what} of one estimate against {', '.join(AXES[axis] for axis, _ in panels)}; "
        f"both axes are logarithmic.",
        "alt": " ".join(_ends(axis, rows, quantity) for axis, rows in panels),
    }


def _ends(axis: str, rows: pd.DataFrame, quantity: str) -> str:
    """Return in words where each contender starts and ends along an axis."""
    unit = "s" if quantity == "seconds" else "MB"
    said = []
    for who, of in rows.groupby("who", sort=False):
        of = of.groupby(axis)[quantity].median()
        said.append(f"{who} {of.iloc[0]:.3g} to {of.iloc[-1]:.3g} {unit}")
    low, high = (_thousands(float(value)) for value in (rows[axis].min(), rows[axis].max()))
    return f"From {low} to {high} {AXES[axis]}: {', '.join(said)}."


def _long(part: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return one row per case and contender."""
    part = part[~part["second_order"]]
    keys = ["d", "n", "o", "hidden"]
    ok = part[part["status"] == "ok"]
    theirs = ok[[*keys, "peer", f"peer_{quantity}"]].set_axis([*keys, "who", quantity], axis=1)
    # our memory is known where the others' is too large to be measured, too
    ours = part.groupby(keys, as_index=False)[quantity].median().assign(who=OURS)
    long = pd.concat([ours, theirs]).dropna(subset=[quantity])
    long[quantity] = long[quantity].clip(lower=1e-6 if quantity == "seconds" else 0.1)
    hidden = long["hidden"].str.split("-").map(lambda widths: tuple(map(int, widths)))
    long["weights"] = [
        _weights(d, h, o) for d, h, o in zip(long["d"], hidden, long["o"], strict=True)
    ]
    return long


def _series(long: pd.DataFrame, axis: str) -> pd.DataFrame | None:
    """Return the rows in which this size alone varies, at the setting with the most sizes."""
    column = "hidden" if axis == "weights" else axis
    rest = [key for key in ("d", "n", "o", "hidden") if key != column]
    best = None
    for fixed, rows in long.groupby(rest):
        if rows[column].nunique() < 3 or (best is not None and len(rows) <= len(best)):
            continue
        d_n_o_hidden = dict(zip(rest, fixed, strict=True))
        best = rows.copy()
        said = {"d": "d = {:,}".format, "n": "n = {:,}".format, "o": _outputs, "hidden": str}
        best.attrs = {key: said[key](value) for key, value in d_n_o_hidden.items()}
    return best


def _apart(ticks: list[float]) -> list[float]:
    """Leave out ticks whose labels would lie on the one before."""
    span, kept = math.log(ticks[-1] / ticks[0]), ticks[:1]
    for tick in ticks[1:]:
        if math.log(tick / kept[-1]) > 0.13 * span:
            kept.append(tick)
    return kept


def _weights(d: int, hidden: tuple[int, ...], o: int) -> int:
    return sum(p.numel() for p in Case("", d, 1, o, hidden).network.parameters())


def _outputs(o: int) -> str:
    return f"{o} output{'s' * (o != 1)}"


def _thousands(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:.3g}M"
    return f"{value / 1000:.3g}k" if value >= 10_000 else f"{value:g}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _pair(ours: float, theirs: float) -> str:
    if math.isnan(ours):
        return ""
    return f"{ours:.0f} / " + ("–" if math.isnan(theirs) else f"{theirs:.0f}")


def _digits(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) and not math.isnan(value) else value
