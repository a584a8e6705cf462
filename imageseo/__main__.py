"""`python -m imageseo`: the command line."""

from imageseo.cli.main import main

if __name__ == "__main__":
    main()
