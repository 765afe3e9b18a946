"""The virtual environment with Odoo's requirements, the add-on's and the developers'. Needs the standard library only."""
from pathlib import Path

from .commands import SetupError, install_system_packages, progress, run
from .scratch import BASE_PYTHON, PYTHON, REQUIREMENTS, VENV


def ensure():
    """Make the virtual environment if there is none for these requirements.

    :raise SetupError: with pip's own words
    """
    stamp = VENV / '.complete'
    if stamp.exists():
        return
    progress("Making a virtual environment with Odoo's and our Python packages (about a minute) …")
    try:
        run(BASE_PYTHON, '-m', 'venv', '--clear', VENV)
    except SetupError:
        if not Path('/usr/bin/apt-get').exists():
            raise
        install_system_packages('python3-venv')
        run(BASE_PYTHON, '-m', 'venv', '--clear', VENV)
    # The one that comes with an older Python builds packages that it could take as they are
    run(PYTHON, '-m', 'pip', 'install', '-qq', '--upgrade', 'pip')
    requirements = [part for path in REQUIREMENTS for part in ('-r', path)]
    run(PYTHON, '-m', 'pip', 'install', '-qq', *requirements, umask=0o022)
    stamp.touch()
