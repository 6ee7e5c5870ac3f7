"""Text as shapes: each text is measured and laid out once for all figures of a report."""

import threading
from functools import cache, lru_cache
from typing import Any

FAMILIES = ("serif", "sans-serif", "cursive", "fantasy", "monospace")
# The tables of a font in which the heights of its lines may stand.
HEIGHTS = (
    ("OS/2", ("sTypoAscender", "sTypoDescender", "sTypoLineGap")),
    ("hhea", ("ascent", "descent", "lineGap")),
)
MOST = 10_000  # texts, after which all are forgotten


def find_letters() -> Any:
    """Find the letters of the fonts that are set."""
    from matplotlib import rcParams
    from matplotlib.font_manager import fontManager

    settings: Any = rcParams
    return _make_letters(
        *(tuple(settings[f"font.{family}"]) for family in FAMILIES),
        settings["text.kerning_factor"],
        len(fontManager.ttflist),  # a font may have been added
        threading.get_ident(),  # an open font belongs to one thread
    )


@lru_cache(maxsize=4)
def _make_letters(*_set: Any) -> Any:
    return _define_letters()()


@cache
def _define_letters() -> "type[Any]":
    """Define the class once matplotlib is needed, which takes long to load."""
    from matplotlib.font_manager import fontManager, get_font
    from matplotlib.textpath import TextToPath

    class Letters(TextToPath):
        """What matplotlib finds for a text in a font, kept."""

        def __init__(self) -> None:
            super().__init__()
            self._kept: dict[Any, Any] = {}

        def _keep(self, key: Any, find: Any) -> Any:
            if key not in self._kept:
                if len(self._kept) >= MOST:
                    self._kept.clear()
                self._kept[key] = find()
            return self._kept[key]

        def _get_font(self, prop: Any) -> Any:
            files = self._keep(hash(prop), lambda: fontManager._find_fonts_by_props(prop))
            font = get_font(files)
            font.set_size(self.FONT_SCALE, self.DPI)
            return font

        def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
            find = super().get_text_width_height_descent
            return self._keep(("size", s, hash(prop), ismath), lambda: find(s, prop, ismath))

        def get_glyphs_with_font(
            self,
            font: Any,
            s: str,
            glyph_map: Any = None,
            return_new_glyphs_only: bool = False,
            **how: Any,
        ) -> Any:
            find = super().get_glyphs_with_font
            if not return_new_glyphs_only or any(how.values()):
                return find(font, s, glyph_map, return_new_glyphs_only, **how)
            # with the font itself, so that no other takes its identity
            laid, shapes, _, _ = self._keep((id(font), s), lambda: (*find(font, s), font))
            new = {name: shape for name, shape in shapes.items() if name not in glyph_map}
            return laid, new, []

        def read_heights(self, prop: Any) -> Any:
            """Read ascent, descent and gap of lines, which matplotlib does for each text."""
            return self._keep(("heights", hash(prop)), lambda: _read_heights(prop))

    return Letters


def _read_heights(prop: Any) -> tuple[float, float, float] | tuple[None, None, None]:
    from matplotlib.font_manager import fontManager, get_font

    font: Any = get_font(fontManager._find_fonts_by_props(prop))
    for name, keys in HEIGHTS:
        table = font.get_sfnt_table(name)
        if table is not None:
            scale = 1 / font.get_sfnt_table("head")["unitsPerEm"] * prop.get_size_in_points()
            ascent, descent, gap = (table[key] for key in keys)
            return ascent * scale, -descent * scale, gap * scale
    return None, None, None
