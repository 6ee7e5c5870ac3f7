"""How alike people are, by the name that scripts know; its room is `desist.design.balance`."""

from desist.design.balance.similarity import (
    BalanceDistances,
    GroupBalance,
    density_table,
    measure_by_group,
    measure_distances,
    measure_overlap,
    measure_products,
    overlap_coefficient,
)

__all__ = [
    "BalanceDistances",
    "GroupBalance",
    "density_table",
    "measure_by_group",
    "measure_distances",
    "measure_overlap",
    "measure_products",
    "overlap_coefficient",
]
