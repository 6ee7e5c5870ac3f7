"""The love plot in text, for a terminal or a log."""

import numpy as np

from desist.arguments import find_number_faults
from desist.design.balance import Balance
from desist.errors import raise_faults

BEFORE, AFTER, BOTH = "o", "*", "@"


def draw_love_plot(balance: Balance, *, width: int = 40) -> str:
    """Draw absolute standardised differences before and after, one line a covariate.

    Parameters
    ----------
    balance : Balance
        Of a design.
    width : int
        Characters of the axis.

    Returns
    -------
    str
        Worst covariate first; ``o`` before, ``*`` after, ``@`` both, ``|`` the limit of
        "reasonably matched". An infinite difference stands at the right end.

    Raises
    ------
    InputError
        If the width is no whole number from 10 to 1,000.

    Examples
    --------
    >>> import pandas as pd
    >>> from desist.design.balance import measure_balance
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 24.0, 26.0, 40.0]})
    >>> treated = np.array([True, True, False, False, False])
    >>> balance = measure_balance(people, ("age",), frozenset(), treated,
    ...                           np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    >>> print(draw_love_plot(balance, width=20))
    absolute standardised difference: o before, * after, | 0.1
    age  *  |               o  0.707 -> 0.000
         0                  0.71
    """
    faults = find_number_faults("width", width, least=10, most=1000, whole=True)
    raise_faults("love plot", faults)
    table = balance.table
    if table.empty:
        return "no covariates were named"
    sizes = table[["smd_before", "smd_after"]].abs().to_numpy(dtype=np.float64)
    finite = sizes[np.isfinite(sizes)]
    most = max(float(finite.max(initial=0.0)), 2 * balance.reasonable)
    names = table["covariate"].astype(str).tolist()
    margin = max(len(name) for name in names)
    lines = [
        "absolute standardised difference: "
        f"{BEFORE} before, {AFTER} after, | {balance.reasonable:g}"
    ]
    for row in np.argsort(-sizes.max(axis=1), kind="stable"):
        axis = _draw_axis(sizes[row], most, balance.reasonable, width)
        before, after = sizes[row]
        lines.append(f"{names[row]:<{margin}}  {axis}  {_write(before)} -> {_write(after)}")
    lines.append(f"{'':<{margin}}  0{most:>{width + 2}.2f}".rstrip())
    return "\n".join(lines)


def _draw_axis(
    sizes: "np.ndarray[tuple[int], np.dtype[np.float64]]", most: float, limit: float, width: int
) -> str:
    cells = [" "] * width
    cells[_place(limit, most, width)] = "|"
    before, after = (_place(float(size), most, width) for size in sizes)
    cells[before] = BEFORE
    cells[after] = BOTH if after == before else AFTER
    return "".join(cells)


def _place(size: float, most: float, width: int) -> int:
    return round(min(size / most, 1.0) * (width - 1))


def _write(size: float) -> str:
    return f"{size:.3f}" if np.isfinite(size) else "infinite"
