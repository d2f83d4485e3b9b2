"""The file format `.arch.json`: one network, every field written out, read strictly.

The file is a JSON object with `format`, `version`, `name`, `input`, `blocks`, `head` and `num_classes`, described by
`resources/schemas/arch-1.schema.json`. Nothing is left out and nothing unknown is taken, so that a file means the same
network for ever, whatever the defaults become.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from explorer.arch.blocks import BLOCKS, Block, ConvBlock, InceptionBlock, Pool, VGGBlock
from explorer.arch.blocks import Path as InceptionPath
from explorer.arch.limits import MAX_BLOCKS, shown
from explorer.arch.ops import LocalResponseNorm
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.atomic import reason, write_atomically
from explorer.errors import FileError, SpecError

FORMAT = "conv-arch-explorer/arch"
VERSION = 1
SUFFIX = ".arch.json"
MAX_FILE_BYTES = 5_000_000

_MAX_DIGITS = 18
_TOP = ("format", "version", "name", "input", "blocks", "head", "num_classes")


def spec_to_json(spec: NetworkSpec) -> dict[str, Any]:
    """The JSON object of `spec`, with every field."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": spec.name,
        "input": _record_to_json(spec.input),
        "blocks": [{"kind": _kind(block), **_record_to_json(block)} for block in spec.blocks],
        "head": _record_to_json(spec.head),
        "num_classes": spec.num_classes,
    }


def spec_from_json(data: Any) -> NetworkSpec:
    """The network of a JSON object. Raises SpecError whose `path` names the field, as in `blocks[2].out_channels`."""
    _check_version(data)
    _check_keys(data, _TOP, "", "The file")
    blocks = _list(data["blocks"], "blocks")
    if len(blocks) > MAX_BLOCKS:
        message = f"A network has at most {MAX_BLOCKS} blocks, and this has {len(blocks):,}."
        raise SpecError(message, path="blocks")
    return NetworkSpec(
        input=InputShape(**_checked(data["input"], InputShape, "input", "The input")),
        blocks=tuple(_block(block, f"blocks[{index}]") for index, block in enumerate(blocks)),
        head=_head(data["head"]),
        num_classes=data["num_classes"],
        name=_name(data["name"]),
    )


def write_spec(path: Path, spec: NetworkSpec) -> None:
    """`path` holds `spec` afterwards; a failure leaves the old file. Raises FileError."""
    write_atomically(path, spec_to_text(spec).encode("utf-8"))


def spec_to_text(spec: NetworkSpec) -> str:
    """The content of a file with `spec`."""
    return json.dumps(spec_to_json(spec), indent=2, ensure_ascii=False) + "\n"


def read_spec(path: Path) -> NetworkSpec:
    """The network in the file `path`. Raises FileError that names the file and, inside it, the field."""
    return spec_from_text(_read_text(path), path.name)


def spec_from_text(text: str, file_name: str) -> NetworkSpec:
    """The network in the content of a file. Raises FileError that names `file_name` and the field."""
    data = _parse(text, file_name)
    try:
        return spec_from_json(data)
    except SpecError as error:
        where = f"{file_name}, {error.path}" if error.path else file_name
        raise FileError(f"{where}: {error}") from None


def _read_text(path: Path) -> str:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileError(f"{path.name or path} is a folder, not a file.")
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path.name} is a device or a pipe, not a file.")
        if status.st_size > MAX_FILE_BYTES:
            _too_large(path, status.st_size)
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise FileError(f"{path.name} cannot be read: {_READING.get(why, why)}.") from None
    if len(raw) > MAX_FILE_BYTES:
        _too_large(path, len(raw))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path.name} is not a text file: byte {error.start:,} is not UTF-8."
        raise FileError(message) from None


_READING = {"you may not write there": "you may not read it", "its folder does not exist": "it does not exist"}


def _too_large(path: Path, size: int) -> NoReturn:
    limit = MAX_FILE_BYTES // 1_000_000
    raise FileError(f"{path.name} has {size / 1e6:.1f} MB; a network's file has at most {limit} MB.")


def _parse(text: str, file_name: str) -> Any:
    if not text.strip():
        raise FileError(f"{file_name} is empty.")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_not_a_number)
    except json.JSONDecodeError as error:
        why = error.msg[:1].lower() + error.msg[1:]
        message = f"{file_name} is not JSON: line {error.lineno}, column {error.colno}: {why}."
        raise FileError(message) from None
    except SpecError as error:
        raise FileError(f"{file_name}: {error}") from None
    except RecursionError:
        raise FileError(f"{file_name} nests its brackets deeper than any network does.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise SpecError(f"The field {shown(key)} is written twice in one object.")
        found[key] = value
    return found


def _integer(digits: str) -> int:
    """The number, or one that is as much too large: a million digits are not worth converting."""
    if len(digits) <= _MAX_DIGITS:
        return int(digits)
    too_large: int = 10**_MAX_DIGITS
    return -too_large if digits.startswith("-") else too_large


def _not_a_number(word: str) -> NoReturn:
    raise SpecError(f"{word} is not a number that a network can have.")


def _check_version(data: Any) -> None:
    if not isinstance(data, dict):
        raise SpecError("A network's file holds one JSON object in { }, and this holds something else.")
    if data.get("format") != FORMAT:
        found = f"this says {shown(data['format'])}" if "format" in data else "this has none"
        message = f'This is not a network\'s file: the field "format" says "{FORMAT}" there, and {found}.'
        raise SpecError(message, path="format")
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        found = f"and this is {shown(version)}" if "version" in data else "and it is missing"
        raise SpecError(f"The version is a whole number from 1, {found}.", path="version")
    if version > VERSION:
        message = (
            f"The file was written by a newer Conv-Arch Explorer (format {shown(version)}; this one reads {VERSION}). "
            "Update the program to open it; the file is unchanged."
        )
        raise SpecError(message, path="version")


def _check_keys(data: Any, keys: tuple[str, ...], path: str, what: str) -> None:
    """Raise SpecError unless `data` is an object with exactly `keys`."""
    if not isinstance(data, dict):
        raise SpecError(f"{what} is an object in {{ }}, and this is {_shown(data)}.", path=path)
    inside = f"{path}." if path else ""
    for key in data:
        if key not in keys:
            near = get_close_matches(key, keys, 1, 0.7)
            hint = f"is {near[0]} meant?" if near else f"{what.lower()} has {', '.join(keys)}."
            raise SpecError(f"The field {shown(key)} is not known here; {hint}", path=f"{inside}{key[:40]}")
    for key in keys:
        if key not in data:
            raise SpecError(f"The field {key} is missing.", path=f"{inside}{key}")


def _record_to_json(record: Any) -> dict[str, Any]:
    return {field.name: _value_to_json(getattr(record, field.name)) for field in fields(record)}


def _value_to_json(value: Any) -> Any:
    if isinstance(value, Pool | InceptionPath | LocalResponseNorm):
        return _record_to_json(value)
    return [_value_to_json(item) for item in value] if isinstance(value, tuple) else value


def _kind(block: Block) -> str:
    return next(name for name, block_type in BLOCKS.items() if type(block) is block_type)


def _checked(data: Any, record: type, path: str, what: str) -> dict[str, Any]:
    """The fields of `data`, which are exactly those of the dataclass `record`, lists as tuples."""
    _check_keys(data, tuple(field.name for field in fields(record)), path, what)
    readers = _READERS.get(record, {})
    return {key: readers[key](value, f"{path}.{key}") if key in readers else value for key, value in data.items()}


def _block(data: Any, path: str) -> Block:
    if not isinstance(data, dict):
        raise SpecError(f"A block is an object in {{ }}, and this is {_shown(data)}.", path=path)
    if "kind" not in data:
        raise SpecError("The field kind is missing.", path=f"{path}.kind")
    kind = data["kind"]
    if not isinstance(kind, str) or kind not in BLOCKS:
        *others, last = BLOCKS
        known = f"{', '.join(others)} or {last}"
        raise SpecError(f"The kind of a block is {known}, and this is {_shown(kind)}.", path=f"{path}.kind")
    rest = {key: value for key, value in data.items() if key != "kind"}
    return BLOCKS[kind](**_checked(rest, BLOCKS[kind], path, "A block"))


def _head(data: Any) -> Head:
    return Head(**_checked(data, Head, "head", "The head"))


def _pool(data: Any, path: str) -> Pool:
    return Pool(**_checked(data, Pool, path, "A pool"))


def _lrn(data: Any, path: str) -> LocalResponseNorm:
    return LocalResponseNorm(**_checked(data, LocalResponseNorm, path, "Local response normalisation"))


def _paths(data: Any, path: str) -> tuple[InceptionPath, ...]:
    ways = enumerate(_list(data, path))
    return tuple(InceptionPath(**_checked(way, InceptionPath, f"{path}[{index}]", "A path")) for index, way in ways)


def _list(data: Any, path: str) -> list[Any]:
    if not isinstance(data, list):
        raise SpecError(f"This field is a list in [ ], and this is {_shown(data)}.", path=path)
    return data


def _tuple(data: Any, path: str) -> tuple[Any, ...]:
    return tuple(_list(data, path))


def _float(data: Any, _path: str) -> Any:
    """A whole 0 as 0.0: what it is once it has been written and read."""
    return float(data) if type(data) is int else data


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise SpecError(f"A name is a text in quotes, and this is {_shown(name)}.", path="name")
    if not name.isprintable():
        raise SpecError("A name has printable characters only.", path="name")
    return name


def _shown(value: Any) -> str:
    """`value` as JSON writes it: people read it in the file."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return shown(value)


_READERS: Mapping[type, Mapping[str, Callable[[Any, str], Any]]] = {
    Head: {"hidden": _tuple, "dropout": _float},
    **{block: {"pool": _pool} for block in BLOCKS.values()},
    VGGBlock: {"kernels": _tuple, "pool": _pool},
    ConvBlock: {"pool": _pool, "lrn": _lrn},
    LocalResponseNorm: {"alpha": _float, "beta": _float, "k": _float},
    InceptionBlock: {"paths": _paths, "pool": _pool},
}
