"""The virtual environment with Odoo's requirements, the add-on's and the developers'. Needs the standard library only."""
import sys
from pathlib import Path

from .commands import SetupError, install_system_packages, progress, run
from .scratch import PYTHON, REQUIREMENTS, VENV


def ensure():
    """Make the virtual environment if there is none for these requirements.

    :raise SetupError: with pip's own words
    """
    stamp = VENV / '.complete'
    if stamp.exists():
        return
    progress("Making a virtual environment with Odoo's and our Python packages (about a minute) …")
    try:
        run(sys.executable, '-m', 'venv', '--clear', VENV)
    except SetupError:
        if not Path('/usr/bin/apt-get').exists():
            raise
        install_system_packages('python3-venv')
        run(sys.executable, '-m', 'venv', '--clear', VENV)
    requirements = [part for path in REQUIREMENTS for part in ('-r', path)]
    run(PYTHON, '-m', 'pip', 'install', '-qq', *requirements, umask=0o022)
    stamp.touch()
