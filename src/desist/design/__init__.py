"""Who is compared with whom, decided before any outcome is seen: weights, sets, balance."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
