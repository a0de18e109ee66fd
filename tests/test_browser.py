"""How the HTML pages behave in headless Chromium."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from axe_core_python.selenium import Axe
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.page_sample import report, written
from tests.review_sample import answer, answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--window-size=1280,1000",
)  # fmt: skip
A4 = 718
"""Pixels between the margins of a sheet of A4."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    (made / "attempt.html").write_text(written(answer()), "utf-8")
    (made / "report.html").write_text(report(), "utf-8")
    (made / "pages").mkdir()
    last = answers()[-1]
    (made / "pages" / f"{last.id}.html").write_text(written(last), "utf-8")
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium, "tests/environment installs chromium and chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        with webdriver.Chrome(options=options, service=Service(driver)) as started:
            started.set_script_timeout(200)  # axe on a busy machine
            yield started


def look(
    browser: webdriver.Chrome, *, width: int = 1280, scheme: str = "light", media: str = "screen"
) -> None:
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    # Without motion, so that what is scrolled to stands where it is clicked.
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    listed = [{"name": name, "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": listed})


@pytest.fixture
def attempt_tab(browser: webdriver.Chrome, folder: Path) -> webdriver.Chrome:
    look(browser)
    browser.get((folder / "attempt.html").as_uri())
    ready = "return document.getElementById('audio').readyState >= 1"
    WebDriverWait(browser, 30).until(lambda tab: tab.execute_script(ready))
    # Slow, so that a jump is still where it led when a busy machine gets round to looking.
    browser.execute_script("document.getElementById('audio').playbackRate = 0.0625")
    return browser


def log(tab: webdriver.Chrome, kind: str) -> list[dict[str, Any]]:
    """What was logged since the last call; Selenium leaves its type open."""
    entries: list[dict[str, Any]] = tab.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


def lit(tab: webdriver.Chrome, index: int) -> bool:
    return tab.find_element(By.CSS_SELECTOR, ".w.now").get_attribute("id") == f"w{index}"


def at(tab: webdriver.Chrome) -> float:
    return float(tab.execute_script("return document.getElementById('audio').currentTime"))


def playing(tab: webdriver.Chrome) -> bool:
    return bool(tab.execute_script("return !document.getElementById('audio').paused"))


def pause(tab: webdriver.Chrome) -> None:
    tab.execute_script("document.getElementById('audio').pause()")


def press(tab: webdriver.Chrome, key: str) -> None:
    tab.switch_to.active_element.send_keys(key)


def test_a_click_on_a_word_moves_the_player_there_and_lights_it(attempt_tab: webdriver.Chrome) -> None:
    word = attempt_tab.find_element(By.ID, "w60")
    word.click()
    assert at(attempt_tab) == pytest.approx(float(str(word.get_attribute("data-at"))), abs=1.5)
    WebDriverWait(attempt_tab, 10).until(lambda tab: tab.find_elements(By.CSS_SELECTOR, ".w.now"))
    pause(attempt_tab)


def test_words_light_up_as_they_are_heard(attempt_tab: webdriver.Chrome) -> None:
    heads = []
    for index in (10, 50, 90):
        start = float(str(attempt_tab.find_element(By.ID, f"w{index}").get_attribute("data-at")))
        attempt_tab.execute_script(
            "document.getElementById('audio').currentTime = arguments[0]", start + 0.05
        )
        WebDriverWait(attempt_tab, 10).until(partial(lit, index=index))
        heads.append(attempt_tab.find_element(By.ID, "head").value_of_css_property("left"))
    assert len(set(heads)) == 3  # the head on the timeline moved along


def test_a_quote_and_a_mark_on_the_timeline_lead_to_their_second(attempt_tab: webdriver.Chrome) -> None:
    for selector in ("a.quote", ".track a"):
        link = attempt_tab.find_elements(By.CSS_SELECTOR, selector)[-1]
        attempt_tab.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
        link.click()
        assert at(attempt_tab) == pytest.approx(float(str(link.get_attribute("data-at"))), abs=1.5)
        pause(attempt_tab)


def test_everything_can_be_done_by_keyboard(attempt_tab: webdriver.Chrome) -> None:
    body = attempt_tab.find_element(By.TAG_NAME, "body")
    body.send_keys(" ")
    WebDriverWait(attempt_tab, 10).until(playing)
    body.send_keys(" ")
    WebDriverWait(attempt_tab, 10).until(lambda tab: not playing(tab))
    start = at(attempt_tab)
    body.send_keys(Keys.ARROW_RIGHT)
    assert at(attempt_tab) == pytest.approx(start + 5, abs=0.2)
    body.send_keys(Keys.ARROW_LEFT)
    assert at(attempt_tab) == pytest.approx(start, abs=0.2)
    places = sorted(
        float(str(link.get_attribute("data-at")))
        for link in attempt_tab.find_elements(By.CSS_SELECTOR, "[data-evidence]")
    )
    attempt_tab.execute_script("document.getElementById('audio').currentTime = 0")
    body.send_keys("n")
    assert at(attempt_tab) == pytest.approx(places[0] - 0.2, abs=0.6)
    pause(attempt_tab)
    body.send_keys("2")
    second = attempt_tab.find_element(By.CSS_SELECTOR, "[data-key='2']").get_attribute("data-at")
    assert at(attempt_tab) == pytest.approx(float(str(second)) - 0.2, abs=0.6)
    pause(attempt_tab)
    body.send_keys("p")
    assert at(attempt_tab) == pytest.approx(places[0] - 0.2, abs=0.6)
    pause(attempt_tab)


def test_the_tab_key_reaches_every_control_and_enter_uses_it(attempt_tab: webdriver.Chrome) -> None:
    reached: list[str] = []
    for _ in range(60):
        press(attempt_tab, Keys.TAB)
        active = attempt_tab.switch_to.active_element
        reached.append(active.get_attribute("id") or str(active.get_attribute("class")))
        if reached[-1] == "at":
            break
    assert {"skip", "play", "back", "ahead", "next", "previous", "audio"} <= set(reached)
    link = attempt_tab.switch_to.active_element
    link.send_keys(Keys.ENTER)
    assert at(attempt_tab) == pytest.approx(float(str(link.get_attribute("data-at"))), abs=1.0)
    pause(attempt_tab)


def test_a_link_to_a_word_opens_the_page_there(browser: webdriver.Chrome, folder: Path) -> None:
    browser.get("about:blank")
    browser.get((folder / "attempt.html").as_uri() + "#w50")
    WebDriverWait(browser, 20).until(lambda tab: at(tab) > 1)


@pytest.mark.parametrize("page", ["attempt", "report"])
def test_nothing_leaves_the_page_and_the_console_is_empty(
    browser: webdriver.Chrome, folder: Path, page: str
) -> None:
    browser.get("about:blank")
    log(browser, "performance")
    log(browser, "browser")
    browser.get((folder / f"{page}.html").as_uri())
    messages = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1
    assert log(browser, "browser") == []


@pytest.mark.parametrize("page", ["attempt", "report"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_serious(
    browser: webdriver.Chrome, folder: Path, page: str, scheme: str, width: int
) -> None:
    look(browser, width=width, scheme=scheme)
    browser.get((folder / f"{page}.html").as_uri())
    found: list[dict[str, Any]] = Axe().run(browser, options={"resultTypes": ["violations"]})["violations"]
    serious = {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]][:3]
        for violation in found
        if violation["impact"] in {"serious", "critical"}
    }
    assert serious == {}


@pytest.mark.parametrize("page", ["attempt", "report"])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(
    browser: webdriver.Chrome, folder: Path, page: str
) -> None:
    look(browser, width=390)
    browser.get((folder / f"{page}.html").as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


def test_a_phone_shows_the_newest_four_answers_beside_the_sums(
    browser: webdriver.Chrome, folder: Path
) -> None:
    look(browser, width=390)
    browser.get((folder / "report.html").as_uri())
    concept, *answered, explained, last = browser.find_elements(By.CSS_SELECTOR, ".grid thead th")
    fixed = concept.rect["x"] + concept.rect["width"]
    assert [head.rect["x"] >= fixed for head in answered[-4:]] == [True] * 4
    assert last.rect["x"] + last.rect["width"] <= 390
    assert not any(name.is_displayed() for name in browser.find_elements(By.CSS_SELECTOR, ".grid .name"))
    assert explained.find_element(By.TAG_NAME, "abbr").is_displayed()
    assert explained.accessible_name == "Explained"
    assert answered[-1].accessible_name == "31 Jan Product search that talks"


def test_on_paper_there_is_no_player(attempt_tab: webdriver.Chrome) -> None:
    look(attempt_tab, media="print")
    assert not attempt_tab.find_element(By.CLASS_NAME, "player").is_displayed()
    assert attempt_tab.find_element(By.ID, "said").is_displayed()


def test_on_paper_the_timeline_keeps_its_marks_though_browsers_leave_backgrounds_out(
    attempt_tab: webdriver.Chrome,
) -> None:
    look(attempt_tab, media="print", scheme="dark")
    mark = attempt_tab.find_element(By.CSS_SELECTOR, ".track > a")
    assert mark.value_of_css_property("print-color-adjust") == "exact"
    paper = attempt_tab.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert paper == "rgba(255, 255, 255, 1)"
    tones = "return getComputedStyle(document.documentElement).getPropertyValue('--explained')"
    assert attempt_tab.execute_script(tones) == "#1d7a3e"  # dark ink, also for who reads in the dark


def test_on_paper_the_grid_is_whole_from_the_concept_to_the_sums(
    browser: webdriver.Chrome, folder: Path
) -> None:
    look(browser, width=A4, media="print")
    browser.get((folder / "report.html").as_uri())
    heads = [head for head in browser.find_elements(By.CSS_SELECTOR, ".grid thead th") if head.is_displayed()]
    assert len(heads) == 12 + 3
    edges = [(head.rect["x"], head.rect["x"] + head.rect["width"]) for head in heads]
    assert edges[0][0] >= 0
    assert edges == sorted(edges)
    assert edges[-1][1] <= A4


def test_a_cell_of_the_grid_leads_to_its_attempt(browser: webdriver.Chrome, folder: Path) -> None:
    look(browser)
    browser.get((folder / "report.html").as_uri())
    link = browser.find_elements(By.CSS_SELECTOR, ".cell a")[-1]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
    link.click()
    WebDriverWait(browser, 10).until(lambda tab: "pages/" in tab.current_url)
    assert browser.find_element(By.ID, "said")


def test_charts_are_drawn_and_their_figures_stand_below(browser: webdriver.Chrome, folder: Path) -> None:
    look(browser)
    browser.get((folder / "report.html").as_uri())
    charts = browser.find_elements(By.CSS_SELECTOR, "figure svg")
    assert len(charts) == 4
    assert all(chart.size["width"] > 200 and chart.size["height"] > 100 for chart in charts)
    assert len(browser.find_elements(By.CSS_SELECTOR, "figure details table")) == 4


def test_no_label_of_a_chart_is_cut_off(browser: webdriver.Chrome, folder: Path) -> None:
    look(browser)
    browser.get((folder / "report.html").as_uri())
    for chart in browser.find_elements(By.CSS_SELECTOR, "figure svg"):
        labels = chart.find_elements(By.TAG_NAME, "text")
        assert labels
        assert min(label.rect["x"] for label in labels) >= chart.rect["x"]
