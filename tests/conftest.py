"""What tests of several parts need. Being here puts this folder on the path: `toy_tables`, `toy_models`."""
