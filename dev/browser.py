"""A browser for the browser tests and the screenshots.

On Linux Odoo's tests take the first of `NAMES` on PATH, on macOS the first of `APPLICATIONS`, and they skip when it is missing. A browser
that Odoo would not find, or one behind a name that does not start, gets a wrapper in the scratch folder, which comes first on PATH.
"""
import os
import platform
import shlex
import shutil
import sys
from pathlib import Path

from .commands import SetupError, install_system_packages, progress, run, try_in_turn
from .scratch import HOME

NAMES = ('google-chrome', 'chromium', 'chromium-browser', 'google-chrome-stable')
OTHER_NAMES = ('chrome', 'microsoft-edge', 'microsoft-edge-stable')
APPLICATIONS = (
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
)
FOLDER = HOME / 'browser'
# Ships the program itself, compressed with Brotli, for Linux on x86-64; most packages only download one when they are installed.
NPM_PACKAGE = '@sparticuz/chromium@153.0.0'
DECOMPRESS = """
const fs = require('fs'), zlib = require('zlib'), [source, target] = process.argv.slice(1);
require('stream').pipeline(fs.createReadStream(source), zlib.createBrotliDecompress(), fs.createWriteStream(target), error => {
    if (error) { console.error(error.message); process.exit(1); }
});
"""
SECONDS_TO_START = 60


def tools_path():
    """Folders to search for the browser before those of PATH."""
    return [str(FOLDER / 'bin')] if _wrapper().exists() else []


def find():
    """Return the path of the browser that Odoo's tests find, or None."""
    if sys.platform == 'darwin':
        return next(filter(os.path.exists, APPLICATIONS), None)
    path = os.pathsep.join((*tools_path(), os.environ['PATH']))
    return next(filter(None, (shutil.which(name, path=path) for name in NAMES)), None)


def ensure():
    """Have a browser that starts. Without one everything works but what needs it: those tests skip, and with CI=true the run fails."""
    if (found := find()) and _starts(found):
        return
    try:
        obtain()
    except SetupError as error:
        progress(f"Browser tests and screenshots cannot run.\n{error}")


def obtain():
    """Make a browser available to Odoo's tests, in the first way that works on this machine.

    :raise SetupError: when none does, with the reason of each
    """
    ways = [("a Chromium, Chrome or Edge on this machine", _take_installed)]
    if sys.platform != 'darwin':
        ways += [("the Chromium package of the system", _install_package), ("the Chromium of an npm package", _unpack_npm_package)]
    try_in_turn('browser', ways, (
        "Install Google Chrome or Chromium in /Applications, and start again." if sys.platform == 'darwin' else
        f"Install Chromium, Google Chrome or Microsoft Edge so that one of these names is on PATH, and start again: {', '.join(NAMES + OTHER_NAMES)}."))


def _take_installed():
    if sys.platform == 'darwin':
        candidates = filter(os.path.exists, APPLICATIONS)
    else:
        candidates = filter(None, map(shutil.which, NAMES + OTHER_NAMES))
    for candidate in candidates:
        if _starts(candidate):
            _wrapper().unlink(missing_ok=True)
            if find() != candidate:
                _wrap(candidate)
            return
    raise SetupError("none is installed, or none starts.")


def _install_package():
    progress("Installing Chromium …")
    install_system_packages('chromium', 'fonts-liberation')
    _take_installed()


def _unpack_npm_package():
    if platform.machine() not in ('x86_64', 'amd64'):
        raise SetupError(f"{NPM_PACKAGE} is for x86-64 alone, and this is {platform.machine()}.")
    progress("Downloading Chromium from npm (70 MB) …")
    part = HOME / 'browser.part'
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    run('npm', 'pack', '--silent', NPM_PACKAGE, cwd=part)
    run('tar', '-xzf', next(part.glob('*.tgz')), cwd=part)
    packed, program = part / 'package' / 'bin', part / 'program'
    program.mkdir()
    for name in ('chromium', 'al2023.tar', 'swiftshader.tar', 'fonts.tar'):
        run('node', '-e', DECOMPRESS, packed / f'{name}.br', program / name)
        if name.endswith('.tar'):
            run('tar', '-xf', name, cwd=program)
            (program / name).unlink()
    (program / 'chromium').chmod(0o755)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    program.rename(FOLDER / 'program')
    shutil.rmtree(part)
    program = FOLDER / 'program'
    variables = {'LD_LIBRARY_PATH': program / 'lib'}
    if not Path('/etc/fonts').exists():
        settings = program / 'fonts.conf'
        settings.write_text(settings.read_text().replace('/tmp/fonts', str(program / 'fonts')))
        variables['FONTCONFIG_FILE'] = settings
    _wrap(program / 'chromium', **variables)
    if not _starts(_wrapper()):
        _wrapper().unlink()
        raise SetupError(f"the program of {NPM_PACKAGE} does not start here.")


def _starts(program):
    """Return whether a program runs: Ubuntu's chromium-browser, for one, only says that a snap is missing."""
    try:
        run(program, '--version', timeout=SECONDS_TO_START)
    except SetupError:
        return False
    return True


def _wrapper():
    return FOLDER / 'bin' / NAMES[0]


def _wrap(program, **variables):
    """Make the wrapper. A link would not do: browsers that are scripts look at the name under which they are called."""
    _wrapper().parent.mkdir(parents=True, exist_ok=True)
    settings = ''.join(f'export {name}={shlex.quote(str(value))}\n' for name, value in variables.items())
    _wrapper().write_text(f'#!/bin/sh\n{settings}exec {shlex.quote(str(program))} "$@"\n')
    _wrapper().chmod(0o755)
