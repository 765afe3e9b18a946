"""Odoo 19 itself: the one at `ODOO_HOME`, else Debian's package unpacked, else a shallow clone of Odoo's branch 19.0."""
import os
import platform
import shutil
from pathlib import Path

from .commands import SetupError, progress, run, try_in_turn
from .scratch import HOME

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

    :raise SetupError: when ODOO_HOME holds none, or when no way to get one works
    """
    if program().is_file():
        return
    if os.environ.get('ODOO_HOME'):
        raise SetupError(f"ODOO_HOME is {root()}, but there is neither odoo-bin nor usr/bin/odoo in it.")
    building = HOME / 'odoo.part'
    obtain(building)
    building.rename(UNPACKED)


def obtain(target):
    """Get Odoo 19 into the folder `target`, in the first way that works on this machine.

    :raise SetupError: when none does, with the reason of each
    """
    try_in_turn('Odoo 19', (
        ("Debian's package", lambda: _unpack_package(target)),
        ("a clone of Odoo's branch 19.0", lambda: _clone(target)),
    ), "Get an Odoo 19 in another way, and name its folder in ODOO_HOME (a checkout with odoo-bin in it), or the file of its Debian package in ODOO_DEB.")


def _clone(target):
    shutil.rmtree(target, ignore_errors=True)
    progress("Cloning Odoo 19 (some minutes) …")
    run('git', 'clone', '--quiet', '--depth', '1', '--branch', '19.0', GIT_URL, target)


def _unpack_package(target):
    """Unpack Debian's odoo-19 and what it links to into one root; nothing is installed system-wide."""
    downloads = target.with_name('odoo.downloads')
    shutil.rmtree(target, ignore_errors=True)
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
    """Return the Debian mirror that apt uses here. Ubuntu's mirrors do not have Debian's packages."""
    for site in run('apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages').split():
        if site.rstrip('/').endswith('/debian'):
            return site
    raise SetupError("apt knows no Debian mirror here.")


def _stable():
    return platform.freedesktop_os_release().get('VERSION_CODENAME', 'stable')
