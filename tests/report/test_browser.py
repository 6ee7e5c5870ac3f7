"""The page as a browser shows it, at a desk and on a telephone."""

import base64
import re
import shutil
from pathlib import Path

import pytest

from desist.report._page import render_page
from desist.report.document import render_document, render_notice
from desist.report.sensitivity_page import fill_analyses, render_sensitivity

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")

DESK, TELEPHONE = 1280, 360
LEAST_TEXT = 11  # CSS pixels
# Matplotlib draws the glyphs of a text of n points scaled by n / 100.
GLYPHS = re.compile(rb"scale\((0\.\d+) -0\.\d+\)")
GRAVE = {"serious", "critical"}
PAGES = ("people", "published", "sensitivity", "notice")
SECTIONS = {
    "headline",
    "statements",
    "results",
    "beside",
    "groups",
    "sensitivity",
    "design",
    "flow",
}
BUILT = Path(__file__).parents[2] / "docs" / "_build"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # the sandbox of a container's root user is none
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(whole_view, published, tmp_path_factory):
    """One file a page: of people with every section, of published figures, and a notice."""
    results = [one.result for one in whole_view.sensitivity if one.result is not None]
    written = {
        "people": render_page(whole_view, fill_analyses(whole_view)),
        "sensitivity": render_sensitivity("A programme", results, {}, "0.1.0"),
        "published": render_document(published, rules="2017"),
        "notice": render_notice("A small programme", "fewer than 10 people are compared"),
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, html in written.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in written}


class Shown:
    """A page that a browser shows, and what it asked for and complained of."""

    def __init__(self, browser, path, width):
        self.asked, self.errors = [], []
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.goto(path.as_uri())

    def find_grave(self):
        found = axe.Axe().run(self.page).response["violations"]
        return [
            (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found
            if one["impact"] in GRAVE
        ]

    def measure_text(self):
        """Measure the smallest text of each picture, in CSS pixels."""
        pictures = self.page.eval_on_selector_all(
            "figure img", "all => all.map(i => [i.currentSrc, i.getBoundingClientRect().width])"
        )
        sizes = []
        for source, width in pictures:
            drawn = base64.b64decode(source.partition(",")[2])
            points = float(re.search(rb'viewBox="0 0 ([\d.]+)', drawn)[1])
            smallest = min(float(scale) for scale in GLYPHS.findall(drawn))
            sizes.append(100 * smallest * width / points)
        return sizes


@pytest.fixture(scope="module")
def show(browser):
    """Open a page once at each width: what folds is unfolded."""
    shown = {}

    def open_page(path, width):
        if (path, width) not in shown:
            shown[path, width] = Shown(browser, path, width)
            shown[path, width].page.eval_on_selector_all(
                "details", "all => all.forEach(one => one.open = true)"
            )
        return shown[path, width]

    yield open_page
    for one in shown.values():
        one.page.close()


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_fails_nowhere(pages, show, name, width):
    shown = show(pages[name], width)
    assert [url for url in shown.asked if not url.startswith("data:")] == [pages[name].as_uri()]
    assert shown.errors == []


@pytest.mark.parametrize("width", [DESK, 700, TELEPHONE])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways(pages, show, name, width):
    page = show(pages[name], width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(pages, show, name, width):
    assert show(pages[name], width).find_grave() == []


@pytest.mark.parametrize("width", [DESK, 700, TELEPHONE])
def test_text_of_charts_can_be_read(pages, show, width):
    for name in ("people", "published", "sensitivity"):
        sizes = show(pages[name], width).measure_text()
        assert sizes
        assert min(sizes) >= LEAST_TEXT - 1e-6


def test_the_page_has_every_section_that_a_report_may_have(pages, show):
    page = show(pages["people"], DESK).page
    found = page.eval_on_selector_all("section", "all => all.map(one => one.id)")
    assert set(found) >= SECTIONS
    parts = page.eval_on_selector_all("#beside h3", "all => all.map(one => one.textContent)")
    assert len(parts) == 4
    assert len(page.query_selector_all("#sensitivity figure")) == 6


def test_a_picture_is_the_one_for_its_screen(pages, show):
    for width, wanted in ((DESK, "src"), (TELEPHONE, "srcset")):
        page = show(pages["people"], width).page
        chosen = page.eval_on_selector_all("figure img", "all => all.map(i => i.currentSrc)")
        selector = "figure source" if wanted == "srcset" else "figure img"
        named = page.eval_on_selector_all(selector, f"all => all.map(i => i['{wanted}'])")
        assert chosen == named


def test_a_table_wider_than_the_screen_is_reached_by_keyboard_and_says_so(pages, show):
    page = show(pages["people"], TELEPHONE).page
    wide = page.eval_on_selector_all(
        ".scroll",
        """all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => [one.tabIndex,
           one.getAttribute('role'), one.getAttribute('aria-label'),
           getComputedStyle(one, '::before').content])""",
    )
    assert wide
    for index, role, label, cue in wide:
        assert (index, role) == (0, "region")
        assert label
        assert "Scroll sideways" in cue


def test_the_page_prints_without_what_is_of_the_screen_alone(pages, show):
    page = show(pages["people"], DESK).page
    page.emulate_media(media="print")
    is_hidden = page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    page.emulate_media(media="screen")
    assert is_hidden


def test_what_is_folded_is_printed(pages, show):
    page = show(pages["people"], DESK).page
    fold = "(all, is_open) => all.forEach(one => one.open = is_open)"
    page.eval_on_selector_all("details", fold, False)
    is_seen = "all => all.map(one => one.checkVisibility({contentVisibilityAuto: true}))"
    on_screen = page.eval_on_selector_all("details > .scroll", is_seen)
    page.emulate_media(media="print")
    printed = page.eval_on_selector_all("details > .scroll", is_seen)
    page.emulate_media(media="screen")
    page.eval_on_selector_all("details", fold, True)
    assert len(printed) > 10
    assert not any(on_screen)
    assert all(printed)


@pytest.mark.parametrize("name", ["index.html", "gallery/plot_recid.html"])
def test_pages_of_the_documentation_have_nothing_serious(show, name):
    if not (BUILT / name).exists():
        pytest.skip("the documentation has not been built")
    assert show(BUILT / name, DESK).find_grave() == []
