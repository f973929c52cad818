"""Tables whose truth is known, and how often the reasons under a verdict state it.

`python -m tests.constructions` prints precision and recall of each kind of sentence.
"""
