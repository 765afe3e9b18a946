"""Odoo 19 itself: the one at `ODOO_HOME`, else Debian's package unpacked, else a shallow clone of branch 19.0."""
import os
import shutil
import subprocess
from pathlib import Path

from .environment import HOME, SetupError, progress, run

UNPACKED = HOME / 'odoo'
GIT_URL = 'https://github.com/odoo/odoo'
# What the package's symlinks point at, from the same release …
COMPANIONS = (
    'libjs-jquery', 'libjs-jquery-form', 'libjs-underscore', 'fonts-montserrat', 'fonts-roboto-unhinted',
    'fonts-inconsolata', 'fonts-ocr-b',
)
# … and from stable: unstable's version 7 has other file names.
STABLE_COMPANION = 'fonts-font-awesome'


def root():
    """The folder of Odoo, in one of two layouts: a checkout (odoo-bin) or an unpacked package (usr/bin/odoo)."""
    return Path(os.environ.get('ODOO_HOME') or UNPACKED).absolute()


def _is_checkout():
    return (root() / 'odoo-bin').is_file()


def python_path():
    return root() if _is_checkout() else root() / 'usr' / 'lib' / 'python3' / 'dist-packages'


def program():
    return root() / ('odoo-bin' if _is_checkout() else 'usr/bin/odoo')


def addons_folders():
    """Folders of add-ons besides Odoo's own `odoo/addons`, which needs no mention."""
    return [root() / 'addons'] if _is_checkout() else []


def identity():
    """A text that differs when another Odoo is used, for what is derived from it."""
    release = python_path() / 'odoo' / 'release.py'
    return f'{root()} {release.stat().st_mtime_ns}'


def ensure():
    """Have a runnable Odoo at `root()`.

    :raise SetupError: when ODOO_HOME holds none, or when neither apt nor git can get one
    """
    if program().is_file():
        return
    if os.environ.get('ODOO_HOME'):
        raise SetupError(f"ODOO_HOME is {root()}, but there is neither odoo-bin nor usr/bin/odoo in it.")
    building = HOME / 'odoo.part'
    shutil.rmtree(building, ignore_errors=True)
    if shutil.which('dpkg') and shutil.which('apt-get') and Path('/etc/debian_version').exists():
        _unpack_package(building)
    else:
        progress("Cloning Odoo 19 (some minutes) …")
        run('git', 'clone', '--quiet', '--depth', '1', '--branch', '19.0', GIT_URL, building)
    building.rename(UNPACKED)


def _unpack_package(target):
    """Unpack Debian's odoo-19 and what it links to into one root; nothing is installed system-wide."""
    downloads = HOME / 'odoo.downloads'
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir(parents=True)
    apt_get = _private_apt(downloads)
    package_file = os.environ.get('ODOO_DEB')
    progress("Downloading Odoo 19 from Debian unstable (130 MB) …")
    wanted = [f'{name}/sid' for name in (*COMPANIONS, *(() if package_file else ('odoo-19',)))]
    run(*apt_get, 'download', *wanted, f'{STABLE_COMPANION}/{_stable()}', cwd=downloads)
    progress("Unpacking Odoo 19 …")
    target.mkdir()
    for archive in (*downloads.glob('*.deb'), *filter(None, [package_file])):
        run('dpkg', '-x', archive, target)
    # The package leaves this library out, and the browser then stops at the missing file.
    missing = target / ('usr/lib/python3/dist-packages/odoo/addons/'
                        'mail/static/lib/selfie_segmentation/selfie_segmentation.js')
    missing.parent.mkdir(parents=True, exist_ok=True)
    missing.touch()
    shutil.rmtree(downloads)


def _private_apt(folder):
    """An apt-get that knows sid and stable, and whose state is all in `folder`."""
    for name in ('state/lists/partial', 'cache/archives/partial'):
        (folder / name).mkdir(parents=True)
    (folder / 'status').touch()
    mirror = _mirror()
    (folder / 'sources.list').write_text(f'deb {mirror} sid main\ndeb {mirror} {_stable()} main\n')
    apt_get = ['apt-get', '-qq']
    for option in (
        f'Dir::State={folder}/state', f'Dir::State::status={folder}/status', f'Dir::Cache={folder}/cache',
        f'Dir::Etc::sourcelist={folder}/sources.list', 'Dir::Etc::sourceparts=/dev/null',
        'APT::Sandbox::User=', 'Acquire::Languages=none',
    ):
        apt_get += ['-o', option]
    run(*apt_get, 'update')
    return apt_get


def _mirror():
    sites = subprocess.run(
        ['apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages'],
        capture_output=True, text=True, check=True).stdout.split()
    for site in sites:
        if site.rstrip('/').endswith('/debian'):
            return site
    raise SetupError(
        "apt knows no Debian mirror here. Name an Odoo 19 checkout in ODOO_HOME.")


def _stable():
    release = dict(
        line.split('=', 1) for line in Path('/etc/os-release').read_text().splitlines() if '=' in line)
    return release.get('VERSION_CODENAME', 'stable').strip('"')
