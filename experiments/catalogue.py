"""Write what `sensbench list` says of each problem and method, and the table of docs/methods.md.

    python experiments/catalogue.py

Run it when a problem or a method is added, or what it knows, needs or costs changes; tests compare
the files with the problems and methods themselves.
"""

from pathlib import Path

import sensbench as sb
from sensbench.estimator import capabilities
from sensbench.truths import catalogue

PAGE = Path(__file__).parents[1] / "docs" / "methods.md"
TEXT = """# Methods: what each measures, needs and costs

Written by `python experiments/catalogue.py` from what the methods say of themselves, with their
default parameters. n is the number of base rows, d that of features, o that of outputs. *Inputs*:
the joint distributions of the inputs that the answer means something for. *Needs*: a gradient,
measured targets (where there are any), or a refit of the model. `sensbench list estimators` prints
the same, those of installed plug-ins too; `sensbench list measures` has definitions and sources.

"""


def methods():
    names = [name for name in sb.estimators.names() if name in sb.estimators.registry.own()]
    return {name: capabilities.entry(sb.estimators.load(name)) for name in names}


def main():
    entries = dict(catalogue.read())
    for name in sb.problems.names():
        try:
            entries[name] = catalogue.entry(sb.problems.load(name))
        except sb.errors.InputError as error:  # needs a file, a package or a network
            print(f"{name}: not listed anew: {error}")
    for gone in set(entries) - set(sb.problems.names()):
        del entries[gone]
    print(catalogue.write(entries))
    print(capabilities.write(methods()))
    PAGE.write_text(TEXT + capabilities.as_markdown(methods()), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
