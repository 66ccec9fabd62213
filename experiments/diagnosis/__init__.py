"""Planted causes and controls: how often the findings say what is there, and nothing else."""
