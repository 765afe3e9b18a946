"""`python -m benchmarks`: measure the rows of `rows.py`, print them as a table, write `bench.json`. Called by `make bench`.

Each group of rows runs in a process of its own (`python -m benchmarks GROUP FILE NAMES`), with a database of its own.
`python -m benchmarks chaos` is `make chaos`.
"""
import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dev import databases, testing
from dev.commands import progress
from dev.environment import environment
from dev.scratch import ADDON, ADDONS, PYTHON, REPOSITORY

from .rows import BY_NAME, ROWS, Report

OUTPUT = REPOSITORY / 'bench.json'


def main():
    """Measure what BENCH_ROWS names, or everything. Return the exit status: 1 if a row is over its budget or was not measured."""
    wanted = (os.environ.get('BENCH_ROWS') or '').replace(',', ' ').split() or list(BY_NAME)
    if unknown := [name for name in wanted if name not in BY_NAME]:
        print(f"BENCH_ROWS: there is no {', '.join(unknown)}. There are: {', '.join(BY_NAME)}")
        return 2
    progress("A database with the add-on and a company …")
    databases.create(databases.named('bench'), 'account_xero')
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Path(folder) / 'values', wanted)
        _run('base', report)
        for group in dict.fromkeys(row.group for row in ROWS if report.wants(row.name)):
            progress(f"{group} …")
            if _run_money(report) if group == 'money' else _run(group, report):
                broken.append(group)
                progress(f"{group} ended in an error")
        rows = report.rows()
    OUTPUT.write_text(json.dumps({'rows': rows}, indent=1) + '\n')
    _print(rows)
    if os.getloadavg()[0] > os.cpu_count():
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores): even processor times are higher than on an idle one.")
    return 0 if not broken and all(row['ok'] for row in rows) else 1


def _run(group, report):
    """Measure one group in a process of its own; return its exit status."""
    command = [str(PYTHON), '-m', 'benchmarks', group, str(report.path), *report.wanted]
    return subprocess.run(command, cwd=REPOSITORY, env=environment(), check=False).returncode


def _run_money(report):
    """Run the random documents, which need Odoo's base of tests."""
    command = [*testing.pytest_command(databases.named('bench')), '--capture=no', '--quiet', str(ADDON / 'benchmarks' / 'money.py')]
    variables = {**environment(), 'BENCH_VALUES': str(report.path)}
    return subprocess.run(command, cwd=ADDONS, env=variables, check=False).returncode


def _print(rows):
    print(f"\n{'row':26}{'value':>10}{'floor':>8}  {'must be':10}")
    for row in rows:
        value = '–' if row['value'] is None else f"{row['value']:.2f}"
        floor = '' if row['floor'] is None else f"{row['floor']:g}"
        mark = '' if row['ok'] else '  ✗'
        print(f"{row['name']:26}{value:>10}{floor:>8}  {BY_NAME[row['name']].limit():10}{BY_NAME[row['name']].what}{mark}")
    sys.stdout.flush()


def _work_in_odoo(what, *arguments):
    """Do in this process what needs Odoo: `base`, `chaos`, or measure a group, whose arguments are the report's."""
    from odoo.tools import config

    # Queries that meet those of a server are tried again
    config.parse_config(['--no-http', '--log-level=warn', '--log-handler=odoo.sql_db:CRITICAL'], setup_logging=True)
    if what == 'base':
        importlib.import_module('.stage', __package__).prepare()
    elif what == 'chaos':
        return importlib.import_module('.chaos', __package__).main()
    else:
        path, *names = arguments
        importlib.import_module(f'.{what}', __package__).measure(Report(path, names))
    return 0


if __name__ == '__main__':
    sys.exit(_work_in_odoo(*sys.argv[1:]) if len(sys.argv) > 1 else main())
