"""The command line: `anabranch` and `python -m anabranch`."""

import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    from anabranch import _native

    try:
        code = _native.main(sys.argv)
    except KeyboardInterrupt:
        # The shell's code for a program that Ctrl-C ended.
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
