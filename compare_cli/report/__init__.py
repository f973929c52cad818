"""Showing a result: renderers turn a Comparison into text and never compute a statistic."""
