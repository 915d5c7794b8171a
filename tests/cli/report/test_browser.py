"""The pages in a real Chromium: what a reader sees. The screenshots stay in .sandbox/screenshots."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from golden_image_cli.report import as_html, as_svg, comparison, page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from golden_image_cli.report.story import Story

SCREENSHOTS = Path(".sandbox/screenshots")
_PAGES = ("rolled", "failed", "compared")
_SIZES = ((360, "light"), (360, "dark"), (1280, "light"), (1280, "dark"))
# Each text that shows, with its place; a text of several lines has several.
_TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const {left, right, top, bottom} of range.getClientRects())
      if (right > left && bottom > top) found.push([node.textContent.trim(), left, right, top, bottom]);
  }
  return found;
}"""
_BARS = """() => [...document.querySelectorAll('.wide [aria-roledescription="bar"][aria-label]')].map(bar => {
  const {left, right} = bar.getBoundingClientRect();
  return [bar.getAttribute('aria-label'), left, right];
})"""
_LINES = """() => [...[...document.querySelectorAll('.wide .role-axis-grid')][0].querySelectorAll('line')]
  .map(line => line.getBoundingClientRect().left)"""


@pytest.fixture(scope="module")
def files(rolled: Story, failed: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, made in (
        ("rolled", page.of(rolled, "--stack images")),
        ("failed", page.of(failed, "--stack images")),
        ("compared", comparison.of(rolled, failed, "--stack images")),
    ):
        (folder / f"{name}.html").write_text(as_html.write(made))
    (folder / "rolled.svg").write_text(as_svg.write(page.of(rolled, "--stack images")))
    (folder / "image.html").write_text('<body style="margin:0"><img src="rolled.svg">')
    return folder


def opened(browser: Browser, path: Path, width: int = 1280, scheme: Any = "light") -> tuple[Page, list[str]]:
    """The page, and all that it has complained of or asked for."""
    shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    heard: list[str] = []
    shown.on("console", lambda message: heard.append(message.text))
    shown.on("pageerror", lambda error: heard.append(str(error)))
    shown.on("request", lambda request: heard.append(request.url))
    shown.goto(path.as_uri())
    return shown, heard


@pytest.mark.parametrize("name", _PAGES)
@pytest.mark.parametrize(("width", "scheme"), _SIZES)
def test_a_page_shows_without_errors_requests_or_texts_that_overlap(
    browser: Browser, files: Path, name: str, width: int, scheme: str
) -> None:
    path = files / f"{name}.html"
    shown, heard = opened(browser, path, width, scheme)
    assert heard == [path.as_uri()]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    texts = shown.evaluate(_TEXTS)
    assert len(texts) > 50
    assert list(overlaps(texts)) == []
    assert [text for text, left, right, *_ in texts if left < 0 or right > width] == []
    shown.close()


def overlaps(texts: list[list[Any]]) -> list[tuple[str, str]]:
    """The texts of which one is on another; a pixel of their lines' height may be shared."""
    found = []
    for number, (text, left, right, top, bottom) in enumerate(texts):
        for other, *box in texts[number + 1 :]:
            wide = min(right, box[1]) - max(left, box[0])
            high = min(bottom, box[3]) - max(top, box[2])
            if wide > 1 and high > 3:
                found.append((text, other))
    return found


def test_the_bars_are_where_the_history_says(browser: Browser, files: Path, rolled: Story) -> None:
    shown, _ = opened(browser, files / "rolled.html")
    lines = shown.evaluate(_LINES)
    # The axis has a line every two minutes.
    begin, second = lines[0], (lines[1] - lines[0]) / 120
    seen: dict[str, list[tuple[float, float]]] = {}
    for told, left, right in shown.evaluate(_BARS):
        stage, *moments = re.fullmatch(r"(.+): from ([\d.]+) s to ([\d.]+) s", told).groups()  # type: ignore[union-attr]
        assert left == pytest.approx(begin + float(moments[0]) * second, abs=1.5)
        assert right == pytest.approx(begin + float(moments[1]) * second, abs=1.5)
        seen.setdefault(stage, []).append((float(moments[0]), float(moments[1])))
    assert seen["Down, source is down"] == [(5, 80)]
    assert seen["Approval, waits for people"] == [(615, 855)]
    assert seen["Stop, waits for AWS"] == [(8, 39)]
    ends = {stage.name: stage.spans[-1].end for stage in rolled.stages}
    for name, end in ends.items():
        assert (
            max(to for stage, spans in seen.items() if stage.startswith(f"{name},") for _, to in spans) == end
        )
    shown.close()


def test_dark_and_light_differ_in_the_pictures_too(browser: Browser, files: Path) -> None:
    colors = []
    for scheme in ("light", "dark"):
        shown, _ = opened(browser, files / "rolled.html", scheme=scheme)
        bar = "document.querySelector('.wide [aria-roledescription=bar][aria-label]')"
        colors.append(
            shown.evaluate(f"[getComputedStyle(document.body).backgroundColor, getComputedStyle({bar}).fill]")
        )
        shown.close()
    assert colors[0][0] != colors[1][0]
    assert colors[0][1] != colors[1][1]


def test_a_page_prints_on_few_sheets(browser: Browser, files: Path) -> None:
    shown, _ = opened(browser, files / "rolled.html", scheme="dark")
    printed = shown.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "12mm"))
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 3
    shown.close()


def test_the_svg_shows_as_an_image_of_a_readme(browser: Browser, files: Path) -> None:
    shown, _ = opened(browser, files / "image.html", 1080)
    assert shown.evaluate("document.images[0].naturalWidth") == 1040
    shown.screenshot(path=SCREENSHOTS / "svg.png", full_page=True)
    shown.close()
