"""`make demo`: play the main job on a demo company against the local Xero and print it as a story. Then Odoo and Xero stay up.

Variables: ONCE=1 ends after the job (exit code 0 if every check passed), ODOO_PORT, SANDBOX_PORT, DEMO_HOURS (how long it stays up, 4).
"""
import contextlib
import fcntl
import os
import sys

import requests

from . import databases, server
from .commands import SetupError, progress
from .demo_books import SITES
from .demo_company import ADMINISTRATOR, BILLING_USER, INVOICE_ADMINS
from .demo_people import LocalXero, OdooSays
from .demo_stage import Stuck
from .demo_story import Story
from .demo_telling import Telling
from .scratch import CLONE


def main():
    """Play the demo. Return the exit code: 0 if every check passed."""
    sys.stdout.reconfigure(errors='replace')
    odoo_port, sandbox_port = _number('ODOO_PORT', 8069), _number('SANDBOX_PORT', 8070)
    hours = _number('DEMO_HOURS', 4)
    is_once = os.environ.get('ONCE', '') not in ('', '0')
    server.check_port(odoo_port, 'ODOO_PORT')
    server.check_port(sandbox_port, 'SANDBOX_PORT')
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone())
        progress("A fresh database with the add-on …")
        database = databases.named('demo')
        installed = databases.create(database, 'account_xero')
        xero = stack.enter_context(LocalXero(sandbox_port, f'http://localhost:{odoo_port}/xero/oauth/callback').running())
        progress(f"A local Xero at {xero.url}, and Odoo …")
        odoo = stack.enter_context(server.start_odoo(database, odoo_port))
        progress(f"Odoo at {odoo.url}, with scheduled actions running. Its log: {odoo.log}")
        told = Telling()
        try:
            Story(told, odoo, xero, logs=(installed, odoo.log)).tell()
        except (OdooSays, Stuck, requests.RequestException) as error:
            told.expect("The story continues", False, str(error))
        _notify_outcome(told)
        if not is_once:
            _stay_up(told, odoo, xero, hours)
    return 1 if told.broken else 0


@contextlib.contextmanager
def _alone():
    """Prevent a second demo from dropping the database of the first."""
    with open(CLONE / 'demo.lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError("A demo of this clone is running already. End it first, with Ctrl-C where it runs.") from error
        yield


def _number(variable, default):
    try:
        return int(os.environ.get(variable) or default)
    except ValueError as error:
        raise SetupError(f"{variable} has to be a whole number, not {os.environ[variable]!r}.") from error


def _notify_outcome(told):
    if not told.broken:
        print("\nEvery check passed.", flush=True)
        return
    print(f"\n{len(told.broken)} checks failed:")
    for promise in told.broken:
        print(f"  ✗ {promise.strip()}")
    sys.stdout.flush()


def _stay_up(told, odoo, xero, hours):
    told.chapter("See for yourself")
    told.table(("Log-in", "Password", "Who"), [
        (ADMINISTRATOR, ADMINISTRATOR, "administrator, and invoice admin"),
        *((login, login, "invoice admin") for login in INVOICE_ADMINS),
        (BILLING_USER, BILLING_USER, "billing user: sees, exports and resyncs documents; cannot connect or map"),
    ])
    told.say(f"Odoo: {odoo.url}")
    told.say("First: log in as billing, open Invoicing ▸ Xero ▸ Exports, press the tile Failed. Two documents show their causes.")
    told.say("Then: open any posted invoice and press the button with its Xero number. It opens the invoice in Xero.")
    for site in SITES:
        told.say(f"{site.organisation} “in Xero”: {xero.page(site.short_code)}")
    told.say(f"Odoo and the local Xero stay up for {hours} h. Ctrl-C ends them.")
    with contextlib.suppress(KeyboardInterrupt):
        odoo.wait(hours * 3600)
    print("\nThe demo ends; Odoo and the local Xero are stopped.", flush=True)
