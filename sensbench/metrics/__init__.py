"""What to make of several methods' numbers: ranks, agreement, error against truth."""
