"""What a model does along each input: its derivatives at rows, and curves of its effect."""
