"""The pictures of the guide and of the Apps page: which person looks at what in a running `make demo`."""
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import requests
from PIL import Image

from . import databases, guide_stages, screenshots
from .demo_company import ADMINISTRATOR, INVOICE_ADMINS
from .demo_people import Person
from .scratch import REPOSITORY

DESK, PHONE = screenshots.SCREENS
# Presses the first element of a selector, and waits until it is there.
PRESS = """(async () => {
    for (let tries = 0; tries < 50; tries++) {
        const element = document.querySelector(%r);
        if (element) { element.click(); return true; }
        await new Promise((done) => setTimeout(done, 100));
    }
})()"""
HIDE = "document.head.insertAdjacentHTML('beforeend', '<style>.o_notification_manager { display: none }</style>');"


@dataclass
class Scene:
    """A page as one person sees it.

    :param name: of the picture's file, before the size of the screen.
    :param path: of the page; `{id}` is the identifier of the first record of `model` in `domain`.
    :param stage: of `guide_stages`, which makes what is shown; `{id}` is what it gives.
    :param press: selector of what is pressed before the picture is taken, or several.
    :param screens: keys of `screenshots.SCREENS`.
    """
    name: str
    path: str
    model: str = ''
    domain: tuple = ()
    login: str = INVOICE_ADMINS[0]
    stage: Callable | None = None
    press: str | tuple = ()
    screens: tuple = (DESK,)


# Which pictures the Apps page shows, by the names that it gives them
APPS_PAGE = {'invoice': 'invoice', 'exports': 'exports', 'mapping': 'mapping', 'sync-status': 'sync_status'}
DESCRIPTION = REPOSITORY / 'static' / 'description'
BANNER = REPOSITORY / 'dev' / 'banner.html'
BANNER_SIZE = (1120, 560, False)
SALES = ('move_type', '=', 'out_invoice')
SCENES = (
    Scene('set-up', '/odoo/xero-set-up'),
    Scene('app', '/odoo/xero-apps/{id}', 'xero.app', login=ADMINISTRATOR),
    Scene('review', '/odoo/action-account_xero.xero_consent_action/{id}', login=ADMINISTRATOR, stage=guide_stages.review),
    Scene('connection', '/odoo/xero-connections/{id}', 'xero.connection', (('status', '=', 'connected'),)),
    Scene('connections', '/odoo/xero-connections'),
    Scene('mapping', '/odoo/xero-mapping'),
    Scene('invoice', '/odoo/customer-invoices/{id}', 'account.move', (('xero_state', '=', 'synced'), SALES), screens=(DESK, PHONE)),
    Scene('invoice-failed', '/odoo/customer-invoices/{id}', 'account.move', (('xero_state', '=', 'failed'), SALES)),
    Scene('exports', '/odoo/xero-exports', press='.o_facet_remove', screens=(DESK, PHONE)),
    Scene('failed', '/odoo/xero-exports', press='.o_xero_tile[data-filter=failed]'),
    Scene('export', '/odoo/xero-exports/{id}', 'xero.export', (('state', '=', 'failed'),)),
    Scene('check', '/odoo/xero.check/{id}', stage=guide_stages.check),
    Scene('difference', '/odoo/xero-differences/{id}', 'xero.difference'),
    Scene('certificate', '/odoo/xero-certificates/{id}', stage=guide_stages.certificate),
    Scene('post-day', '/odoo/xero-exports', stage=guide_stages.day_with_problems, press=(
        '.o_menu_sections [data-menu-xmlid="account_xero.xero_menu_root"]', '[data-menu-xmlid="account_xero.xero_post_day_menu"]',
        '.modal button[name=action_post]')),
    Scene('first-sync', '/odoo/xero-first-syncs/{id}', stage=guide_stages.first_sync),
    Scene('reauthentication', '/odoo/xero-connections', stage=guide_stages.lost_access),
    Scene('payments', '/odoo/xero-payments'),
    Scene('item', '/odoo/action-product.product_template_action_all/{id}', login=ADMINISTRATOR, stage=guide_stages.item),
    Scene('sync-status', '/odoo/xero-sync-status'),
)


def take(url, database, folder, names=()):
    """Take the pictures, and print their paths.

    :param names: of scenes; empty for all.
    :return: whether every page came to rest and reported no error.
    """
    people, is_fine = {}, True
    for scene in SCENES:
        if names and scene.name not in names:
            continue
        if scene.login not in people:
            people[scene.login] = Person(url, database, scene.login)
        person = people[scene.login]
        found = person.find(scene.model, list(scene.domain), 'id', order='id', limit=1) if scene.model else [{'id': ''}]
        if not found:
            print(f"{scene.name}: there is no {scene.model} that fits", file=sys.stderr)
            is_fine = False
            continue
        with scene.stage(person) if scene.stage else nullcontext(found[0]['id']) as record_id:
            is_fine &= screenshots.take_pictures(
                url, [f"{scene.name}={scene.path.format(id=record_id)}"], folder, person.session.cookies['session_id'],
                _script(scene.press), scene.screens)
        for screen in scene.screens:
            shrink(folder / f'{scene.name}-{screen}.png')
    return is_fine


def _script(press):
    """Return the JavaScript that presses something after something else, and hides what the server told the person about other things."""
    selectors = [press] if isinstance(press, str) and press else press
    return ''.join(['(async () => {', HIDE, *(f'await {PRESS % selector};' for selector in selectors), '})()'])


def shrink(path):
    """Store a picture with 256 colours, which is enough for screens and a third of the size."""
    with Image.open(path) as picture:
        picture.convert('RGB').quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def illustrate_apps_page(folder):
    """Copy the pictures of the Apps page from the guide's, and make its banner."""
    for name, wanted in APPS_PAGE.items():
        shutil.copyfile(folder / f'{name}-{DESK}.png', DESCRIPTION / f'{wanted}.png')
    with tempfile.TemporaryDirectory() as scratch, screenshots.Browser() as browser:
        page = Path(scratch, 'banner.html')
        page.write_text(BANNER.read_text().replace('PICTURE', (DESCRIPTION / 'invoice.png').as_uri()))
        browser.resize(*BANNER_SIZE)
        browser.open(page.as_uri())
        browser.wait_until_quiet()
        browser.save_picture(DESCRIPTION / 'banner.png')
    shrink(DESCRIPTION / 'banner.png')


def main():
    """Take the pictures that the variables `PAGES`, `OUT`, `DB`, `ODOO_URL` and `ODOO_PORT` ask for; return the exit status.

    All pictures in their own place (neither `PAGES` nor `OUT`) are also those of the Apps page.
    """
    url = os.environ.get('ODOO_URL') or f"http://localhost:{os.environ.get('ODOO_PORT') or 8069}"
    folder, names = os.environ.get('OUT'), os.environ.get('PAGES', '').split()
    is_own_place, folder = not (folder or names), Path(folder or REPOSITORY / 'docs' / 'images')
    try:
        is_fine = take(url, os.environ.get('DB') or databases.named('demo'), folder, names)
    except requests.ConnectionError:
        sys.exit(f"Nothing answers at {url}. Start `make demo` first, or name another one.")
    if is_own_place and is_fine:
        illustrate_apps_page(folder)
    return 0 if is_fine else 1


if __name__ == '__main__':
    sys.exit(main())
