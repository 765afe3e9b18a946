"""Where everything lives, and how all of it gets there.

Scratch is one folder outside the repository, `ACCOUNT_XERO_HOME`, shared by all clones on the machine:

    odoo/  postgres/  template/   made once
    venvs/<hash>/                 one per state of the requirements and per Python
    clones/<hash>/                add-ons path with the symlink, odoo.conf, file store and logs of the clone with that path
"""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
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
VENV = HOME / 'venvs' / hashlib.sha256(
    b''.join(path.read_bytes() for path in REQUIREMENTS) + sys.version.encode()).hexdigest()[:8]
PYTHON = VENV / 'bin' / 'python'

# In the environment, because a command goes on in other processes.
_started = float(os.environ.setdefault('ACCOUNT_XERO_STARTED', str(time.time())))


class SetupError(Exception):
    """Something that a person has to mend; the message says what."""


def progress(message):
    """Say what is happening, with the seconds since this command started."""
    print(f"[{time.time() - _started:3.0f} s] {message}", flush=True)


def run(*command, **options):
    """Run a command silently and return its output.

    :raise SetupError: with the command's own words when it fails
    """
    command = [str(part) for part in command]
    result = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, **options)
    if result.returncode:
        raise SetupError(f"{' '.join(command)} failed ({result.returncode}):\n{result.stdout[-4000:]}")
    return result.stdout


@contextlib.contextmanager
def exclusive(name):
    """Hold a lock of this scratch folder, so that two commands do not set up the same thing at once."""
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / f'{name}.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_system_packages(*packages):
    """Install Debian packages where that is allowed: as root, or by a sudo that asks nothing.

    :raise SetupError: when it is not
    """
    sudo = [] if os.geteuid() == 0 else ['sudo', '-n']
    try:
        run(*sudo, 'apt-get', 'update', '-qq')
        run(*sudo, 'env', 'DEBIAN_FRONTEND=noninteractive',
            'apt-get', 'install', '-y', '-qq', '--no-install-recommends', *packages)
    except FileNotFoundError as error:
        raise SetupError(f"cannot install {', '.join(packages)} here: {error}") from error


def ensure_python():
    """Make the virtual environment with Odoo's requirements, the add-on's and the developers'."""
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


def ensure_clone():
    """Give this clone its add-ons folder, whose link bears the module's name, and its odoo.conf."""
    from . import odoo_source

    for folder in (ADDONS, DATA_DIR / 'filestore', LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    if not (ADDON.is_symlink() and ADDON.resolve() == REPOSITORY):
        ADDON.unlink(missing_ok=True)
        ADDON.symlink_to(REPOSITORY)
    addons_path = ','.join(str(path) for path in (*odoo_source.addons_folders(), ADDONS))
    # Unknown keys would log a warning: only what Odoo itself knows belongs here.
    CONFIG.write_text(
        '[options]\n'
        f'addons_path = {addons_path}\n'
        f'data_dir = {DATA_DIR}\n'
        'http_interface = 127.0.0.1\n'
        'list_db = False\n'
        f'screenshots = {LOGS}\n'
        'limit_time_cpu = 600\n'
        'limit_time_real = 1200\n'
    )


def ensure_all():
    """Do every step of the set-up that has not been done yet, PostgreSQL left running."""
    from . import chromium, databases, odoo_source, postgres

    with exclusive('setup'):
        ensure_python()
        odoo_source.ensure()
        chromium.ensure()
        ensure_clone()
        postgres.ensure()
        databases.ensure_template()


def remove_scratch():
    """Remove what the set-up made in `HOME`, and the folder itself if nothing else is in it."""
    for name in ('venvs', 'odoo', 'odoo.part', 'odoo.downloads', 'postgres', 'template', 'clones', 'pycache'):
        shutil.rmtree(HOME / name, ignore_errors=True)
    for name in ('setup.lock', 'postgres.lease', 'postgres.keeper'):
        (HOME / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        HOME.rmdir()


def environment():
    """The environment variables under which Odoo, its tests and PostgreSQL's tools run."""
    from . import odoo_source, postgres

    path = os.pathsep.join((str(VENV / 'bin'), *postgres.tools_path(), os.environ['PATH']))
    return {
        **os.environ, **postgres.variables(),
        'PATH': path,
        'PYTHONPATH': str(odoo_source.python_path()),
        'ODOO_RC': str(CONFIG),
        # Compiled files belong to the scratch folder, not into the repository: there they may be written.
        'PYTHONPYCACHEPREFIX': str(HOME / 'pycache'),
        'PYTHONDONTWRITEBYTECODE': '',
    }
