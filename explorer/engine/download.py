"""Fetches a data set through torchvision, which knows the addresses and the checksums."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

from explorer.errors import DataError
from explorer.runs.datasets import DataFiles, download_folder, info_of, locate

_CLASSES = {"fashion-mnist": "FashionMNIST", "mnist": "MNIST", "cifar10": "CIFAR10", "cifar100": "CIFAR100"}


def fetch(name: str, folder: str | Path = "") -> DataFiles:
    """The files of `name` after the download into `folder`, or into the program's own folder.

    Raises DataError when the set has no download, the network is away, or the disk refuses.
    """
    info = info_of(name)
    if name not in _CLASSES:
        raise DataError(f"{info.title} cannot be downloaded; choose a folder.")
    import torchvision

    target = Path(folder).expanduser() if str(folder).strip() else download_folder()
    try:
        target.mkdir(parents=True, exist_ok=True)
        getattr(torchvision.datasets, _CLASSES[name])(str(target), download=True)
    except URLError as error:
        raise DataError(f"{info.title} was not downloaded: the server was not reached ({error.reason}).") from None
    except OSError as error:
        raise DataError(f"{info.title} was not written to {target}: {error.strerror or error}.") from None
    except RuntimeError as error:
        raise DataError(f"{info.title} was not downloaded: {error}.") from None
    return locate(name, target)
