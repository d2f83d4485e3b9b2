"""`describe`: the figures of a network as text, JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from explorer.arch.files import write_spec
from explorer.arch.presets import PRESETS, STARTER, find_preset
from explorer.cli import main

ROOT = Path(__file__).resolve().parents[2]


def describe(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> str:
    assert main(["describe", *argv]) == status
    return capsys.readouterr().out


def described(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> Any:
    return json.loads(describe(capsys, *argv, "--json", status=status))


# domain.md, section 2: parameters, MACs in millions and field of each convolution of VGG-16; field after each pool.
VGG16_CONVS = {
    "conv1_1": (1_792, 86.7, 3), "conv1_2": (36_928, 1849.7, 5),
    "conv2_1": (73_856, 924.8, 10), "conv2_2": (147_584, 1849.7, 14),
    "conv3_1": (295_168, 924.8, 24), "conv3_2": (590_080, 1849.7, 32), "conv3_3": (590_080, 1849.7, 40),
    "conv4_1": (1_180_160, 924.8, 60), "conv4_2": (2_359_808, 1849.7, 76), "conv4_3": (2_359_808, 1849.7, 92),
    "conv5_1": (2_359_808, 462.4, 132), "conv5_2": (2_359_808, 462.4, 164), "conv5_3": (2_359_808, 462.4, 196),
    "fc1": (102_764_544, 102.8, 404), "fc2": (16_781_312, 16.8, 404), "classes": (4_097_000, 4.1, 404),
}  # fmt: skip
VGG16_POOLS = {
    "pool1": (64, 112, 6),
    "pool2": (128, 56, 16),
    "pool3": (256, 28, 44),
    "pool4": (512, 14, 100),
    "pool5": (512, 7, 212),
}


def test_vgg16_as_json_has_the_published_figures_of_every_layer(capsys: pytest.CaptureFixture[str]) -> None:
    data = described(capsys, "vgg16")
    nodes = {node["name"]: node for node in data["nodes"]}
    for name, (parameters, mega_macs, field) in VGG16_CONVS.items():
        node = nodes[name]
        assert node["parameters"]["total"] == parameters
        assert round(node["macs"] / 1e6, 1) == mega_macs
        assert node["flops"] == 2 * node["macs"]
        assert node["receptive_field"] == [field, field]
    for name, (channels, side, field) in VGG16_POOLS.items():
        assert nodes[name]["output_shape"] == [channels, side, side]
        assert nodes[name]["receptive_field"] == [field, field]
    assert nodes["pool5"]["jump"] == [32, 32]
    assert nodes["conv1_1"]["start"] == [-1, -1]
    assert nodes["conv1_1"]["centre"] == [0.0, 0.0]


def test_vgg16_as_json_has_the_published_totals(capsys: pytest.CaptureFixture[str]) -> None:
    data = described(capsys, "vgg16")
    totals = data["totals"]
    assert data["valid"] is True
    assert data["failure"] is None
    assert totals["parameters"]["total"] == 138_357_544
    assert round(totals["macs"] / 1e9, 3) == 15.470
    assert totals["receptive_field"] == [212, 212]
    assert totals["head_receptive_field"] == [404, 404]
    assert totals["weight_bytes"] == 4 * 138_357_544
    assert data["memory"]["total"] == sum(value for name, value in data["memory"].items() if name != "total")


def test_json_lists_the_nodes_in_execution_order_with_every_field_that_is_promised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = described(capsys, STARTER)
    names = [node["name"] for node in data["nodes"]]
    assert names[0] == "input"
    assert names[-1] == "classes"
    assert all(names.index(source) < index for index, node in enumerate(data["nodes"]) for source in node["inputs"])
    fields = {"name", "op", "part", "path", "module", "inputs", "output_shape", "parameters", "macs", "flops",
              "receptive_field", "jump", "start", "centre", "activation_bytes", "saved_bytes"}  # fmt: skip
    assert all(set(node) == fields for node in data["nodes"])
    assert set(data) == {"name", "input", "classes", "batch_size", "valid", "blocks", "nodes", "totals", "memory",
                         "failure", "findings"}  # fmt: skip


# domain.md, section 6: parameters, GMACs and field of networks that torchvision has
CLASSICS = {
    "alexnet": (61_100_840, 0.714, 195),
    "googlenet": (6_624_904, 1.498, 379),
    "resnet18": (11_689_512, 1.814, 435),
    "resnet50": (25_557_032, 4.089, 427),
}


@pytest.mark.parametrize("name", CLASSICS)
def test_a_classic_as_json_has_torchvisions_totals_and_its_branches(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = described(capsys, name)
    parameters, gmacs, field = CLASSICS[name]
    totals = data["totals"]
    assert totals["parameters"]["total"] == sum(node["parameters"]["total"] for node in data["nodes"]) == parameters
    assert round(totals["macs"] / 1e9, 3) == gmacs
    assert totals["receptive_field"] == [field, field]
    branches = {node["path"] for node in data["nodes"]}
    assert branches == ({0} if name == "alexnet" else {0, 1, 2, 3, 4} if name == "googlenet" else {0, 1, 2})


def test_an_impossible_network_gives_its_rows_the_finding_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    # domain.md, section 3: d2l's VGG-11 at 28 × 28, whose fifth pool gets a map of 1 × 1.
    assert main(["describe", "d2l-vgg11", "--input", "1x28x28", "--json"]) == 2
    out, err = capsys.readouterr()
    data = json.loads(out)
    nodes = {node["name"]: node for node in data["nodes"]}
    assert (data["valid"], data["totals"], data["memory"]) == (False, None, None)
    assert data["failure"]["node"] == "pool5"
    assert nodes["conv5_2"]["output_shape"] == [512, 1, 1]
    for name in ("pool5", "fc1", "classes"):
        node = nodes[name]
        assert [node[key] for key in ("output_shape", "parameters", "macs", "receptive_field")] == [None] * 4
    assert "error" in [finding["severity"] for finding in data["findings"]]
    assert err.startswith("conv-arch-explorer: pool5: This pool leaves nothing of the 1 × 1 map")
    assert err.count("\n") == 1


def test_the_text_marks_the_layer_at_fault_and_shows_no_totals(capsys: pytest.CaptureFixture[str]) -> None:
    out = describe(capsys, "d2l-vgg11", "--input", "1x28x28", status=2)
    marked = [line for line in out.splitlines() if "✕" in line]
    assert len(marked) == 1
    assert marked[0].split()[0] == "pool5"
    assert "Totals appear when the network is whole." in out


def test_the_text_has_every_layer_the_totals_the_convention_and_the_findings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = describe(capsys, "vgg16")
    assert out.startswith(
        "vgg16: input 3 × 224 × 224, 1,000 classes\n((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))"
    )
    for sentence in (
        "138,357,544 = 138,344,128 weights + 13,416 biases (527.8 MiB in float32)",
        "15,470,264,320 (15.47 GMACs, 30.94 GFLOPs)",
        "212 px before the head, 404 px in the head's first layer",
        "with batch 128",
        "FLOPs = 2 ×",
        "warning  Head: The head holds 89 %",
    ):
        assert sentence in out
    first_words = [line.split()[0] for line in out.splitlines() if line.strip()]
    assert all(name in first_words for name in VGG16_CONVS)
    assert "\u2009" not in out


def test_columns_of_the_text_end_at_one_place(capsys: pytest.CaptureFixture[str]) -> None:
    lines = describe(capsys, "vgg11").splitlines()
    end = lines[3].index("Parameters") + len("Parameters")
    rows = [line for line in lines[5:] if line.startswith("  ") and "conv" in line]
    assert rows
    assert all(line[end - 1].isdigit() and line[end : end + 2] == "  " for line in rows)


def test_a_network_with_more_than_pairs_can_say_is_titled_by_its_block_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = describe(capsys, "vgg11-lrn")
    assert out.splitlines()[1] == '(1, 64, norm="lrn"), (1, 128)'.replace("(1, 64,", "VGG(1, 64,") + (
        ", (2, 256), (2, 512), (2, 512)"
    )


def test_csv_has_raw_numbers_and_one_line_per_node(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(describe(capsys, "vgg16", "--csv"))))
    assert sum(int(row["parameters"]) for row in rows) == 138_357_544
    assert sum(int(row["macs"]) for row in rows) == 15_470_264_320
    assert rows[0]["name"] == "input"


def test_markdown_is_a_table_with_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    out = describe(capsys, "vgg16", "--markdown")
    assert out.startswith("# vgg16\n\n| Layer |")
    assert "| **Total** |" in out
    assert "- **warning** Head: The head holds 89\u2009%" in out


def test_options_change_the_network_and_the_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    # domain.md, section 3: VGG-11 ÷ 4 at 96 px flattens to 1,152 and has 22,121,802 parameters.
    data = described(capsys, "d2l-vgg11", "--ratio", "4", "--input", "1x96x96", "--batch", "8")
    assert data["totals"]["parameters"]["total"] == 22_121_802
    assert data["batch_size"] == 8
    flat = next(node for node in data["nodes"] if node["op"] == "Flatten")
    assert flat["output_shape"] == [1152]
    assert described(capsys, "vgg11", "--classes", "10")["nodes"][-1]["output_shape"] == [10]


def test_a_text_and_a_file_are_described_like_the_preset_they_spell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(tmp_path / "mine.arch.json", find_preset("vgg16").spec)
    from_file = described(capsys, str(tmp_path / "mine.arch.json"))
    from_text = described(capsys, "((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))")
    from_name = described(capsys, "vgg16")
    assert from_file == from_name
    assert from_text | {"name": "vgg16"} == from_name


def test_presets_are_listed_with_their_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert list(listed) == list(PRESETS)
    assert "138,357,544" in listed["vgg16"]
    assert listed[STARTER].endswith("shown first")


def test_presets_as_json_can_be_read_back_as_networks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "--json"]) == 0
    records = {record["name"]: record for record in json.loads(capsys.readouterr().out)}
    assert list(records) == list(PRESETS)
    assert [name for name, record in records.items() if record["starter"]] == [STARTER]
    record = records["vgg16-c"]
    data = described(capsys, record["conv_arch"])
    assert data["totals"]["parameters"]["total"] == record["parameters"] == 133_638_952


@pytest.mark.slow
def test_describe_answers_in_under_half_a_second() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "explorer", "describe", "vgg19"],
            stdout=subprocess.DEVNULL, check=True, cwd=ROOT, env=dict(os.environ),
        )  # fmt: skip
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.5
