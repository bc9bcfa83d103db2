"""Wrong programs that people write, each with the parts of its message and its mended twin."""
