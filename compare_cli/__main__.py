"""``python -m compare_cli``."""

if __name__ == "__main__":
    try:
        from compare_cli.cli import main

        main()
    except KeyboardInterrupt:  # while the program was being imported
        raise SystemExit(130) from None
