"""What the page Inspect says: titles, sentences and figures, from the results of tests. No widgets in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer import units
from explorer.errors import ConfigError
from explorer.runs.record import RunRecord
from explorer.runs.testing import (
    CROP_TITLES,
    EnsembleMember,
    EnsembleResult,
    PerImage,
    ScoreMap,
    TestPlan,
    TestProgress,
    TestRow,
)

WITH_WEIGHTS = frozenset({"finished", "stopped", "interrupted", "failed"})
CROP_TIPS: Mapping[str, str] = {
    "single": "One crop from the middle of the picture",
    "multi": "A grid of 5 × 5 crops, each also mirrored; their probabilities are averaged",
    "dense": "The linear layers become convolutions: one pass over the whole picture gives a map of class scores, "
    "which is averaged",
    "both": "The average of the dense network and the 50 crops",
}
_PAPER_SIDES = (224, 256, 288)


def can_be_tested(run: RunRecord) -> bool:
    """Whether the run is over and has kept weights that were measured."""
    return run.status in WITH_WEIGHTS and not run.is_live and run.best_accuracy is not None and run.last_epoch > 0


def paper_sides(crop_side: int) -> tuple[int, ...]:
    """The sides that stand to `crop_side` as the paper's 224, 256 and 288 stand to 224."""
    return tuple(dict.fromkeys(round(crop_side * side / _PAPER_SIDES[0]) for side in _PAPER_SIDES))


def sides_from(text: str) -> tuple[int, ...]:
    """The sides Q that a text such as `32, 40, 48` names; nothing for an empty one.

    Raises ConfigError for a word that is none.
    """
    sides: list[int] = []
    for word in text.replace(";", ",").replace(",", " ").split():
        if not (word.isascii() and word.isdigit() and int(word) > 0):
            raise ConfigError(f"Sides are whole numbers such as 32, 40, 48, and this is {word}.", path="sides")
        sides.append(int(word))
    return tuple(dict.fromkeys(sides))


def plan_sentence(plan: TestPlan, num_images: int, side: int) -> str:
    """`3 ways at 2 sides on 2,000 pictures`: what a test will do."""
    sides = len(plan.sides or (side,))
    count = min(num_images, plan.limit or num_images)
    pictures = f" on {count:,} pictures" if count else ""
    return f"{_counted(len(plan.crops), 'way')} at {_counted(sides, 'side')}{pictures}"


def progress_sentence(progress: TestProgress, elapsed_s: float) -> str:
    """`Dense at 40 · 1,200 of 6,000 pictures · 0:12 left`."""
    done, total = progress.done, progress.total
    left = elapsed_s * (total - done) / done if done and elapsed_s > 1 else None
    rest = f" · {units.clock(left)} left" if left is not None else ""
    return f"{CROP_TITLES[progress.crop]} at {progress.side} · {done:,} of {total:,} pictures{rest}"


def way(row: TestRow) -> str:
    """`Dense at 40`: a way of testing in a sentence."""
    return f"{CROP_TITLES[row.crop]} at {sides_text(row.sides)}"


def sides_text(sides: Sequence[int]) -> str:
    """`40`, or `32 + 40 + 48` where the probabilities of several sides were averaged."""
    return " + ".join(str(side) for side in sides)


def points(new: float, old: float) -> str:
    """`+0.6 points`, with a real minus sign; `the same` where nothing differs at one decimal."""
    by = round(100 * new, 1) - round(100 * old, 1)
    if abs(by) < 0.05:
        return "0.0"
    return f"{'+' if by > 0 else chr(0x2212)}{abs(by):.1f}"


def difference(base: TestRow, row: TestRow) -> str:
    """What `row` does otherwise than `base`: pictures gained and lost, points, time. Empty where either has none."""
    if row is base or base.accuracy is None or row.accuracy is None:
        return ""
    before = {image.index: image for image in base.images}
    both = [(before[image.index], image) for image in row.images if image.index in before]
    gained = sum(not old.is_right and new.is_right for old, new in both)
    lost = sum(old.is_right and not new.is_right for old, new in both)
    times = f", in {_times(row.seconds / base.seconds)}" if base.seconds > 0 else ""
    if both and not gained and not lost:
        return f"{way(row)} is right on the same pictures as {_lower(way(base))}{times}."
    moved = f"{way(row)} gets {gained:,} pictures right that {_lower(way(base))} gets wrong, and loses {lost:,}: "
    if not both:
        moved = f"{way(row)} against {_lower(way(base))}: "
    return f"{moved}{points(row.accuracy, base.accuracy)} points{times}."


def best_other(rows: Sequence[TestRow]) -> TestRow | None:
    """The row after the first with the highest accuracy; None where there is only one."""
    found = [row for row in rows[1:] if row.accuracy is not None]
    return max(found, key=lambda row: row.accuracy or 0.0, default=None)


def ensemble_sentence(result: EnsembleResult) -> str:
    """What the average gains over its best member."""
    best = best_member(result)
    gained, lost = len(result.gained), len(result.lost)
    if not gained and not lost:
        return f"The average is right on the same pictures as its best member, {best.name}."
    by = round(100 * result.accuracy, 1) - round(100 * best.accuracy, 1)
    height = f"{abs(by):.1f} points {'above' if by > 0 else 'below'}" if abs(by) > 0.04 else "level with"
    return (
        f"The average is {height} its best member, {best.name}: "
        f"{_counted(gained, 'picture')} gained, {lost:,} lost of {result.num_images:,}."
    )


def best_member(result: EnsembleResult) -> EnsembleMember:
    """The run with the highest accuracy of those averaged."""
    return next(member for member in result.members if member.run_id == result.best_run_id)


def map_sentence(found: ScoreMap) -> str:
    """`2 × 2 places; each sees 32 × 32 px and stands 32 px from the next`."""
    height, width = found.window
    if found.rows == found.columns == 1:
        return f"One place: it sees {height} × {width} of the {found.picture.height} × {found.picture.width} px."
    size = f"{found.rows} × {found.columns} places"
    return f"{size}; each sees {height} × {width} px and stands {found.stride[0]} px from the next."


def counts(images: Sequence[PerImage]) -> tuple[int, int]:
    """How many are wrong, and how many there are."""
    return sum(not image.is_right for image in images), len(images)


def class_name(classes: Sequence[str], number: int) -> str:
    """The name of a class; its number where there is no name."""
    return classes[number] if 0 <= number < len(classes) else str(number)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _times(factor: float) -> str:
    if 0.95 <= factor < 1.05:
        return "the same time"
    return f"{factor:,.0f} times the time" if factor >= 10 else f"{factor:.1f} times the time"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
