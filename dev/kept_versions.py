"""Versions of the add-on from which people upgrade, kept as archives of what Odoo needs to install them."""
import ast
import io
import lzma
import shutil
import tarfile

from .commands import SetupError, run
from .scratch import CLONE, REPOSITORY

FOLDER = REPOSITORY / 'tests' / 'upgrade'
ARCHIVE = 'account_xero.tar.xz'
# What no installation reads
LEFT_OUT = ('benchmarks', 'dev', 'docs', 'migrations', 'sandbox', 'tests', 'static/tests', 'static/description')


def versions():
    """Return the kept versions, oldest first."""
    found = (path.parent.name for path in FOLDER.glob(f'*/{ARCHIVE}'))
    return sorted(found, key=lambda version: [int(part) for part in version.split('.')])


def keep(commit):
    """Write the archive of the version that a commit has. The same commit gives the same bytes.

    :param str commit: any name that git knows
    :return: the path of the archive
    :raise SetupError: when git does not know the commit
    """
    manifest = ast.literal_eval(run('git', 'show', f'{commit}:__manifest__.py', cwd=REPOSITORY))
    files = run('git', 'ls-tree', '-r', '--name-only', commit, cwd=REPOSITORY).split('\n')
    archive = FOLDER / manifest['version'] / ARCHIVE
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(lzma.compress(_packed(commit, sorted(filter(_is_installed, files))), preset=9 | lzma.PRESET_EXTREME))
    return archive


def _is_installed(path):
    """Return whether Odoo reads a file of the add-on when it installs it."""
    if '/' not in path:
        return path.endswith('.py')
    return not path.startswith(('.', *(f'{folder}/' for folder in LEFT_OUT)))


def _packed(commit, paths):
    """Return a tar file of some files of a commit, without anything of the machine and the time it is made at."""
    packed, unpacked = io.BytesIO(), CLONE / 'versions' / 'commit.tar'
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    run('git', 'archive', '--format=tar', f'--output={unpacked}', commit, *paths, cwd=REPOSITORY)
    with tarfile.open(unpacked) as source, tarfile.open(fileobj=packed, mode='w', format=tarfile.USTAR_FORMAT) as target:
        for path in paths:
            content = source.extractfile(path).read()
            member = tarfile.TarInfo(path)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    unpacked.unlink()
    return packed.getvalue()


def unpack(version):
    """Return a folder of add-ons with a kept version in it, outside the repository.

    :param str version: one of `versions()`
    :raise SetupError: when its archive cannot be read
    """
    addons = CLONE / 'versions' / version
    shutil.rmtree(addons, ignore_errors=True)
    archive = FOLDER / version / ARCHIVE
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                path = addons / 'account_xero' / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(packed.extractfile(member).read())
    except (OSError, tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise SetupError(f"{archive} cannot be read: {error}") from error
    return addons
