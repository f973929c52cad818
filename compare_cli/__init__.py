"""compare: which kind of model does this data want, and why?"""

__version__ = "0.1.0"
