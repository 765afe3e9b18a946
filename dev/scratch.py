"""The scratch folder outside the repository, `ACCOUNT_XERO_HOME`, shared by all clones on the machine.

    odoo/  browser/  postgres/  template/   made once
    venvs/<hash>/                           one per state of the requirements and per Python
    clones/<hash>/                          add-ons path with the symlink, odoo.conf, file store, logs and unpacked versions of the clone with that path
"""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HOME = Path(
    os.environ.get('ACCOUNT_XERO_HOME')
    or Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'account_xero'
).absolute()
CLONE = HOME / 'clones' / hashlib.sha256(bytes(REPOSITORY)).hexdigest()[:8]
ADDONS = CLONE / 'addons'
ADDON = ADDONS / 'account_xero'
DATA_DIR = CLONE / 'data'
LOGS = CLONE / 'logs'
CONFIG = CLONE / 'odoo.conf'
REQUIREMENTS = (REPOSITORY / 'dev' / 'requirements-odoo.txt', REPOSITORY / 'requirements-dev.txt')
# Asks a Python for its version, if Odoo 19 runs with it and it can make virtual environments
QUESTION = "import ensurepip, sys, venv; assert sys.version_info >= (3, 10); print(sys.version)"


def _base_python():
    """Return the Python that the virtual environment is made with, and its version.

    It is the distribution's, with which Odoo's Debian package runs: tests take a sixth less time than with a Python that was compiled without
    profile-guided optimisation, as version managers do. Without one, it is the Python that runs this.
    """
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        python = '/usr/bin/python3'
        return python, subprocess.run([python, '-c', QUESTION], check=True, text=True, capture_output=True).stdout.strip()
    return sys.executable, sys.version


BASE_PYTHON, BASE_VERSION = _base_python()
VENV = HOME / 'venvs' / hashlib.sha256(
    b''.join(path.read_bytes() for path in REQUIREMENTS) + BASE_VERSION.encode()).hexdigest()[:8]
PYTHON = VENV / 'bin' / 'python'


@contextlib.contextmanager
def exclusive(name):
    """Hold a lock of this scratch folder, so that two commands do not set up the same thing at once."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / f'{name}.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove():
    """Remove what the set-up made in `HOME`, and the folder itself if nothing else is in it."""
    for name in ('venvs', 'odoo', 'odoo.part', 'odoo.downloads', 'browser', 'browser.part', 'postgres', 'template', 'clones', 'pycache'):
        shutil.rmtree(HOME / name, ignore_errors=True)
    for name in ('setup.lock', 'postgres.lease', 'postgres.keeper'):
        (HOME / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        HOME.rmdir()
