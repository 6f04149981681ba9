"""Opens reports in headless Chromium, as a reader of them does, and looks at them.

    /usr/bin/python3 browser.py AXE SCREENSHOTS REPORT...

AXE is the script of axe-core, REPORT the folder of a report. Held are: no message on the console, no request but that of
the page itself, everything that failed is there with requirement, expected, seen and replay command and is reached by the
tabulator key alone, axe-core finds nothing serious, and nothing is wider than a phone. Light, dark, and phone; what was
seen is kept as pictures.
"""

import json
import pathlib
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

FAILED = ("fail", "error", "flaky")
SERIOUS = ("serious", "critical")
SCREEN = (1100, 1500)
PHONE = (390, 844)


class Looker:
    """One browser, and what it has found."""

    def __init__(self, axe, pictures):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.chrome.service.Service("/usr/bin/chromedriver")
        self.driver = webdriver.Chrome(service=service, options=options)
        self.axe = axe.read_text(encoding="utf-8")
        self.pictures = pictures
        self.passed, self.failed = 0, []

    def holds(self, what, is_so, seen=""):
        if is_so:
            self.passed += 1
        else:
            self.failed.append(f"{what}: {seen}")

    def open(self, page, size, colours):
        width, height = size
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        features = [{"name": "prefers-color-scheme", "value": colours}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get_log("performance")
        self.driver.get(page.as_uri())

    def picture(self, name):
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))

    def quiet(self, name, page):
        """Nothing on the console, and no request but that of the page."""
        console = self.driver.get_log("browser")
        self.holds(f"{name}: nothing on the console", not console, console)
        told = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        asked = [one["params"]["request"]["url"] for one in told if one["method"] == "Network.requestWillBeSent"]
        self.holds(f"{name}: one request, of the page itself", asked == [page.as_uri()], asked)

    def accessible(self, name, rules=None):
        self.driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
        self.driver.execute_script(self.axe)
        self.driver.set_script_timeout(120)
        script = "axe.run(arguments[0]).then(arguments[arguments.length - 1])"
        result = self.driver.execute_async_script(script, {"runOnly": rules} if rules else {})
        told = [
            f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
            for one in result["violations"]
            if one["impact"] in SERIOUS
        ]
        self.holds(f"{name}: axe-core finds nothing serious", not told, "\n".join(told))
        least = len(rules) if rules else 10
        self.holds(f"{name}: axe-core has looked", len(result["passes"]) >= least, len(result["passes"]))

    def content(self, name, document):
        """What failed is told in full."""
        failed = [case for case in document["cases"] if case["verdict"] in FAILED]
        for case in failed:
            seen = self.driver.execute_script(
                """const part = document.getElementById(arguments[0]);
                const texts = name => [...part.querySelectorAll(name)].map(one => one.textContent);
                return part && [texts('.found dt:first-child'), texts('.requirement'), texts('.expected'), texts('.seen'),
                    texts('.replay')]""",
                f"case-{case['id']}",
            )
            findings = case["findings"]
            parts = [[one[key] or "" for one in findings] for key in ("requirement", "sentence", "expected", "seen")]
            # A browser makes one line end of every other one.
            wanted = [[text.replace("\r\n", "\n").replace("\r", "\n") for text in part] for part in parts]
            self.holds(f"{name}: {case['id']} is told", seen == wanted + [[case["replay"]]], seen)
        return failed

    def keyboard(self, name, failed):
        """The tabulator key alone leads to the skip link first, and to everything that failed."""
        steps, reached, first = 0, set(), None
        limit = self.driver.execute_script("return document.querySelectorAll('a, summary, [tabindex]').length") + 5
        while steps < limit:
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            steps += 1
            place, kind = self.driver.execute_script(
                """const one = document.activeElement;
                return [one.closest('details.case')?.id ?? '', one.className || one.tagName]"""
            )
            first = first or kind
            if kind == "SUMMARY":
                reached.add(place)
            if {f"case-{case['id']}" for case in failed} <= reached:
                break
        self.holds(f"{name}: the skip link is first", first == "skip", first)
        missing = [case["id"] for case in failed if f"case-{case['id']}" not in reached]
        self.holds(f"{name}: every failure is reached by keyboard", not missing, missing)
        if failed:
            last = self.driver.execute_script("return document.activeElement.closest('details').open")
            ActionChains(self.driver).send_keys(Keys.ENTER).perform()
            now = self.driver.execute_script("return document.activeElement.closest('details').open")
            self.holds(f"{name}: Enter opens and closes it", last != now, [last, now])

    def narrow(self, name):
        width = self.driver.execute_script("return document.documentElement.scrollWidth")
        self.holds(f"{name}: nothing is wider than the screen", width <= PHONE[0], width)

    def look(self, folder):
        name, page = folder.name, folder.resolve() / "report.html"
        document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        for colours in ("light", "dark"):
            self.open(page, SCREEN, colours)
            self.picture(f"{name}-{colours}")
            failed = self.content(f"{name}, {colours}", document)
            self.quiet(f"{name}, {colours}", page)
            if colours == "light":
                self.keyboard(name, failed)
            # What differs in the dark is how colours stand beside each other.
            self.accessible(f"{name}, {colours}", ["color-contrast"] if colours == "dark" else None)
        self.open(page, PHONE, "light")
        self.picture(f"{name}-phone")
        self.narrow(f"{name}, phone")
        self.quiet(f"{name}, phone", page)
        self.accessible(f"{name}, phone")
        self.narrow(f"{name}, phone, everything open")
        # Whatever a device said has had the time to run.
        marked = self.driver.execute_script("return window.marked")
        self.holds(f"{name}: nothing that a device said was run", marked is None, marked)


def main():
    axe, pictures, *folders = map(pathlib.Path, sys.argv[1:])
    pictures.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    looker = Looker(axe, pictures)
    try:
        for folder in folders:
            looker.look(folder)
    finally:
        looker.driver.quit()
    for one in looker.failed:
        print(f"FAILED {one}")
    print(f"{len(folders)} reports, {time.monotonic() - begun:.0f} s; pictures in {pictures}")
    print(f"{looker.passed} passed, {len(looker.failed)} failed")
    sys.exit(bool(looker.failed) or not looker.passed)


main()
