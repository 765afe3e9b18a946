"""Run other programs, say what is happening, and try several ways in turn until one works."""
import os
import subprocess
import time

# In the environment, because a command continues in other processes.
_started = float(os.environ.setdefault('ACCOUNT_XERO_STARTED', str(time.time())))


class SetupError(Exception):
    """Something that a person has to fix; the message says what."""


def progress(message):
    """Print what is happening, with the seconds since this command started."""
    print(f"[{time.time() - _started:3.0f} s] {message}", flush=True)


def run(*command, **options):
    """Run a command silently and return its output.

    :raise SetupError: when it is missing or fails, with its own words
    """
    command = [str(part) for part in command]
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
            check=False, **options)
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run here: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"{command[0]} did not end within {error.timeout:.0f} seconds.") from error
    if result.returncode:
        raise SetupError(f"{' '.join(command)} failed ({result.returncode}):\n{result.stdout[-4000:]}".rstrip())
    return result.stdout


def try_in_turn(what, ways, advice):
    """Return what the first way that works returns.

    :param str what: the part that is wanted, for the messages
    :param ways: pairs of a description and a function, which raises SetupError when it does not work
    :param str advice: what a person can do when no way works
    :raise SetupError: when no way works, with the reason of each and the advice
    """
    reasons = []
    for description, way in ways:
        try:
            return way()
        except SetupError as error:
            reasons.append(f"{description}: {error}")
            progress(f"{what}: {description} did not work. {str(error).splitlines()[0]}")
    raise SetupError('\n'.join((f"There is no {what}, and no way to get it worked.", *reasons, advice)))


def install_system_packages(*packages):
    """Install Debian packages where that is allowed: as root, or by a sudo that asks nothing.

    :raise SetupError: when it is not
    """
    sudo = [] if os.geteuid() == 0 else ['sudo', '-n']
    run(*sudo, 'apt-get', 'update', '-qq')
    run(*sudo, 'env', 'DEBIAN_FRONTEND=noninteractive',
        'apt-get', 'install', '-y', '-qq', '--no-install-recommends', *packages)
