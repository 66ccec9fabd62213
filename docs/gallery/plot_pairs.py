"""
Which inputs act together
=========================

Second-order indices, inputs × inputs: bold numbers are clear of 0. Of Ishigami's function x1 and x3
act together, and nothing else does.
"""

import sensbench as sb

sobol = sb.estimators.load("sobol", second_order=True)
comparison = sb.compare(sb.problems.load("ishigami"), estimators=[sobol], budget=30_000)
figure = comparison.plot("pairs")
