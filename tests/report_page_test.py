#!/usr/bin/env python3
"""Opens the report's page in headless Chromium: no error on the console, all pictures drawn, in light and in dark. Exit
status 77, a visible skip, where there is no Chromium.

    report_page_test.py --dlpu build/release/tools/dlpu [--screenshots FOLDER]
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile


def browse(chromium, profile, page, *arguments):
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
               "--enable-logging=stderr", "--user-data-dir=" + profile, *arguments, "file://" + page]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dlpu", required=True)
    parser.add_argument("--screenshots", help="keep pictures of the page here")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("skipped: there is no Chromium (Debian: chromium)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        page = os.path.join(folder, "page.html")
        subprocess.run([options.dlpu, "report", "zoo:mobilenet_v2", "zoo:yolov5n_artpec9", "--fps", "10,5", "--together",
                        "--html", page], check=True, stdout=subprocess.DEVNULL)
        assert os.path.getsize(page) < 500_000, os.path.getsize(page)
        result = browse(chromium, folder, page, "--dump-dom", "--virtual-time-budget=5000")
        console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        assert not console, console
        drawn = result.stdout.split("</script>")[-1] + result.stdout.split("<script")[0]
        for label in ("Latency per target", "Time of each operator", "Memory while each operator runs",
                      "Graph of the network"):
            assert drawn.count(f'aria-label="{label}"') == 2, (label, drawn.count(label))
        assert len(re.findall(r'class="whisker"', drawn)) >= 3 * 6
        assert drawn.count("Together on one device") == 1
        if options.screenshots:
            os.makedirs(options.screenshots, exist_ok=True)
            for name, arguments in (("light", []), ("dark", ["--force-dark-mode"])):
                picture = os.path.join(os.path.abspath(options.screenshots), name + ".png")
                browse(chromium, folder, page, "--window-size=1280,2600", "--screenshot=" + picture, *arguments)
                assert os.path.getsize(picture) > 10_000
    print("the page is drawn without errors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
