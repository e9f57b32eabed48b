"""The report in a real browser: it renders, its controls work, everyone can read it, and it requests nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from tests.transforms.report.browser import DESKTOP, PHONE, Browser
from tests.transforms.report.warehouses import hostile
from transforms.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from cbw.settings import Settings

BOTH = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def url(realistic_settings: Settings) -> str:
    return write_report(realistic_settings).as_uri()


def column(browser: Browser, table: str, number: int) -> list[str]:
    rows = browser.visible(f"{table} tbody tr")
    return [row.find_elements("css selector", "th, td")[number].text for row in rows]


@pytest.mark.parametrize("width", [DESKTOP, 768, PHONE])
@BOTH
def test_renders_without_a_complaint_a_request_or_a_sideways_scroll(
    browser: Browser, url: str, width: int, scheme: str
) -> None:
    browser.show(url, width=width, scheme=scheme)
    assert browser.visible("svg")
    assert browser.complaints() == []
    assert browser.requests() == {url}
    assert browser.run("return innerWidth") == width
    assert browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@BOTH
def test_every_text_stands_out_from_its_background(browser: Browser, url: str, scheme: str) -> None:
    browser.show(url, scheme=scheme)
    browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    looked, faint = browser.faint_texts()
    assert looked > 500
    assert faint == []


def test_the_toggle_turns_the_colours_round(browser: Browser, url: str) -> None:
    browser.show(url, scheme="light")
    before = browser.run("return getComputedStyle(document.body).backgroundColor")
    [toggle] = browser.find("#theme")
    assert toggle.text == "Dark"
    toggle.click()
    assert toggle.text == "Light"
    assert browser.run("return getComputedStyle(document.body).backgroundColor") != before


def test_shows_one_currency_at_a_time(browser: Browser, url: str) -> None:
    browser.show(url)
    buttons = browser.visible("#currencies button")
    assert len(buttons) > 2
    for button in buttons:
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        [shown] = browser.visible("section[data-currency]")
        assert shown.accessible_name == button.text
    browser.show(f"{url}#eur")
    assert [section.accessible_name for section in browser.visible("section[data-currency]")] == ["EUR"]


def test_a_table_sorts_by_any_column_both_ways(browser: Browser, url: str) -> None:
    browser.show(url)
    heads = browser.visible("#affiliates-usd thead th")
    heads[1].find_element("css selector", "button").click()
    sales = [int(text.replace(",", "")) for text in column(browser, "#affiliates-usd", 1)]
    assert sales == sorted(sales, reverse=True)
    assert heads[1].get_attribute("aria-sort") == "descending"
    heads[1].find_element("css selector", "button").click()
    assert [int(text.replace(",", "")) for text in column(browser, "#affiliates-usd", 1)] == sorted(sales)
    heads[0].find_element("css selector", "button").click()
    names = column(browser, "#affiliates-usd", 0)
    assert names == sorted(names, key=str.lower)
    assert [head.get_attribute("aria-sort") for head in heads[:2]] == ["ascending", None]


def test_a_table_shows_the_rows_that_hold_a_word(browser: Browser, url: str) -> None:
    browser.show(url)
    every = column(browser, "#affiliates-usd", 0)
    [box] = browser.visible("input[aria-controls='affiliates-usd']")
    box.send_keys(every[-1].upper())
    assert column(browser, "#affiliates-usd", 0) == [every[-1]]
    assert f"1 of {len(every)}" in browser.visible(".filter output")[0].text


def test_a_day_that_is_pointed_at_says_its_figures(browser: Browser, url: str) -> None:
    browser.show(url)
    assert browser.visible("#tip") == []
    day = browser.visible("svg.wide .day")[40]
    browser.run("arguments[0].scrollIntoView({ block: 'center' })", day)
    browser.wait_for_a_frame()
    ActionChains(browser.driver).move_to_element(day).perform()
    [tip] = browser.visible("#tip")
    row = browser.run(
        "return document.querySelector('figure table').tBodies[0].rows[40].cells[0].textContent"
    )
    assert tip.text.splitlines()[0] == row
    assert [line.split(" ")[0] for line in tip.text.splitlines()[1:]] == [
        "Gross",
        "Refunds",
        "Chargebacks",
        "Net",
    ]


def test_can_be_used_without_seeing_it(browser: Browser, url: str) -> None:
    browser.show(url)
    browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert browser.run("return document.documentElement.lang") == "en"
    assert len(browser.visible("h1")) == 1
    for drawing in browser.visible("svg"):
        assert drawing.aria_role in {"img", "image"}
        assert drawing.accessible_name
    for control in browser.visible("button, input"):
        assert control.accessible_name, control.get_attribute("outerHTML")
    unnamed = (
        "return [...document.querySelectorAll('table')].filter((t) => !t.caption?.textContent.trim()).length"
    )
    unscoped = "return document.querySelectorAll('th:not([scope])').length"
    assert (browser.run(unnamed), browser.run(unscoped)) == (0, 0)
    for region in browser.visible(".scroll"):
        assert region.get_attribute("tabindex") == "0"
        assert region.accessible_name


def test_prints_on_white_without_controls(browser: Browser, url: str) -> None:
    browser.show(url, scheme="dark", media="print")
    assert browser.visible(".controls button, .filter input, summary, #tip") == []
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.faint_texts()[1] == []
    assert len(browser.visible(".tile")) == 8


def test_says_everything_without_scripts_too(browser: Browser, url: str) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.show(url)
        assert len(browser.visible("section[data-currency]")) > 2
        assert browser.visible("#theme, #currencies, .filter") == []
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_senders_text_stays_text(browser: Browser, tmp_path: Path) -> None:
    browser.show(write_report(hostile(tmp_path / "data")).as_uri())
    assert browser.complaints() == []
    assert "owned" not in browser.driver.title
    assert browser.find("img") == []
    assert "<img src=x" in browser.find("#affiliates-eur")[0].text
