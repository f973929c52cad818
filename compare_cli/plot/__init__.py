"""Pictures: where models predict which class, and the ranks of models over several data sets."""
