"""Each room imports only what the house allows, and heavy libraries stay where they belong."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "explorer"
COMMON = {"errors", "units", "atomic", "resources", "palette"}
RULES: dict[str, set[str]] = {
    "arch": set(),
    "analysis": {"arch"},
    "importing": {"arch", "analysis"},
    "runs": {"arch", "analysis"},
    "export": {"arch", "analysis", "runs"},
    "engine": {"arch", "analysis", "runs", "export", "runtime_env"},
}
LIBRARIES: dict[str, set[str]] = {
    "arch": set(),
    "analysis": set(),
    "importing": set(),
    "runs": {"platformdirs", "psutil"},
    "export": {"jinja2", "numpy"},
    "engine": {"torch", "torchvision", "numpy", "safetensors", "psutil", "pynvml", "PIL"},
    "cli": {"tqdm"},
    "gui": {"PySide6", "shiboken6", "pyqtgraph", "numpy", "psutil", "platformdirs"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[tuple[str, int, bool]]:
    """(module, line, at module level) of every import in the file; type-checking blocks do not run and do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside_functions = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        top = id(node) not in inside_functions
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, top
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno, top


def room_of(path: Path) -> str:
    """`engine` for explorer/engine/data.py, `units` for explorer/units.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_rooms_below_its_own(path: Path) -> None:
    room = room_of(path)
    for module, line, top in imports_of(path):
        parts = module.split(".")
        if parts[0] == "explorer" and len(parts) > 1:
            target = parts[1]
            if room in RULES:
                allowed = RULES[room] | COMMON | {room}
                assert target in allowed, f"{path.name}:{line} imports {module}, which {room} may not"
            if room in {"gui", "cli"} and target == "engine":
                assert not top, f"{path.name}:{line} imports the engine at its top, which loads torch with the window"
        elif parts[0] not in sys.stdlib_module_names and parts[0] != "explorer":
            allowed = LIBRARIES.get(room, set())
            optional = {"platformdirs"} if room not in LIBRARIES else set()
            assert parts[0] in allowed | optional, f"{path.name}:{line} imports {module}, which {room} may not"


@pytest.mark.parametrize("module", ["explorer.arch.expand", "explorer.analysis.summarize", "explorer.cli"])
def test_describing_a_network_loads_neither_torch_nor_qt(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'PySide6', 'numpy', 'pyqtgraph') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_packaging_folder_cannot_hide_the_library_of_that_name() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
    names = {path.stem for path in (ROOT / "packaging").glob("*.py")}
    assert not names & {"build", "wheel", "version", "requirements", "specifiers", "tags", "markers", "utils"}
