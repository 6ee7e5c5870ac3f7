"""Effects on the people that the estimand is about: contrasted in draws, then summarised."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
