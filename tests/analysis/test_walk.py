"""What is remembered of a network's parts changes the time of a summary, never a number."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.analysis import walk
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import LayerRow
from explorer.arch import expand as expanding
from explorer.arch.blocks import ConvBlock, Pool, VGGBlock
from explorer.arch.presets import find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec
from tests.arch.small_networks import small_specs

SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def _forget() -> None:
    walk.walk_part.cache_clear()
    for remembered in (expanding._input_part, expanding._block_part, expanding._head_part):
        remembered.cache_clear()


@SETTINGS
@given(before=small_specs(), spec=small_specs(), data=st.data())
def test_a_summary_after_others_is_the_summary_of_its_own(
    before: NetworkSpec, spec: NetworkSpec, data: st.DataObject
) -> None:
    mixed = spec
    if before.blocks:  # a network that shares parts with one that was summarized before, at the same or another place
        at = data.draw(st.integers(0, len(spec.blocks)))
        mixed = spec.insert_block(at, data.draw(st.sampled_from(before.blocks)))
    for known in (before, spec):
        summarize(known)
    warm = summarize(mixed)
    _forget()
    cold = summarize(mixed)
    assert warm.graph == cold.graph
    assert warm.rows == cold.rows
    assert warm.parts == cold.parts
    assert (warm.totals, warm.memory, warm.failure) == (cold.totals, cold.memory, cold.failure)
    assert len({node.name for node in warm.graph}) == len(warm.graph)


def test_an_edit_leaves_the_rows_of_other_blocks_as_they_are() -> None:
    spec = find_preset("vgg19").spec
    before = summarize(spec)
    after = summarize(spec.with_block(2, VGGBlock(4, 300)))
    same = [a is b for a, b in zip(before.parts, after.parts, strict=True)]
    # block 4 has other channels coming in; all else is what it was
    assert same == [True, True, True, False, False, True, True]


def test_what_the_next_part_keeps_is_counted_where_it_lies() -> None:
    # tanh keeps its output; a pool after it keeps its input; without a pool the next block's convolution keeps it
    blocks = (VGGBlock(1, 4), ConvBlock(8, pool=Pool(kind="none")))
    summary = summarize(NetworkSpec(InputShape(1, 8, 8), blocks, Head(()), 3))
    pool = next(row for row in summary.rows if row.node.name == "pool1")
    assert pool.saved_bytes == 4 * 4 * 4 * 4 + 8 * 4 * 4 * 4  # its output for conv2, its int64 indices for itself
    alone = summarize(NetworkSpec(InputShape(1, 8, 8), blocks[:1], Head((), pool="global_average"), 3))
    last = next(row for row in alone.rows if row.node.name == "pool1")
    assert last.saved_bytes == 8 * 4 * 4 * 4  # an average over all places keeps nothing of its input


def test_parts_after_a_failure_know_nothing() -> None:
    spec = NetworkSpec(InputShape(1, 4, 4), (VGGBlock(1, 2),) * 4, Head(()), 2)
    summary = summarize(spec)
    assert summary.failure is not None
    failed = next(index for index, part in enumerate(summary.parts) if not part.complete)
    assert summary.parts[failed].shape_in == (2, 1, 1)
    after = [row for part in summary.parts[failed + 1 :] for row in part.rows]
    assert after
    assert all(row == LayerRow(row.node, None, None, None, None, None, None) for row in after)
