"""Where other people's models are called, differentiated and checked, and never changed."""
