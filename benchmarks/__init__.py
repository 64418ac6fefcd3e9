"""Measurements of Makegood, each on a database of its own: `python -m benchmarks [NAME...]`."""
