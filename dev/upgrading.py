"""The upgrade test: a database that a kept version of the add-on has filled is upgraded, and nothing is lost or sent twice.

The parts that run in Odoo's shell are in tests/upgrade: `fill.py` with the code of that version, `check.py` with today's.
"""
import sys
import time

from . import databases, kept_versions, postgres
from .commands import SetupError, progress
from .demo_people import LocalXero
from .odoo_logs import complaints
from .server import free_port

# "table.column" that an upgrade removes or rewrites on purpose → path of the script in migrations/ that does it
REWRITTEN = {
    'xero_export.left_digest': 'migrations/19.0.1.1.0/pre-name-what-is-declined.py',
    'xero_request.strangers': 'migrations/19.0.1.1.0/pre-name-what-is-declined.py',
    'xero_export.digest': 'migrations/19.0.1.1.0/post-say-what-states-mean.py',
    'xero_export.operation': 'migrations/19.0.1.1.0/post-say-what-states-mean.py',
    'xero_export.wait_code': 'migrations/19.0.1.1.0/post-say-what-states-mean.py',
    'xero_consent.from_board': 'migrations/19.0.1.2.0/pre-name-where-a-consent-began.py',
}
# Who wrote a row last, and when, is Odoo's own business
NOT_COMPARED = ('write_uid', 'write_date')
# The test is worth nothing without rows in these
FILLED = (
    'xero_app', 'xero_authorization', 'xero_connection', 'xero_contact', 'xero_export', 'xero_extra', 'xero_journal_day', 'xero_mapping', 'xero_request')
# States that an export can have
STATES = {'waiting', 'sending', 'uncertain', 'failed', 'synced', 'skipped'}


def main():
    """Run the test alone; the database of a failure stays, to be looked at. Return the exit status."""
    found = failures()
    for failure in found:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if found else 0


def failures():
    """Upgrade from each kept version. Return sentences about what is wrong."""
    versions = kept_versions.versions()
    if not versions:
        return ["tests/upgrade holds no version to upgrade from"]
    return [f"The upgrade from {version}: {failure}" for version in versions for failure in _failures_from(version)]


def _failures_from(version):
    database, started, found = databases.named('upgrade'), time.monotonic(), []
    xero = LocalXero(free_port(), LocalXero.OTHER_REDIRECT_URI, log='upgrade-sandbox.log')
    try:
        with xero.running():
            _fill(database, version, xero)
            before = _rows(database)
            found += _lacking(before)
            found += complaints(databases.install(database, 'account_xero'), "the upgrade itself")
            found += losses(before, _rows(database))
            progress(f"Upgraded from {version}: {sum(map(len, before.values()))} rows of {len(before)} tables compared. The work goes on …")
            found += complaints(_run(database, 'check', xero), "the slices after it")
    except SetupError as error:
        print(error, flush=True)
        found.append(str(error).strip().splitlines()[-1])
    if not found:
        databases.drop(database)
    progress(f"The upgrade test from {version} took {time.monotonic() - started:.0f} s.")
    return found


def _fill(database, version, xero):
    progress(f"Upgrade test: installing version {version} and filling it …")
    addons = kept_versions.unpack(version)
    databases.create(database)
    databases.install(database, 'account_xero', addons=addons)
    _run(database, 'fill', xero, addons=addons)


def _run(database, name, xero, **options):
    """Run a file of tests/upgrade in Odoo's shell. Return the path of the log."""
    code = f"import sys; sys.path.insert(0, {str(kept_versions.FOLDER)!r}); import {name}; {name}.main(env, {xero.url!r})"
    return databases.run_in_shell(database, code, **options)


# === ROWS === #

def _rows(database):
    """Return every row of the add-on's tables, and the add-on's columns of Odoo's tables.

    :return: name of a table → key of a row → name of a column → value
    """
    columns = {}
    for table, column in postgres.query("""
        SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position""", database=database):
        columns.setdefault(table, []).append(column)
    return {table: _rows_of(database, table, ours) for table, names in columns.items() if (ours := _ours(table, names))}


def _ours(table, names):
    """Return which columns of a table are the add-on's, with what identifies a row; none of a table that has nothing of the add-on."""
    if table.startswith('xero_'):
        return names
    ours = [name for name in names if name.startswith('xero_')]
    # A table between two others has no id: the row is its own key
    return ours and (['id', *ours] if 'id' in names else names)


def _rows_of(database, table, names):
    rows = postgres.query(f"""SELECT {', '.join(f'"{name}"' for name in names)} FROM "{table}" """, database=database)
    return {(row[names.index('id')] if 'id' in names else row): dict(zip(names, row)) for row in rows}


def _lacking(rows):
    """Yield what the filled database lacks."""
    for table in FILLED:
        if not rows.get(table):
            yield f"{table} is empty before it"
    states = {row['state'] for row in rows.get('xero_export', {}).values()}
    if states != STATES:
        yield f"before it exports have the states {', '.join(sorted(states))} only"


def losses(before, after):
    """Yield what an upgrade lost or changed, a sentence each; new tables, columns and rows are no loss.

    :param dict before: rows as `_rows` returns them
    :param dict after: the same, after the upgrade
    """
    for table, rows in before.items():
        left = after.get(table, {})
        kept = [key for key in rows if key in left]
        if len(kept) < len(rows):
            yield f"{len(rows) - len(kept)} of {len(rows)} rows of {table} are gone"
        for column in _compared(table, rows[kept[0]] if kept else ()):
            if column not in left[kept[0]]:
                yield f"the column {table}.{column} is gone"
                continue
            changed = [key for key in kept if left[key][column] != rows[key][column]]
            if changed:
                yield (
                    f"{table}.{column} has another value in {len(changed)} of {len(rows)} rows, such as {left[changed[0]][column]!r} instead of "
                    f"{rows[changed[0]][column]!r} in row {changed[0]}")


def _compared(table, columns):
    return [column for column in columns if column not in NOT_COMPARED and f'{table}.{column}' not in REWRITTEN]
