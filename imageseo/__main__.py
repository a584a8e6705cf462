"""`python -m imageseo`: the command line."""

from imageseo.cli import main

if __name__ == "__main__":
    main()
