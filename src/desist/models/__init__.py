"""What is assumed: rate, frequency, time to the first reoffence."""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
