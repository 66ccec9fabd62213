"""Carrying out a plan: one task after the other, each cell committed when it is done."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sensbench.study.cells import Cell
from sensbench.study.engines import CarryOut, Engine, InThisProcess
from sensbench.study.outcome import FAULTS, Outcome
from sensbench.study.plan import Plan
from sensbench.study.schedule import Schedule
from sensbench.study.store import ResultStore

Watch = Callable[[Cell, Outcome], None]


def nobody(cell: Cell, outcome: Outcome) -> None:
    """Watch nothing."""


@dataclass
class Tally:
    """How many cells became what; ``counts`` are those this run computed.

    Attributes
    ----------
    kept_as
        What became of the cells that were there, in an earlier run.
    """

    kept_as: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> int:
        """Cells that were not computed again."""
        return self.kept_as.total()

    @property
    def failed(self) -> int:
        """Cells of the study without a result that somebody has to look at."""
        return sum(self.counts[status] + self.kept_as[status] for status in FAULTS)


def carry_out(plan: Plan, store: ResultStore, work: CarryOut, watch: Watch = nobody) -> Tally:
    """Have the tasks carried out whose outcome the store does not have, and commit each.

    What a cell needs is made before it: a trained network, its reference, the description of the
    subject. Where that fails, its cells do, with the same reason.

    Parameters
    ----------
    work
        Carries out a task, here or elsewhere. This process alone writes the store.
    watch
        Called after every commit of a cell.
    """
    return run_schedule(Schedule(plan, store), InThisProcess(work), store, watch)


def run_schedule(schedule: Schedule, engine: Engine, store: ResultStore, watch: Watch) -> Tally:
    """Have an engine carry out what the schedule says, and commit each outcome."""
    tally = Tally(schedule.kept)
    outcomes: list[tuple[Cell, Outcome]] = []
    while True:
        while engine.room and (item := schedule.next()) is not None:
            engine.start(*item)
        for cell, outcome in outcomes:  # while workers have begun what is next
            store.put(cell, outcome)
            tally.counts[outcome.status] += 1
            watch(cell, outcome)
        if not engine.busy:
            engine.check()
            return tally
        outcomes = [pair for done in engine.wait() for pair in schedule.took(*done)]
