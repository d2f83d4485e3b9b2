"""Where runs lie when nobody says otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP_NAME = "conv-arch-explorer"
HOME_VARIABLE = "CONV_ARCH_HOME"


def default_store_folder() -> Path:
    """The folder of the run store: `CONV_ARCH_HOME` if it is set, else the user's data folder for this program."""
    home = os.environ.get(HOME_VARIABLE, "").strip()
    if home:
        return Path(home).expanduser().absolute()
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
