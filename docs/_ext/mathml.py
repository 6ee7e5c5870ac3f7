"""Formulas as MathML, made while the page is built.

Browsers show MathML without a script, so the site reads the same on a computer that has no
network, where data about people are often kept.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer under the name "mathml"."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    translator.body.append(_convert(node, as_block=False))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write a formula that stands by itself."""
    translator.body.append(f'<div class="math">{_convert(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def _convert(node: nodes.Element, *, as_block: bool) -> str:
    formula = _spell_out(node.astext().strip())
    try:
        return str(tex2mathml(formula, as_block=as_block))
    except MathError as error:
        LOGGER.warning("formula cannot be shown: %s: %s", formula, error, location=node)
        return f"<code>{escape(formula)}</code>"


def _spell_out(formula: str) -> str:
    # The converter knows neither sized brackets nor fractions without braces.
    formula = re.sub(r"\\[bB]igg?[lr]?(?![a-zA-Z])", "", formula)
    return re.sub(r"\\([td]?frac)(\d)(\d)", r"\\\1{\2}{\3}", formula)
