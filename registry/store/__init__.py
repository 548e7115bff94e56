"""The kept catalogue: the only room with SQL."""
