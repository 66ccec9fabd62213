"""Shares of variance: Sobol' indices."""
