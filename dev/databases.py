"""Databases: one template with Odoo's accounting, made once; every other one is a copy of it, in a second."""
import hashlib
import os
import shutil

from psycopg2 import sql

from . import odoo_source, postgres
from .environment import DATA_DIR, HOME, LOGS, PYTHON, SetupError, environment, progress

# The charts that the default tax tables are for; the generic one is in account itself. No demo data.
TEMPLATE_MODULES = ('account', 'l10n_au', 'l10n_nz', 'l10n_uk')
TEMPLATE_DATA_DIR = HOME / 'template'


def template():
    """The template's name: another Odoo or other modules, another template."""
    key = hashlib.sha256(f'{odoo_source.identity()} {TEMPLATE_MODULES}'.encode()).hexdigest()[:8]
    return f'account_xero_template_{key}'


def exists(name):
    return bool(postgres.query("SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def ensure_template():
    if exists(template()):
        return
    progress(f"Making a template database with {', '.join(TEMPLATE_MODULES)} (about a minute) …")
    unfinished = template() + '_part'
    TEMPLATE_DATA_DIR.mkdir(exist_ok=True)
    drop(unfinished, TEMPLATE_DATA_DIR)
    _execute("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", unfinished)
    install(unfinished, *TEMPLATE_MODULES, data_dir=TEMPLATE_DATA_DIR)
    filestore = TEMPLATE_DATA_DIR / 'filestore'
    shutil.rmtree(filestore / template(), ignore_errors=True)
    (filestore / unfinished).rename(filestore / template())
    _execute("ALTER DATABASE {} RENAME TO {}", unfinished, template())


def create(name, *modules, source=None):
    """Make `name` anew as a copy of the template, or of the database `source`, and install modules in it.

    :param modules: technical names; none leaves it at what the source has
    :param source: a database of this clone, to which nobody may be connected
    """
    drop(name)
    _execute("CREATE DATABASE {} TEMPLATE {}", name, source or template())
    data_dir = DATA_DIR if source else TEMPLATE_DATA_DIR
    # Stored files are never written again, so links are as good as copies.
    shutil.copytree(
        data_dir / 'filestore' / (source or template()), DATA_DIR / 'filestore' / name, copy_function=os.link)
    if modules:
        install(name, *modules)


def install(name, *modules, data_dir=DATA_DIR):
    """Install modules; those which are installed already are upgraded.

    :raise SetupError: with the end of Odoo's log
    """
    _run_odoo(f'install-{name}', '-d', name, '-i', ','.join(modules), '-u', ','.join(modules), '-D', data_dir)


def drop(name, data_dir=DATA_DIR):
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    shutil.rmtree(data_dir / 'filestore' / name, ignore_errors=True)


def drop_all_of_this_clone():
    """Drop every database that has a file store in this clone."""
    for folder in (DATA_DIR / 'filestore').glob('*'):
        drop(folder.name)


def _execute(statement, *names):
    postgres.query(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _run_odoo(title, *arguments):
    import subprocess

    log = LOGS / f'{title}.log'
    with open(log, 'w') as output:
        result = subprocess.run(
            [PYTHON, odoo_source.program(), *arguments, '--stop-after-init', '--no-http', '--max-cron-threads=0'],
            env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise SetupError(f"Odoo ended with {result.returncode}; the whole log is {log}\n{log.read_text()[-4000:]}")
