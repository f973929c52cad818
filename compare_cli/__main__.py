"""``python -m compare_cli``."""

from compare_cli.cli import main

if __name__ == "__main__":
    main()
