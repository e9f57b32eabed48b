"""A real Chromium for tests, driven over WebDriver; Debian's, both (.ci/packages)."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

DESKTOP, PHONE = 1280, 390
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


class Browser:
    """One page at a time, with its console messages and its network requests."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def show(self, url: str, *, width: int = DESKTOP, scheme: str = "light", media: str = "screen") -> None:
        """Load a page from scratch, at a device's width and in a colour scheme."""
        self._take("browser"), self._take("performance")
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        self.driver.get("about:blank")
        self.driver.get(url)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", selector))

    def visible(self, selector: str) -> list[Any]:
        chosen = (
            "return [...document.querySelectorAll(arguments[0])].filter((each) => each.checkVisibility())"
        )
        return list(self.run(chosen, selector))

    def faint_texts(self) -> tuple[int, list[str]]:
        """Return the number of visible texts, and those with too little contrast against their background."""
        count, faint = self.run(CONTRAST)
        return count, faint

    def wait_for_a_frame(self) -> None:
        """Wait until the page has drawn a frame, and has received its scroll events."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        )

    def complaints(self) -> list[str]:
        """Return the messages that the page wrote to its console since ``show``."""
        return [entry["message"] for entry in self._take("browser")]

    def requests(self) -> set[str]:
        """Return every address that the page requested since ``show``, its own included; not the browser's pages."""
        messages = [json.loads(entry["message"])["message"] for entry in self._take("performance")]
        sent = [each for each in messages if each["method"] == "Network.requestWillBeSent"]
        urls = {each["params"]["request"]["url"] for each in sent}
        return {url for url in urls if not url.startswith(("about:", "chrome:", "data:"))}

    def _take(self, log: str) -> list[dict[str, Any]]:
        return list(self.driver.get_log(log))


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Yield a browser; skip the test without one, but fail in CI, which installs it."""
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if missing := [name for name, path in programs.items() if path is None]:
        assert "CI" not in os.environ, f"{missing} must be installed in CI (.ci/packages)"
        pytest.skip(f"{' and '.join(missing)} not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs["chromium"])
    # Chromium refuses its sandbox to root, and a container has a small /dev/shm.
    for switch in (
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "disable-gpu",
        f"user-data-dir={profile}",
    ):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(programs["chromedriver"])))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
