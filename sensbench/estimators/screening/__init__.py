"""Screening: elementary effects."""
