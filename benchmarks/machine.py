"""What every benchmark says of the machine and the versions it ran with."""

import os
import platform
import sys
from typing import Any

import desist as ds

# A script's folder stands first on the path, and Numba, which NUTS compiles with, would take
# coverage.py of this folder for the package of that name.
sys.modules.setdefault("coverage", None)  # type: ignore[arg-type]


def describe_run() -> dict[str, Any]:
    """Return what a timing, or a number, depends on besides the code."""
    return {
        "version": ds.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }
