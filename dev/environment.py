"""The environment variables under which Odoo, its tests and PostgreSQL's tools run."""
import os

from . import browser, odoo_source, postgres
from .scratch import CONFIG, HOME, REPOSITORY, VENV

PYTEST_PLUGINS = REPOSITORY / 'dev' / 'pytest_plugins'


def environment():
    path = os.pathsep.join((str(VENV / 'bin'), *postgres.tools_path(), *browser.tools_path(), os.environ['PATH']))
    return {
        **os.environ, **postgres.variables(),
        'PATH': path,
        'PYTHONPATH': os.pathsep.join(map(str, (odoo_source.python_path(), PYTEST_PLUGINS))),
        'ODOO_RC': str(CONFIG),
        # Compiled files belong to the scratch folder, not into the repository: there they may be written.
        'PYTHONPYCACHEPREFIX': str(HOME / 'pycache'),
        'PYTHONDONTWRITEBYTECODE': '',
    }
