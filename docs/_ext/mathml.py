"""Formulas as MathML, made while the page is built.

Browsers show MathML without a script, so the site reads the same on a computer that has no
network, where data about people are often kept.
"""

import re
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
NAMESPACE = "http://www.w3.org/1998/Math/MathML"
APPLIED = "\u2061"  # what stands, unseen, between a function and its argument
ACCENTS = frozenset("\u02c9\u02c6\u02dc\u00af\u203e^~")


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
        written = str(tex2mathml(formula, as_block=as_block))
    except MathError as error:
        LOGGER.warning("formula cannot be shown: %s: %s", formula, error, location=node)
        return f"<code>{escape(formula)}</code>"
    return _typeset(written.replace("&ApplyFunction;", APPLIED))


def _spell_out(formula: str) -> str:
    # The converter knows neither sized brackets nor fractions without braces nor \dots.
    formula = formula.replace(r"\dots", r"\ldots")
    formula = re.sub(r"\\[bB]igg?[lr]?(?![a-zA-Z])", "", formula)
    return re.sub(r"\\([td]?frac)(\d)(\d)", r"\\\1{\2}{\3}", formula)


def _typeset(written: str) -> str:
    ET.register_namespace("", NAMESPACE)
    root = ET.fromstring(written)  # noqa: S314 - made by docutils a moment ago
    for parent in list(root.iter()):
        _set_index_beside_accented_letter(parent)
        _part_function_from_argument(parent)
    return ET.tostring(root, encoding="unicode", short_empty_elements=False)


def _set_index_beside_accented_letter(element: ET.Element) -> None:
    # The converter writes \bar S_1 with the index below the letter.
    if _name(element) != "munderover" or (element[2].text or "") not in ACCENTS:
        return
    letter, index, accent = list(element)
    accented = ET.Element(f"{{{NAMESPACE}}}mover")
    accented.extend([letter, accent])
    element.tag = f"{{{NAMESPACE}}}msub"
    element[:] = [accented, index]


def _part_function_from_argument(parent: ET.Element) -> None:
    # "log m" and not "logm"; before a bracket nothing is wanted.
    children = list(parent)
    for position, child in enumerate(children[:-1]):
        if child.text == APPLIED and _name(children[position + 1]) != "mo":
            child.tag, child.text = f"{{{NAMESPACE}}}mspace", None
            child.set("width", "0.17em")


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
