"""Speed and memory, measured against plain scikit-learn: ``python -m tests.benchmarks``."""
