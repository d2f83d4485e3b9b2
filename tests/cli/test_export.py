"""`export` writes what the file's ending names, or says why it does not."""

from pathlib import Path

import pytest

from explorer.cli import main


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("r.html", "<!DOCTYPE html>"), ("r.md", "# vgg11"), ("l.csv", "name,part"), ("l.tex", "% "), ("d.svg", "<svg"),
     ("n.py", '"""vgg11:')],
)  # fmt: skip
def test_the_ending_names_the_format(tmp_path: Path, name: str, beginning: str) -> None:
    assert main(["export", "vgg11", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)


@pytest.mark.gui
@pytest.mark.parametrize(("name", "beginning"), [("r.pdf", b"%PDF-"), ("d.png", b"\x89PNG")])
def test_pictures_are_written_without_a_display(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, beginning: bytes
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert main(["export", "vgg11", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().startswith(beginning)


def test_the_standard_output_takes_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "vgg11", "-o", "-", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("name,part")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-o", "report"], "does not say what to write"),
        (["-o", "report.docx"], ".html"),
        (["-o", "-"], "--format"),
        (["-o", "-", "--format", "pdf"], "text format"),
        (["-o", "{folder}/nowhere/r.html"], "r.html was not written"),
        (["-o", "{folder}"], "does not say"),
        (["-o", "r.html", "--format", "word"], "invalid choice"),
        (["-o", "r.html", "--batch", "0"], "A batch size"),
        (["-o", "r.html", "--run", "7"], "7"),
        ([], "-o/--output"),
        (["-o", "n.py", "--input", "1x8x8"], "cannot be written as code"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONV_ARCH_HOME", str(tmp_path / "home"))
    assert main(["export", "d2l-vgg11", *(text.format(folder=tmp_path) for text in arguments)]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not [child for child in tmp_path.iterdir() if child.name != "home"]
