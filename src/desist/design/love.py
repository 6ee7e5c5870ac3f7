"""The Love plot, by the name that scripts know; its room is `desist.design.balance`."""

from desist.design.balance.love import draw_love_plot

__all__ = ["draw_love_plot"]
