"""From the table that an analyst has to one that a cohort can read, every change written down."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
