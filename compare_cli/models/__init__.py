"""The models that can be compared: what there is, how a model is written, how data is prepared for it."""

from compare_cli.models.families import DEFAULT_MODELS, FAMILIES, Family, Shape
from compare_cli.models.specs import all_families, parse_models

__all__ = ["DEFAULT_MODELS", "FAMILIES", "Family", "Shape", "all_families", "parse_models"]
