"""
Why two methods differ
======================

From the shares of one method to those of another, a bar for every step of one cause. ``gradient``
counts every rise and fall of a wave, ``sobol`` what is left between two values of the input.
"""

import torch

import sensbench as sb


def waves(x):
    return torch.sin(8 * x[:, 0]) + x[:, 1]


space = sb.InputSpace.uniform({"a": (-1, 1), "b": (-1, 1)})
comparison = sb.compare(waves, space=space, budget=4_000)
difference = comparison.difference("gradient", "sobol", budget=40_000)
figure = difference.plot()
print(difference)
