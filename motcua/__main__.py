"""`python -m motcua` is the command `motcua`."""

from motcua.services.cli.main import main

if __name__ == "__main__":
    main()
