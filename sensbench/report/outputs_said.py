"""Outputs by name, of which there may be many."""

from collections.abc import Sequence

from sensbench.findings.over_outputs import DIFFERENT, MOST_OUTPUTS, TYPICAL, OverOutputs
from sensbench.report.text import listed, short_names

NAME_WIDTH = 40


def outputs_named(outputs: Sequence[str]) -> str:
    """Return the outputs' names, the first ones of many."""
    if len(outputs) <= MOST_OUTPUTS:
        return ", ".join(outputs)
    return listed(short_names(outputs, NAME_WIDTH).values())


def chosen_said(over: OverOutputs) -> str:
    """Name the outputs that are shown in detail, with why these."""
    named = short_names(list(over.chosen), NAME_WIDTH)
    typical = [named[o] for o, why in over.chosen.items() if why == TYPICAL]
    different = [named[o] for o, why in over.chosen.items() if why == DIFFERENT]
    verb = "differs" if len(different) == 1 else "differ"
    return f"{listed(typical)} ({TYPICAL}), {listed(different)} (which {verb} most)"
