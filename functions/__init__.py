"""Reelate."""

import gc

# A cold start makes hundreds of thousands of objects that stay. To look for cycles among them
# after every 700, Python's own threshold, takes a seventh of the time that importing takes, and
# finds none.
gc.set_threshold(50_000, 20, 20)
