"""Commands: python3 -m dev <command>, from the repository's root."""
import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from . import environment
from .environment import ADDON, ADDONS, PYTHON, REPOSITORY, SetupError, ensure_all, ensure_python


def setup(arguments):
    """do all set-up and print where things are"""
    environment.progress(f"Ready in {environment.HOME}")


def createdb(arguments):
    """make a database anew (a copy of the template) and install modules in it"""
    from . import databases

    databases.create(arguments.database, *(arguments.modules or ['account_xero']))


def dropdb(arguments):
    """drop a database and its file store"""
    from . import databases

    databases.drop(arguments.database)


def upgrade(arguments):
    """upgrade the add-on in a database"""
    from . import databases

    databases.install(arguments.database, 'account_xero')


def odoo(arguments):
    """run Odoo's own command line with what follows"""
    from . import odoo_source

    return _call(PYTHON, odoo_source.program(), *arguments.rest)


def pytest(arguments):
    """run pytest in a database; files are given relative to the repository"""
    paths = [ADDON / part if (REPOSITORY / part.partition('::')[0]).exists() and not part.startswith('-') else part
             for part in arguments.rest]
    return _call(
        PYTHON, '-m', 'pytest', f'--rootdir={ADDONS}', '-c', ADDON / 'pyproject.toml',
        '--odoo-http', f'--odoo-database={arguments.database}', *(paths or [ADDON / 'tests']), cwd=ADDONS)


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
        environment.progress(f"{server.url} (log: {server.log})")
        server.wait(arguments.minutes * 60)


def test(arguments):
    """lint, Odoo's own runner, pytest"""
    from . import testing

    return testing.main()


def _call(*command, cwd=REPOSITORY):
    return subprocess.run(list(map(str, command)), cwd=cwd, env=environment.environment(), check=False).returncode


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
    command(createdb, database={}, modules={'nargs': '*'})
    command(dropdb, database={})
    command(upgrade, database={})
    command(odoo, rest=rest)
    command(pytest, database={}, rest=rest)
    command(python, rest=rest)
    command(shell, rest=rest)
    command(serve, database={}, port={'type': int}, minutes={'type': float, 'nargs': '?', 'default': 60})
    arguments = parser.parse_args()

    try:
        with environment.exclusive('setup'):
            ensure_python()
        if Path(sys.prefix) != environment.VENV:
            os.execv(PYTHON, [str(PYTHON), '-m', 'dev', *sys.argv[1:]])
        # So that what is open gets closed: servers, the lease on PostgreSQL.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        from . import postgres

        try:
            ensure_all()
            return arguments.function(arguments)
        finally:
            postgres.release()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
