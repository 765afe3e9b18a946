"""`make test`: lint, then side by side pytest with everything, and Odoo's own runner with a part of it and the upgrade test after it."""
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from . import browser, databases, odoo_source, postgres, upgrading
from .commands import SetupError, progress
from .environment import PYTEST_PLUGINS, environment
from .odoo_logs import complaints
from .scratch import ADDON, ADDONS, CLONE, LOGS, PYTHON, REPOSITORY, VENV
from .server import free_port

# Tours and Hoot carry this tag: Odoo's own runner leaves them to pytest.
BROWSER_TAG = 'xero_browser'
# pytest runs every test. Odoo's own runner differs in how it loads the registry, shares cursors and reads tags; tests without a database, of slices and
# of tokens stored in cursors of their own, are run in it too. `ODOO_RUNNER=all` runs everything without a browser in both, which takes twice as long.
RUNNER_FILES = ('unit/test_*.py', 'addon/test_export_slice.py', 'addon/test_oauth*.py')
# Odoo's tests of its linters themselves, and the one that runs pylint over all of Odoo
RUNNER_OFF = ('/test_lint/tests/test_checkers.py', '/test_lint:TestPyLint')
# A worker of pytest is as busy as its core; past four, PostgreSQL and the browsers have none left.
MOST_WORKERS = 4
# For Odoo's shell
PREPARE_COMPANIES = "from odoo.addons.account_xero.tests import prepared_companies; prepared_companies.make(env); env.cr.commit()"
# What browsers load is built once, before pytest's workers copy the database: not by each of them within a tour's time. Odoo does not count the
# script of its web socket among the bundles of pages.
ASSETS = "env['ir.qweb']._pregenerate_assets_bundles(); env['ir.qweb']._get_asset_bundle('bus.websocket_worker_assets').js(); env.cr.commit()"
# A test is one transaction, whose rows PostgreSQL's vacuum does not count: after it, a table of many rows would pass for an empty one, and each query
# of it would be badly planned. Nothing is kept in these databases, so nothing is cleared away in them.
NO_VACUUM = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE 'ALTER TABLE ' || name || ' SET (autovacuum_enabled = false)';
    END LOOP;
END
$$
"""
OPENAPI = REPOSITORY.parent / 'shared' / 'xero' / 'openapi'
# The checks of Odoo's test_lint that call pylint. Its own test runs them over the whole of Odoo: seven minutes, and
# this release of Odoo does not pass. So the same ones run here, over the add-on alone.
ODOO_PYLINT_CHECKS = (
    'used-before-assignment', 'undefined-variable', 'eval-used', 'unreachable', 'function-redefined', 'sql-injection',
    'missing-gettext', 'gettext-variable', 'gettext-placeholders', 'gettext-repr', 'raise-unlink-override',
)
ODOO_PYLINT_PLUGINS = (
    '_pylint_path_setup', 'pylint.extensions.bad_builtin', '_odoo_checker_sql_injection', '_odoo_checker_gettext',
    '_odoo_checker_unlink_override',
)
PYLINT_ODOO_OFF = (
    # What the OCA asks of its own repositories.
    'manifest-required-author', 'manifest-deprecated-key', 'missing-readme',
    # Wrong about plain classes and small tables.
    'method-required-super', 'no-search-all',
    # Ruff's business.
    'except-pass',
)
OCA_OFF = (
    'prefer-readme-rst',
    # Layout, which is not an error; Odoo's own files do not keep to it.
    'xml-header-wrong', 'xml-field-numeric-without-eval', 'xml-tag-position',
)


def is_ci():
    return os.environ.get('CI') == 'true'


def main():
    """Run every stage even if one before it fails; return the exit status.

    pytest has a worker with a database of its own for each core. Odoo's own runner and the upgrade test run beside it. What pytest says last is
    the last line.

    :raise SetupError: when something is missing without which a stage could only skip, and CI=true
    """
    _check_parts()
    database, runner = databases.named('test'), databases.named('runner')
    with ThreadPoolExecutor() as beside:
        progress("Lint, and beside it installing the add-on …")
        linting = beside.submit(lint)
        failures = [*complaints(create_database(database), "the installation")]
        databases.create(runner, source=database)
        progress("Odoo's own runner, then the upgrade test; and beside them the assets for the browser, then pytest …")
        own = beside.submit(lambda: [*_run_odoo_tests(runner), *upgrading.failures()])
        databases.run_in_shell(database, ASSETS)
        status, last_line, warnings = _run_pytest(database)
        failures += [*linting.result(), *own.result(), *warnings]
    for failure in failures:
        progress(f"FAILED: {failure}")
    if failures:
        progress("The exit status will be 1, whatever pytest says.")
    print(last_line, end='', flush=True)
    return status or (1 if failures else 0)


def create_database(name):
    """Create a database with the add-on and the companies that tests find there, in place of the one of that name.

    :return: the log of the installation
    """
    log = databases.create(name, 'account_xero')
    databases.run_in_shell(name, PREPARE_COMPANIES)
    postgres.query(NO_VACUUM, database=name)
    postgres.query("ANALYZE", database=name)
    return log


def _check_parts():
    missing = []
    if not browser.find():
        missing.append("There is no browser: the browser tests cannot run.")
    if not OPENAPI.is_dir():
        missing.append("There is no ../shared/xero/openapi: what compares replies with Xero's specification cannot run.")
    if missing and is_ci():
        raise SetupError('\n'.join(missing))
    for sentence in missing:
        progress(f"{sentence} Those tests are skipped.")


def lint():
    """Run the linters side by side, print what they say, and return the names of those that complain."""
    addons = odoo_source.python_path() / 'odoo' / 'addons'
    checkers = addons / 'test_lint' / 'tests'
    variables = environment()
    pylint = (PYTHON, '-m', 'pylint', '--reports=n', '--score=n')
    commands = {
        'ruff': ((PYTHON, '-m', 'ruff', 'check', '--quiet', '--no-cache', '--output-format=concise', '.'), REPOSITORY, variables),
        "Odoo's pylint checks": (
            (*pylint, '--rcfile=/dev/null', '--disable=all', f"--enable={','.join(ODOO_PYLINT_CHECKS)}",
             f"--load-plugins={','.join(ODOO_PYLINT_PLUGINS)}", '--bad-functions=input', 'account_xero'),
            ADDONS,
            {**variables, 'PYTHONPATH': f'{checkers}{os.pathsep}{odoo_source.python_path()}',
             'ADDONS_PATH': f'{addons}{os.pathsep}{ADDONS}'}),
        'pylint-odoo': (
            (*pylint, '--rcfile=/dev/null', '--disable=all', '--load-plugins=pylint_odoo', '--enable=odoolint',
             f"--disable={','.join(PYLINT_ODOO_OFF)}", '--ignore=dev,sandbox,tests,benchmarks', 'account_xero'),
            ADDONS, variables),
        'mypy': (
            (PYTHON, '-m', 'mypy', '--no-error-summary', '--config-file', REPOSITORY / 'pyproject.toml', '--cache-dir', CLONE / 'mypy',
             '-p', 'account_xero.tools', '-m', 'account_xero.const', '-m', 'account_xero.exceptions'), ADDONS, variables),
        "the OCA's checks of modules": (
            (VENV / 'bin' / 'oca-checks-odoo-module', f"--disable={','.join(OCA_OFF)}", 'account_xero'), _plain_copy(), variables),
    }
    running = {
        name: subprocess.Popen(
            list(map(str, command)), cwd=folder, env=variables, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for name, (command, folder, variables) in commands.items()
    }
    complaining = []
    for name, process in running.items():
        output, _ = process.communicate()
        if process.returncode:
            print(output, flush=True)
            complaining.append(name)
    return complaining


def _plain_copy():
    """Return a folder with a copy of the add-on that is no repository: the OCA's checks find no manifest beside a `.git`."""
    folder = CLONE / 'lint'
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(REPOSITORY, folder / 'account_xero', ignore=shutil.ignore_patterns(
        '.*', '__pycache__', 'dev', 'sandbox', 'tests', 'benchmarks', 'docs'))
    return folder


def _run_odoo_tests(database):
    """Upgrade the add-on under Odoo's own runner, Odoo's test_lint included, and yield what is wrong."""
    tags = ','.join((_runner_tags(), f'-{BROWSER_TAG}', '/test_lint', *(f'-{tag}' for tag in RUNNER_OFF)))
    log = LOGS / 'test-runner.log'
    with open(log, 'w') as output:
        status = subprocess.run(
            [PYTHON, odoo_source.program(), '-d', database, '-u', 'account_xero', '-i', 'test_lint',
             '--test-tags', tags,
             '--stop-after-init', f'--http-port={free_port()}'],
            env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
        ).returncode
    yield from complaints(log, "Odoo's own runner")
    text = log.read_text()
    tests = len(re.findall(r' odoo\.addons\.account_xero\.tests\S*: Starting ', text))
    skipped = re.findall(r'odoo\.addons\.account_xero\.tests\S*: skipped (.+)', text)
    progress(f"Odoo's own runner: {tests} tests of the add-on, {len(skipped)} skipped (log: {log})")
    for line in skipped:
        print(f'    skipped {line}', flush=True)
    if status:
        yield f"Odoo's own runner ended with {status}"
    if not tests:
        yield "Odoo's own runner found no test of the add-on"
    if skipped and is_ci():
        yield f"Odoo's own runner skipped {len(skipped)} tests, which CI=true does not allow"
    databases.drop(database)


def _runner_tags():
    """Which tests of the add-on Odoo's own runner runs, in the words of its `--test-tags`."""
    if os.environ.get('ODOO_RUNNER') == 'all':
        return '/account_xero'
    tests = REPOSITORY / 'tests'
    return ','.join(f'/account_xero/tests/{path.relative_to(tests)}' for pattern in RUNNER_FILES for path in sorted(tests.glob(pattern)))


def _run_pytest(database):
    """Run all tests, passing on what pytest says.

    :return: its exit status, its last line, which is not passed on yet, and what is wrong with Odoo's log of it
    """
    log = LOGS / 'test-pytest.log'
    log.unlink(missing_ok=True)
    # The tests of a class start from the same rows, which only one worker makes. In the order of their files the short ones, in `unit`, are the last.
    spread = ['--numprocesses=logical', f'--maxprocesses={MOST_WORKERS}', '--dist=loadscope', '--no-loadscope-reorder']
    logging = ['--odoo-log-level=warn', f'--odoo-extra=logfile={log}']
    process = subprocess.Popen(
        [*pytest_command(database), *spread, *logging, ADDON / 'tests'], cwd=ADDONS, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    last_line = ''
    for line in process.stdout:
        print(last_line, end='', flush=True)
        last_line = line
    return process.wait(), last_line, list(complaints(log, "pytest")) if log.exists() else ["pytest left no log of Odoo's"]


def pytest_command(database):
    """The start of a pytest command line, to be run from `ADDONS`, whose paths begin with `ADDON`.

    pytest keeps the path it is given, and pytest-odoo finds the module's name in it: hence the link.
    """
    names = [path.stem for path in sorted(PYTEST_PLUGINS.glob('*.py')) if is_ci() or path.stem != 'no_skips']
    plugins = [part for name in names for part in ('-p', name)]
    return [
        str(PYTHON), '-m', 'pytest', f'--rootdir={ADDONS}', '-c', f'{ADDON}/pyproject.toml', *plugins, '--odoo-http',
        f'--odoo-database={database}']
