"""Surrogates: a model of few terms is fitted to rows, and its indices are exact."""
