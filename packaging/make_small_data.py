"""Make the built-in data set: a stratified part of Fashion-MNIST as IDX files.

    python packaging/make_small_data.py /usr/share/datasets/fashion-mnist

The same input always gives the same bytes: the choice is seeded and the gzip header carries no time.
"""

from __future__ import annotations

import gzip
import random
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
TARGET = HERE / "resources" / "data" / "fashion-mnist-small"
SEED = 2017
PER_CLASS = {"train": 1000, "t10k": 200}
NUM_CLASSES = 10
PICTURE_BYTES = 28 * 28


def choose(labels: bytes, per_class: int, seed: int) -> list[int]:
    """Indices of `per_class` pictures of each class, drawn without replacement, then shuffled."""
    draw = random.Random(seed)
    chosen: list[int] = []
    for label in range(NUM_CLASSES):
        chosen += draw.sample([index for index, value in enumerate(labels) if value == label], per_class)
    draw.shuffle(chosen)
    return chosen


def write(path: Path, header: tuple[int, ...], body: bytes) -> None:
    """Write an IDX file, compressed, without a time stamp or a name inside."""
    data = struct.pack(f">{len(header)}I", *header) + body
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def main(source: Path) -> None:
    """Read the full set in `source` and write the small one."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for stem, per_class in PER_CLASS.items():
        images = gzip.decompress((source / f"{stem}-images-idx3-ubyte.gz").read_bytes())[16:]
        labels = gzip.decompress((source / f"{stem}-labels-idx1-ubyte.gz").read_bytes())[8:]
        chosen = choose(labels, per_class, SEED)
        body = b"".join(images[i * PICTURE_BYTES : (i + 1) * PICTURE_BYTES] for i in chosen)
        write(TARGET / f"{stem}-images-idx3-ubyte.gz", (0x803, len(chosen), 28, 28), body)
        write(TARGET / f"{stem}-labels-idx1-ubyte.gz", (0x801, len(chosen)), bytes(labels[i] for i in chosen))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python packaging/make_small_data.py FOLDER_OF_FASHION_MNIST")
    main(Path(sys.argv[1]))
