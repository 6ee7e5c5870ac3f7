"""Did a programme reduce reoffending? Bayesian causal inference on matched samples.

The way through is `Cohort` -> `build_design` -> `evaluate` -> `write_report`; each step
takes the record of the one before. Names stand in the stub beside this file and are loaded
when they are first used, so that ``import desist`` takes no time. More stand on the faces:
`desist.checks`, `desist.design`, `desist.models` and so on.
"""

from importlib.metadata import version

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
__version__ = version("desist")
