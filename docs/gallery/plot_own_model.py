"""
The importance of inputs to one's own network
=============================================

A network, the rows it is used on, and four methods: shares of importance with 95 % intervals.
"""

import torch

import sensbench as sb

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(5, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
X = torch.randn(800, 5) * torch.tensor([1.0, 2.0, 0.5, 1.0, 0.1])

comparison = sb.compare(net, X, features=["temp", "load", "wind", "age", "rain"], budget=4_000)
figure = comparison.plot()
