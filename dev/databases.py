"""Databases: one template with Odoo's accounting, made once; every other one is a copy of it, in a second."""
import hashlib
import os
import shutil
import subprocess

from psycopg2 import sql

from . import odoo_source, postgres
from .commands import SetupError, progress
from .environment import environment
from .scratch import ADDONS, CLONE, DATA_DIR, HOME, LOGS, PYTHON

# The charts that the default tax tables are for; the generic one is in account itself. No demo data.
TEMPLATE_MODULES = ('account', 'l10n_au', 'l10n_nz', 'l10n_uk')
TEMPLATE_DATA_DIR = HOME / 'template'


def template():
    """The template's name: another Odoo or other modules, another template."""
    key = hashlib.sha256(f'{odoo_source.identity()} {TEMPLATE_MODULES}'.encode()).hexdigest()[:8]
    return f'account_xero_template_{key}'


def named(purpose):
    """The name of this clone's database for a purpose: clones share one server."""
    return f'account_xero_{CLONE.name}_{purpose}'


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
    """Create `name` again, as a copy of the template, or of the database `source`, and install modules in it.

    :param modules: technical names; none leaves it at what the source has
    :param source: a database of this clone, to which nobody may be connected
    :return: the log of the installation, or None without modules
    """
    drop(name)
    _execute("CREATE DATABASE {} TEMPLATE {}", name, source or template())
    data_dir = DATA_DIR if source else TEMPLATE_DATA_DIR
    # Stored files are never written again, so links are as good as copies.
    shutil.copytree(
        data_dir / 'filestore' / (source or template()), DATA_DIR / 'filestore' / name, copy_function=os.link)
    return install(name, *modules) if modules else None


def install(name, *modules, data_dir=DATA_DIR, addons=ADDONS):
    """Install modules; those which are installed already are upgraded.

    :param Path addons: the folder with the add-on, if not this clone's
    :return: the path of Odoo's log
    :raise SetupError: with the end of the log
    """
    log = LOGS / f'install-{name}.log'
    modules = ','.join(modules)
    _run_odoo(log, '-d', name, '-i', modules, '-u', modules, '-D', data_dir, '--stop-after-init',
              '--no-http', '--max-cron-threads=0', _addons_path(addons))
    return log


def run_in_shell(name, code, addons=ADDONS):
    """Run Python code in Odoo's shell, where `env` is the superuser's environment.

    :param Path addons: the folder with the add-on, if not this clone's
    :return: the path of the output, Odoo's log included
    :raise SetupError: with the end of the output, when the code raises
    """
    log = LOGS / f'shell-{name}.log'
    _run_odoo(log, 'shell', '-d', name, '--no-http', _addons_path(addons), stdin=code)
    return log


def _addons_path(addons):
    return '--addons-path=' + ','.join(map(str, (*odoo_source.addons_folders(), addons)))


def drop(name, data_dir=DATA_DIR):
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    shutil.rmtree(data_dir / 'filestore' / name, ignore_errors=True)


def drop_all_of_this_clone():
    """Drop every database that has a file store in this clone."""
    for folder in (DATA_DIR / 'filestore').glob('*'):
        drop(folder.name)


def _execute(statement, *names):
    postgres.query(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _run_odoo(log, *arguments, stdin=''):
    with open(log, 'w') as output:
        result = subprocess.run(
            [PYTHON, odoo_source.program(), *arguments], env=environment(), input=stdin, text=True,
            stdout=output, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise SetupError(f"Odoo ended with {result.returncode}; the whole log is {log}\n{log.read_text()[-4000:]}")
