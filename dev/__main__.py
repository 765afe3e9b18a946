"""Commands: python3 -m dev <command>, from the repository's root."""
import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from . import python_packages, scratch
from .commands import SetupError, progress
from .scratch import ADDON, ADDONS, PYTHON, REPOSITORY


def setup(arguments):
    """do all set-up and print where things are"""
    progress(f"Ready in {scratch.HOME}")


def createdb(arguments):
    """make a database (a copy of the template) in place of the one there and install modules in it"""
    from . import databases

    databases.create(arguments.database, *(arguments.modules or ['account_xero']))


def testdb(arguments):
    """make a database for tests, with the add-on and the companies that tests find in it"""
    from . import testing

    testing.create_database(arguments.database)


def dropdb(arguments):
    """drop a database and its file store"""
    from . import databases

    databases.drop(arguments.database)


def upgrade(arguments):
    """upgrade the add-on in a database"""
    from . import databases

    if not databases.exists(arguments.database):
        raise SetupError(f"There is no database {arguments.database}; createdb makes one.")
    databases.install(arguments.database, 'account_xero')


def odoo(arguments):
    """run Odoo's own command line with what follows"""
    from . import odoo_source

    return _call(PYTHON, odoo_source.program(), *arguments.rest)


def pytest(arguments):
    """run pytest in a database; files are given relative to the repository"""
    from . import testing

    rest = [
        str(ADDON / part) if not part.startswith('-') and (REPOSITORY / part.partition('::')[0]).exists() else part
        for part in arguments.rest]
    if not any(part.startswith(str(ADDON)) for part in rest):
        rest.append(str(ADDON / 'tests'))
    return _call(*testing.pytest_command(arguments.database), *rest, cwd=ADDONS)


def python(arguments):
    """run Python with Odoo importable, from the repository's root"""
    return _call(PYTHON, *arguments.rest)


def shell(arguments):
    """run a shell command line in which odoo, psql, createdb … are those of the set-up"""
    return _call('bash', '-c', ' '.join(arguments.rest) if arguments.rest else 'exec bash')


def serve(arguments):
    """serve a database until interrupted, or for some minutes"""
    from .server import start_odoo

    with start_odoo(arguments.database, arguments.port) as server:
        progress(f"{server.url} (log: {server.log})")
        server.wait(arguments.minutes * 60)


def sandbox(arguments):
    """run the local Xero at SANDBOX_PORT (8070) until interrupted"""
    from .server import check_port

    port = os.environ.get('SANDBOX_PORT') or '8070'
    check_port(int(port), 'SANDBOX_PORT')
    return _call(PYTHON, '-m', 'sandbox', '--port', port)


def demo(arguments):
    """play the main job against the sandbox, then stay up"""
    from . import demo as story

    return story.main()


def screenshots(arguments):
    """take the guide's pictures from a running `make demo` into OUT (docs/images); PAGES names some of them, as in dev/guide_scenes.py"""
    return _call(PYTHON, '-m', 'dev.guide_scenes', cwd=REPOSITORY)


def test(arguments):
    """lint, Odoo's own runner, the upgrade test, pytest"""
    from . import testing

    return testing.main()


def lint(arguments):
    """run the checks of Python and XML that make test runs"""
    from . import testing

    return 1 if testing.lint() else 0


def upgradetest(arguments):
    """upgrade a filled database from each kept version of the add-on, and check that nothing is lost or sent twice"""
    from . import upgrading

    return upgrading.main()


def keepversion(arguments):
    """keep the version of a commit in tests/upgrade, for the upgrade test"""
    from . import kept_versions

    progress(f"Written: {kept_versions.keep(arguments.commit)}")


def bench(arguments):
    """measure the budgets; BENCH_ROWS names some of them, BENCH_QUICK=1 takes small sizes"""
    return _call(PYTHON, '-m', 'benchmarks')


def chaos(arguments):
    """kill servers, cut lines and stop Xero while documents are exported; CHAOS_SEED repeats a run"""
    return _call(PYTHON, '-m', 'benchmarks', 'chaos')


def taxes(arguments):
    """write docs/taxes.md from the tables of default taxes"""
    return _call(PYTHON, '-c', (
        "from pathlib import Path; from odoo.modules.module import initialize_sys_path; initialize_sys_path(); "
        "from dev.taxes_page import page; Path('docs/taxes.md').write_text(page())"))


def messages(arguments):
    """print the messages of the code that have no row in docs/troubleshooting, and rows without a message"""
    from .messages import differences

    found = differences()
    print('\n'.join(found) or "Each message has its row.")
    return 1 if found else 0


def translations(arguments):
    """write i18n/account_xero.pot and merge it into the translations"""
    from . import databases

    # A new one: an upgrade leaves the old texts of records that users may change.
    database = databases.named('translations')
    databases.create(database, 'account_xero')
    log = databases.run_in_shell(database, (
        "from odoo.addons.account_xero.dev.translations import write\n"
        "print('\\n'.join(['', *('translations: ' + line for line in write(env))]))"))
    databases.drop(database)
    for line in log.read_text().splitlines():
        if line.startswith('translations: '):
            progress(line.partition(': ')[2])


def clean(arguments):
    """remove what this clone has in the scratch folder, and all of it when no other clone uses it"""
    from . import databases, postgres

    others = [clone for clone in scratch.CLONE.parent.glob('*') if clone != scratch.CLONE]
    if scratch.DATA_DIR.is_dir() and (others or not postgres.is_ours()):
        postgres.ensure()
        databases.drop_all_of_this_clone()
        if not others:
            databases.drop(databases.template())
    shutil.rmtree(scratch.CLONE, ignore_errors=True)
    if others:
        progress(f"Removed this clone's part of {scratch.HOME}; another clone uses the rest.")
        return
    postgres.stop()
    scratch.remove()
    progress(f"Removed {scratch.HOME}")


def _call(*command, cwd=REPOSITORY):
    from .environment import environment

    return subprocess.run(list(map(str, command)), cwd=cwd, env=environment(), check=False).returncode


def main():
    parser = argparse.ArgumentParser(prog='python3 -m dev', description=__doc__)
    commands = parser.add_subparsers(required=True, metavar='command')

    def command(function, **arguments):
        # What takes the rest of the line takes options for others in it: none of them is ours.
        options = {'prefix_chars': '\0', 'add_help': False} if 'rest' in arguments else {}
        subparser = commands.add_parser(
            function.__name__, help=function.__doc__, description=function.__doc__, **options)
        for name, settings in arguments.items():
            subparser.add_argument(name, **settings)
        subparser.set_defaults(function=function)

    rest = {'nargs': '*'}
    command(setup)
    command(test)
    command(lint)
    command(upgradetest)
    command(keepversion, commit={})
    command(createdb, database={}, modules={'nargs': '*'})
    command(testdb, database={})
    command(dropdb, database={})
    command(upgrade, database={})
    command(odoo, rest=rest)
    command(pytest, database={}, rest=rest)
    command(python, rest=rest)
    command(shell, rest=rest)
    command(serve, database={}, port={'type': int}, minutes={'type': float, 'nargs': '?', 'default': 60})
    command(sandbox)
    command(demo)
    command(screenshots)
    command(bench)
    command(chaos)
    command(taxes)
    command(messages)
    command(translations)
    command(clean)
    arguments = parser.parse_args()

    _have_standard_input()
    # So that what is open gets closed: servers, the lease on PostgreSQL.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(arguments)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments):
    """Continue in the virtual environment, do the set-up, run the command."""
    if arguments.function is clean:
        if not PYTHON.exists():
            scratch.remove()
            return 0
    else:
        with scratch.exclusive('setup'):
            python_packages.ensure()
    if Path(sys.prefix) != scratch.VENV:
        os.execv(PYTHON, [str(PYTHON), '-m', 'dev', *sys.argv[1:]])
    from . import postgres
    from .setup import ensure_all

    try:
        if arguments.function is not clean:
            ensure_all()
        return arguments.function(arguments)
    finally:
        postgres.release()


def _have_standard_input():
    """Open the null device if we were started without one: else the next file opened would become it."""
    try:
        os.fstat(0)
    except OSError:
        os.open(os.devnull, os.O_RDONLY)


if __name__ == '__main__':
    sys.exit(main())
