"""Output that scrolls sideways can be reached by keyboard, as code can."""

from typing import Any

PLAIN = '<div class="output_subarea output_html rendered_html output_result">'
REACHED = f'{PLAIN[:-1]} tabindex="0">'


def reach(_app: Any, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Give each table that an example puts out a place in the order of the keyboard."""
    if "body" in context:
        context["body"] = context["body"].replace(PLAIN, REACHED)


def setup(app: Any) -> dict[str, bool]:
    """Join the building of pages."""
    app.connect("html-page-context", reach)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
