"""Write sensbench/problems/catalogue.json: what `sensbench list problems` says of each problem.

    python experiments/catalogue.py

Run it when a problem is added or its truths change; a test compares the file with the problems.
"""

import sensbench as sb
from sensbench.truths import catalogue


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


if __name__ == "__main__":
    main()
