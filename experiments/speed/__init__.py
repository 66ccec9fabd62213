"""How fast is sensbench? The same numbers by hand, by other libraries, and by the bare model.

``make bench`` runs everything and writes reports/speed; ``python -m experiments.speed --quick``
takes a few minutes.
"""
