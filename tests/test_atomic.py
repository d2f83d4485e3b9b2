"""Atomic writing: the old file or the new one, and nothing beside it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from explorer.atomic import write_atomically
from explorer.errors import FileError


def test_the_file_holds_exactly_what_was_written_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_atomically(path, b"old")
    write_atomically(path, b"new\r\n\x00")
    assert path.read_bytes() == b"new\r\n\x00"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "a.bin was not written: the disk is full"),
        (errno.EROFS, "a.bin was not written: the disk can only be read"),
        (errno.EIO, "a.bin was not written: input/output error"),
    ],
)
def test_a_failure_keeps_the_old_file_removes_the_new_one_and_gives_the_reason(
    code: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    write_atomically(path, b"old")

    def fail(descriptor: int) -> NoReturn:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError) as caught:
        write_atomically(path, b"new")
    assert sentence in str(caught.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.bin", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_a_file_as_folder_and_a_folder_as_target_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path, sentence in {
        tmp_path / "none" / "a.bin": "its folder does not exist",
        tmp_path / "file" / "a.bin": "its folder is a file",
        tmp_path: "it is a folder",
    }.items():
        with pytest.raises(FileError) as caught:
            write_atomically(path, b"x")
        assert sentence in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are Unix's")
def test_permissions_and_links_outlive_the_writing(tmp_path: Path) -> None:
    target, link = tmp_path / "a.bin", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="a Unix mask")
def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_atomically(tmp_path / "a.bin", b"x")
    assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "other").stat().st_mode
