"""Fails half-way."""
half = 1
emit("broken runs")
raise ValueError("broken")
