"""Rows with exchanged columns, without the rows."""
