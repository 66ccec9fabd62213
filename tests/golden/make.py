"""Make the golden record again: ``python -m tests.golden.make [--small]``.

The record holds every number (values, ends of intervals, counts of rows) that the estimators give
on the problems of ``cases.py``, and that the quickstart, the planted study and the worked example
give; and, apart from these, the words that go with them. ``test_golden.py`` compares. A
deliberate change of a number changes the record in the same commit, with the reason in its message.

The studies are made cheap for the tests; the full ones' averages are in the record too, in the runs
that begin with "full ", and are compared under ``SENSBENCH_GOLDEN=exact`` only, as training on
another machine ends elsewhere. ``--small`` leaves them as they are. Run with ``OMP_NUM_THREADS=1``.
"""

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

from sensbench.errors import CorrelatedInputsWarning

from .record import FILE, Record, differences, of_cases, of_studies, other_words, read, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="keep what is recorded of full runs")
    small = parser.parse_args().small
    old = read() if FILE.exists() else Record({}, {})
    warnings.simplefilter("ignore", CorrelatedInputsWarning)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["SENSBENCH_CACHE"] = str(folder / "cache")
        new = of_cases()
        new.add(of_studies(folder / "small", small=True))
        new.add(old.part(full=True) if small else of_studies(folder / "full", small=False))
    for line in (*differences(old, new, exact=True), *other_words(old, new)) if old.numbers else ():
        print(line)
    write(new)
    print(f"{len(new.numbers)} numbers, {FILE.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
