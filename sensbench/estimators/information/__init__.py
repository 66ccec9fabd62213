"""Dependence of any kind: information and independence criteria."""
