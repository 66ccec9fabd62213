"""The page in a real browser: no request, no error, no overflow, and nothing that axe finds."""

import shutil

import numpy as np
import pandas as pd
import pytest

import sensbench as sb

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if BROWSER is None:
        pytest.skip("needs chromium")
    with sync.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """Two outputs, correlated columns, a long name and more inputs than a table shows at once."""
    rng = np.random.default_rng(0)
    names = ["a", "b", "c", "a_very_long_input_name", *(f"unused_{k}" for k in range(9))]
    X = pd.DataFrame(rng.normal(size=(400, 13)), columns=names)
    X["b"] = X["a"] + 0.1 * X["b"]

    def model(x):
        return np.stack([x[:, 0] + x[:, 3] ** 2, np.sin(3 * x[:, 2]) + x[:, 1]], axis=1)

    with pytest.warns(sb.errors.CorrelatedInputsWarning):
        comparison = sb.compare(
            model, X, budget=2000, outputs=["price", "heat"], derivatives="finite-difference",
        )  # fmt: skip
    return comparison.report(tmp_path_factory.mktemp("page") / "page.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 768, 1440])
def test_the_page_in_a_browser(browser, page_file, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    page = browser.new_page(viewport={"width": width, "height": 860}, color_scheme=scheme)
    errors, requests = [], []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page)
    rules = [violation["id"] for violation in found.response["violations"]]
    assert rules == []
    if width == 1440:
        box = page.locator(".verdict").first.bounding_box()
        assert box["y"] + box["height"] < 860
    page.close()


def test_on_a_telephone_no_figure_is_scrolled(browser, page_file):
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(page_file.as_uri())
    shown = "[...document.images].filter((i) => i.offsetParent !== null)"
    widths = page.evaluate(f"{shown}.map((i) => i.getBoundingClientRect().width)")
    assert len(widths) > 3
    assert max(widths) <= 375
    assert page.evaluate(f"{shown}.every((i) => i.complete && i.naturalWidth > 0)")
    page.close()


def test_tables_sort_and_the_place_is_marked(browser, page_file):
    page = browser.new_page(viewport={"width": 1440, "height": 860})
    page.goto(page_file.as_uri() + "#costs")
    assert page.locator("nav a[aria-current]").count() == 1
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    table = page.locator("#costs table[data-sort]").first
    names = table.locator("tbody th").all_inner_texts()
    head = table.locator("thead th").first
    for how in (False, True):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == ("descending" if how else "ascending")
        assert table.locator("tbody th").all_inner_texts() == sorted(names, reverse=how)
    page.close()


def test_a_long_table_is_filtered_by_what_is_typed(browser, page_file):
    page = browser.new_page(viewport={"width": 1440, "height": 860})
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    label = page.locator("label.filter").first
    table = page.locator("label.filter + .scroll table").first
    rows = table.locator("tbody tr")
    texts = rows.all_text_contents()
    word = "unused"
    left = [text for text in texts if word in text.lower()]
    assert 0 < len(left) < len(texts) > 12
    label.locator("input").fill(word.upper())
    assert table.locator("tbody tr:visible").all_text_contents() == left
    assert label.locator("output").inner_text() == f"{len(left)} of {len(texts)}"
    label.locator("input").fill("")
    assert table.locator("tbody tr:visible").count() == len(texts)
    page.close()


def test_print_opens_what_is_folded(browser, page_file):
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    folded = page.locator("details:not([open]) table").first
    assert folded.bounding_box()["height"] > 0
    assert page.pdf()[:5] == b"%PDF-"
    page.close()
