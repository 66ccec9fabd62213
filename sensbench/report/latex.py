"""A table for a paper: LaTeX with the rules of booktabs, every character shown as it is."""

import pandas as pd

_CHARACTERS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "−": r"\ensuremath{-}", "±": r"\ensuremath{\pm}", "·": r"\ensuremath{\cdot}",
    "×": r"\ensuremath{\times}", "√": r"\ensuremath{\surd}", "∞": r"\ensuremath{\infty}",
    "≤": r"\ensuremath{\leq}", "≥": r"\ensuremath{\geq}", "∂": r"\ensuremath{\partial}",
    "→": r"\ensuremath{\rightarrow}", "²": r"\textsuperscript{2}", "†": r"\dag{}", "…": r"\ldots{}",
    "α": r"\ensuremath{\alpha}", "β": r"\ensuremath{\beta}", "δ": r"\ensuremath{\delta}",
    "Δ": r"\ensuremath{\Delta}", "η": r"\ensuremath{\eta}", "θ": r"\ensuremath{\theta}",
    "λ": r"\ensuremath{\lambda}", "μ": r"\ensuremath{\mu}", "ν": r"\ensuremath{\nu}",
    "ρ": r"\ensuremath{\rho}", "σ": r"\ensuremath{\sigma}", "τ": r"\ensuremath{\tau}",
    "φ": r"\ensuremath{\phi}", "\N{NO-BREAK SPACE}": "~",
}  # fmt: skip


def as_latex(shown: pd.DataFrame, title: str, note: str, name: str) -> bytes:
    """Return the rows that readers see as a ``table`` of LaTeX, which needs the package booktabs.

    Names in scripts that the document's font does not hold need one that does (LuaLaTeX, XeLaTeX).
    """
    columns = "l" + "r" * (shown.shape[1] - 1)
    rows = [_row(shown.columns), *(_row(row) for row in shown.itertuples(index=False, name=None))]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(title)}. {escaped(note)}}}".replace(". }", ".}"),
        rf"\label{{tab:{name}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rows[0],
        r"\midrule",
        *rows[1:],
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def escaped(text: object) -> str:
    """Return text in which nothing is a command of LaTeX's."""
    # a line of its own inside a cell would end the row
    one_line = " ".join(str(text).split())
    return "".join(_CHARACTERS.get(c, c if c.isprintable() else "?") for c in one_line)


def _row(cells: object) -> str:
    # a bracket at a row's start would be read as the distance to the row above
    texts = [escaped(cell) for cell in cells]  # type: ignore[attr-defined]
    return " & ".join(f"{{}}{t}" if t.startswith("[") else t for t in texts) + r" \\"
