"""The base of the tours: a sandbox that the browser reaches, a person who answers on its pages, a scheduler that starts on a signal."""
import json
import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import HttpCase, common

from ...const import SLICE_SECONDS
from ...models.steps import slice
from ..common import FINANCE, HARBOUR, XeroInvoicingCase
from ..sandbox.sandbox_common import CLIENT_SECRET

SCHEDULER_SIGNAL = "Scheduled actions run from now on"
# A tour cannot run on the pages of another origin, so this script acts as the person there
PERSON = """
    addEventListener("DOMContentLoaded", () => {
        const { origin, user, tenants, decision } = %s;
        const form = document.querySelector("form");
        if (location.origin !== origin || !form) {
            return;
        }
        if (form.elements.login) {
            form.elements.user.value = user;
            form.elements.login.click();
            return;
        }
        for (const box of form.querySelectorAll("[name=tenant]")) {
            box.checked = tenants.includes(box.value);
        }
        form.querySelector(`[name=decision][value=${decision}]`).click();
    });
"""


class TourBrowser(common.ChromeBrowser):
    """The browser of a tour, with a person in front of Xero's pages and a way to start the scheduler."""

    def __init__(self, test_case, *args, **kwargs):
        super().__init__(test_case, *args, **kwargs)
        self._handlers |= dict.fromkeys(('Target.targetCreated', 'Target.targetInfoChanged'), self._note_tab)
        self._websocket_request('Target.setDiscoverTargets', params={'discover': True})
        self._websocket_request('Page.addScriptToEvaluateOnNewDocument', params={'source': PERSON % json.dumps(test_case.person)})

    def _spawn_chrome(self, cmd):
        # Without this flag, clicks of a tour open no tab
        return super()._spawn_chrome([*cmd[:1], '--disable-popup-blocking', *cmd[1:]])

    def _note_tab(self, **event):
        self.test_case.tabs.add(event['targetInfo']['url'])

    def _handle_console(self, type, args=None, **kwargs):
        if args and args[0].get('value') == SCHEDULER_SIGNAL:
            self.test_case.scheduler_may_run.set()
        super()._handle_console(type, args=args, **kwargs)


class XeroTourCase(XeroInvoicingCase, HttpCase):
    """Drives a browser that visits the sandbox, while scheduled actions run in another thread."""

    @classmethod
    def prepare(cls):
        # The browser of a test reaches only this host
        cls.app.write({'sandbox_url': cls.server.url.replace('localhost', common.HOST), 'client_secret': CLIENT_SECRET})
        super().prepare()

    @classmethod
    def _xero_company(cls):
        company = super()._xero_company()
        cls.env['ir.config_parameter'].sudo().set_param('web.base.url', cls.base_url())
        return company

    def setUp(self):
        super().setUp()
        self.scheduler_may_run = threading.Event()
        self.tabs = set()
        self.person = {'origin': self.app.sandbox_url, 'user': FINANCE, 'tenants': [HARBOUR], 'decision': 'allow'}

    def start_tour(self, url_path, tour_name, **kwargs):
        """Run a tour; what it has waited for is in `self.env` afterwards."""
        # Requests of the browser wait while a slice holds the cursor that all of a test share, so a slice is as short as in production
        with patch.object(common, 'ChromeBrowser', TourBrowser), patch.object(slice, 'SLICE_SECONDS', SLICE_SECONDS), self.scheduler():
            super().start_tour(url_path, tour_name, **kwargs)
        self.env.invalidate_all()

    @contextmanager
    def scheduler(self):
        """Run our scheduled actions when they are due, from the tour's signal to its end."""
        stopped = threading.Event()

        def run():
            while not self.scheduler_may_run.wait(0.1):
                if stopped.is_set():
                    return
            while not stopped.wait(0.2):
                self._run_due_crons()

        thread = threading.Thread(target=run, name='scheduler')
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            # It may be waiting for the database
            with common.release_test_lock():
                thread.join()

    def _run_due_crons(self):
        with Registry(common.get_db_name()).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            ours = env['xero.connection'].search([]).cron_id.ids
            for job in env['ir.cron']._get_all_ready_jobs(cr):
                if job['id'] in ours:
                    env['ir.cron'].browse(job['id']).method_direct_trigger()
            cr.commit()
