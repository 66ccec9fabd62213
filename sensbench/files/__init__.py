"""Files: written whole or not at all, kept between runs, read for what they mean."""
