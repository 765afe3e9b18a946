"""Chromium for the browser tests and the screenshots: the system's own, else from apt where that is allowed."""
import shutil

from .environment import SetupError, install_system_packages, progress

NAMES = ('google-chrome', 'chromium', 'chromium-browser', 'google-chrome-stable')


def find():
    """The path of the browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Install Chromium if there is none; without it everything but the browser tests still works."""
    if find():
        return
    progress("Installing Chromium …")
    try:
        install_system_packages('chromium', 'fonts-liberation')
    except SetupError as error:
        progress(f"No Chromium: browser tests cannot run. Install it and start again.\n{error}")
