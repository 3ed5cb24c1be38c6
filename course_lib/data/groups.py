"""Signals that belong together (a session, a person, windows that overlap) stay together when a set is split.

The idea: a split that puts one half of a pair into training and the other into the exam flatters what copies. So whole
groups go to a side, chosen such that each class still has about its share there.
"""

import numpy as np
from jaxtyping import Bool, Int, Num

ATTEMPTS = 100  # orders that are tried until every class is on both sides
LEAST_GAIN = 1e-9  # of a change of sides: rounding must not send a group to and fro for ever


def first_side(
    groups: Int[np.ndarray, "N"],
    labels: Int[np.ndarray, "N"],
    numbers: Int[np.ndarray, "K"],
    *,
    names: tuple[str, ...],
    seed: int,
) -> Bool[np.ndarray, "N"]:
    """Which signals go to the first side: whole groups that hold about `numbers[k]` signals of each class k.

    In an order drawn by the seed each group is taken if that brings the numbers nearer; then single groups change sides
    as long as that helps. Groups of one signal each give `numbers` exactly.

    Raises:
        ValueError: if a class lies in a single group, or no choice was found that has every class on both sides.
    """
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, len(numbers)))
    np.add.at(counts, (group, labels), 1)
    if alone := [names[k] for k in ((counts > 0).sum(0) == 1).nonzero()[0]]:
        raise ValueError(
            f"split: expected the signals of every class in at least 2 groups, because a group stays on one side, but "
            f"{len(alone)} of {len(numbers)} classes lie in one group each: {', '.join(map(repr, alone[:5]))}"
            f"{', ...' if len(alone) > 5 else ''}. Leave those classes out with dataset.select([...]), name the groups "
            "to hold out with dataset.split_groups([...]), or forget the groups with dataset.with_groups(None)."
        )
    for attempt in range(ATTEMPTS):
        first = _mended(_chosen(counts, numbers, np.random.default_rng((seed, attempt))), counts, numbers)
        if not _missing(first @ counts, counts.sum(0)).any():
            return first[group]
    raise ValueError(
        f"split: expected groups that can be shared out with every class on both sides, but in {ATTEMPTS} tries with "
        f"{len(counts)} groups and {len(numbers)} classes none was found. Name the groups to hold out yourself: "
        "dataset.split_groups([...])."
    )


def _chosen(
    counts: Num[np.ndarray, "G K"], numbers: Num[np.ndarray, "K"], rng: np.random.Generator
) -> Bool[np.ndarray, "G"]:
    """Groups in a random order, each taken if it brings the classes nearer to `numbers`."""
    first, have = np.zeros(len(counts), dtype=bool), np.zeros(len(numbers))
    for g in rng.permutation(len(counts)):
        first[g] = _distance(have + counts[g], counts, numbers) < _distance(have, counts, numbers)
        have += first[g] * counts[g]
    return first


def _mended(
    first: Bool[np.ndarray, "G"], counts: Num[np.ndarray, "G K"], numbers: Num[np.ndarray, "K"]
) -> Bool[np.ndarray, "G"]:
    """The same choice, single groups changed over while a class is missing on a side or the numbers come nearer."""
    total, first = counts.sum(0), first.copy()

    def cost(have: Num[np.ndarray, "*G K"]) -> Num[np.ndarray, "*G"] | float:
        return _missing(have, total).sum(-1) * (total.sum() + 1) + _distance(have, counts, numbers)

    while True:
        have = first @ counts
        changed = cost(have + np.where(first, -1, 1)[:, None] * counts)
        if changed.min() > cost(have) - LEAST_GAIN:
            return first
        first[changed.argmin()] ^= True


def _distance(
    have: Num[np.ndarray, "*G K"], counts: Num[np.ndarray, "groups K"], numbers: Num[np.ndarray, "K"]
) -> Num[np.ndarray, "*G"] | float:
    """Squared distance of what each class has from what it should have, over the class's size; at most N."""
    return ((have - numbers) ** 2 / np.maximum(counts.sum(0), 1)).sum(-1)


def _missing(have: Num[np.ndarray, "*G K"], total: Num[np.ndarray, "K"]) -> Bool[np.ndarray, "*G K"]:
    """Classes that one side has none of."""
    return ((have == 0) | (have == total)) & (total > 0)
