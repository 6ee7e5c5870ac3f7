"""Tables of people with all their margins."""

import pytest


@pytest.fixture(scope="session")
def with_margins():
    """Return the numbers of a table by name, totals too, and how they add up."""

    def make(counts):
        numbers = {f"{row}|{column}": n for (row, column), n in counts.items()}
        rows = sorted({row for row, _ in counts})
        columns = sorted({column for _, column in counts})
        sums = [(f"{row}|", tuple(f"{row}|{one}" for one in columns)) for row in rows]
        sums += [(f"|{column}", tuple(f"{one}|{column}" for one in rows)) for column in columns]
        sums.append(("|", tuple(f"{row}|{column}" for row, column in counts)))
        inner = dict(numbers)
        numbers |= {total: sum(inner[part] for part in parts) for total, parts in sums}
        return numbers, sums

    return make
