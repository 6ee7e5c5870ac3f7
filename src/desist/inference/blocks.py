"""Long work, cut into blocks that fit in memory or stay near the processor."""


def cut_slices(size: int, at_once: int) -> list[slice]:
    """Cut so many things into slices of so many; the last is shorter."""
    return [slice(first, min(first + at_once, size)) for first in range(0, size, at_once)]
