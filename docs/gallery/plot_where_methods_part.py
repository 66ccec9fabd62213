"""
Where methods part: Ishigami's function
=======================================

Its slopes are steep along x2, whose waves move the output less than x1 and x3 do together.
Gradients and total-order indices rank differently, and both are right: slopes are not variance.
"""

import sensbench as sb

ishigami = sb.problems.load("ishigami")
comparison = sb.compare(ishigami, budget=8_000)
figure = comparison.plot()

# %%
# The exact total-order indices, for comparison:

for name, value in zip(ishigami.features, ishigami.truth["total_order"].value[0], strict=True):
    print(f"{name}  {value:.3f}")
