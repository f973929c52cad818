"""Simulations of the whole verdict on models whose true order is known; see docs/statistics.md."""
