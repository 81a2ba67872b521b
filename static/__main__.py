"""`python -m static`: compress the files once, when an image is built, and say how large a first page load is."""

import sys

import static
from static.serving import TWINS, compress, twin


def main() -> None:
    """Fill the folder of compressed files anew and print their sizes."""
    for old in TWINS.glob("*"):
        old.unlink()
    compress(static.ASSETS.values())
    sizes = {name: twin(asset, "br").stat().st_size for name, asset in static.ASSETS.items()}
    lines = [f"{size:>8,}  {name}" for name, size in sizes.items()]
    sys.stdout.write("\n".join([*lines, f"{sum(sizes.values()):>8,}  all, brotli"]) + "\n")


if __name__ == "__main__":
    main()
