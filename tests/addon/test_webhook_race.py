"""Requests at the same time, in transactions that are committed."""
import threading
import uuid
from unittest.mock import patch

from werkzeug.exceptions import ServiceUnavailable

from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import tagged

from ...models.feeds import xero_webhook_event
from ...tools.xero_webhook import Event
from .race_common import RaceCase

TENANT = '11111111-2222-3333-4444-666666666666'
RESOURCE = '11111111-aaaa-bbbb-cccc-666666666666'
THREADS, TIMES = 6, 10


@tagged('post_install', '-at_install')
class TestWebhookRace(RaceCase):

    def setUp(self):
        # Odoo's own runner holds the lock while tests run, and the threads need the registry too
        self.enterContext(patch.object(Registry, '_lock', DummyRLock()))
        super().setUp()

    def prepare(self, env):
        env['xero.connection'].browse(self.connection_id).write({'tenant_id': TENANT, 'status': 'paused'})

    def store(self, *events, ignored=0):
        with self.transaction() as env:
            env['xero.webhook.event']._store(env['xero.connection'].browse(self.connection_id).app_id, list(events), ignored)

    def rows(self):
        with self.transaction() as env:
            return {row.resource_id: row.events for row in env['xero.webhook.event'].search([('connection_id', '=', self.connection_id)])}

    def at_once(self, work):
        errors, start = [], threading.Barrier(THREADS)

        def run():
            start.wait()
            try:
                for _time in range(TIMES):
                    work()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run) for _number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertFalse(errors)

    def test_the_same_document(self):
        """No event is lost, and no request fails or waits for a repetition by Odoo, which would take seconds."""
        self.at_once(lambda: self.store(Event(TENANT, 'INVOICE', RESOURCE, None)))
        self.assertEqual(self.rows(), {RESOURCE: THREADS * TIMES})
        with self.transaction() as env:
            hours = env['xero.webhook.hour'].search([('connection_id', '=', self.connection_id)])
            self.assertEqual(sum(hours.mapped('events')), THREADS * TIMES)

    def test_several_documents_in_any_order(self):
        resources = [str(uuid.uuid4()) for _number in range(20)]
        turns = iter(range(1000))

        def some():
            turn = next(turns) % 20
            self.store(*(Event(TENANT, 'INVOICE', resource, None) for resource in resources[turn:] + resources[:turn]))

        self.at_once(some)
        self.assertEqual(self.rows(), dict.fromkeys(resources, THREADS * TIMES))

    def test_while_the_connection_is_written(self):
        """A slice writes the connection's row, to which events refer."""
        with self.transaction() as env:
            env['xero.connection'].browse(self.connection_id).name = "Written"
            env.flush_all()
            self.store(Event(TENANT, 'INVOICE', RESOURCE, None))
            env.cr.commit()
        self.assertEqual(self.rows(), {RESOURCE: 1})

    def test_nothing_is_stored_in_time(self):
        """Xero gets its answer in time and sends the events again; an error of the database would make Odoo repeat the request with waits."""
        self.store(Event(TENANT, 'INVOICE', RESOURCE, None))
        errors = []

        def store():
            try:
                self.store(Event(TENANT, 'INVOICE', RESOURCE, None))
            except Exception as error:
                errors.append(error)

        with patch.object(xero_webhook_event, 'STORING', -1), self.assertLogs(xero_webhook_event.__name__, 'WARNING'), self.transaction() as env:
            env.cr.execute("UPDATE xero_webhook_event SET events = 1 WHERE connection_id = %s", [self.connection_id])
            thread = threading.Thread(target=store)
            thread.start()
            thread.join(0.5)
            env.cr.commit()
            thread.join()
        self.assertEqual([type(error) for error in errors], [ServiceUnavailable])
        self.assertEqual(self.rows(), {RESOURCE: 1})

    def test_while_a_slice_forgets_the_row(self):
        self.store(Event(TENANT, 'INVOICE', RESOURCE, None))
        with self.transaction() as env:
            [row] = env['xero.webhook.event'].search([('connection_id', '=', self.connection_id)])
            row._forget({row.id: 1})
            thread = threading.Thread(target=self.store, args=[Event(TENANT, 'INVOICE', RESOURCE, None)])
            thread.start()
            thread.join(0.2)
            self.assertTrue(thread.is_alive(), "it waits for the row")
            env.cr.commit()
        thread.join()
        self.assertEqual(self.rows(), {RESOURCE: 1}, "the event that came meanwhile waits for the next slice")
