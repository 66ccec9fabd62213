"""Plug-ins of another package: estimators with measures of each axis, problem, network, figure."""
