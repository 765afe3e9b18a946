import json
from unittest.mock import patch

from odoo.addons.account_xero.models.kinds.build import build
from odoo.addons.account_xero.models.steps.sender import Sender
from odoo.addons.account_xero.models.steps.slice import Slice
from odoo.tests import tagged

from .export_common import XeroExportCase


@tagged('post_install', '-at_install')
class TestExportBatches(XeroExportCase):
    """Several requests are prepared together and sent one after the other."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.document()
        cls.run_slice(cls.connection)     # so that the contact is known

    def setUp(self):
        super().setUp()
        self.enterContext(patch('odoo.addons.account_xero.models.export.xero_export.BATCH_DOCUMENTS', 2))

    def sizes(self):
        return [len(json.loads(call['body'])['Invoices']) for call in self.calls('PUT', '/api.xro/2.0/Invoices')]

    def test_as_many_in_a_request_as_xero_advises(self):
        moves = self.documents(21)
        current = Slice(self.connection)
        current._go_to_xero()
        self.assertEqual(len(self.env['xero.step.send']._next_batch(current)), 20)
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assert_once(moves)
        self.assertEqual(self.sizes(), [2] * 10 + [1])

    def test_one_that_xero_refuses_does_not_stop_the_next_request(self):
        moves = self.documents(5)
        self.sandbox.faults.order(kind='status', status=413, method='PUT', path='/Invoices', times=1)
        self.run_slice(self.connection)
        self.assert_once(moves)

    def test_a_limit_between_two_requests_leaves_the_rest_waiting(self):
        moves = self.documents(4)
        self.sandbox.faults.order(kind='429_minute', method='PUT', path='/Invoices', skip=1, retry_after=30)
        self.run_slice(self.connection)
        self.assertEqual(self.states(moves), ['synced', 'synced', 'waiting', 'waiting'])
        self.let_time_pass(minutes=1)
        self.run_slice(self.connection)
        self.assert_once(moves)

    def test_what_happened_since_it_was_prepared_counts(self):
        """A document that was changed is sent as it is now; a skipped one is not sent."""
        moves = self.documents(3)
        exports = moves.xero_export_ids.sorted('id')
        built = build(exports)
        moves[0].button_draft()
        moves[0].invoice_line_ids.price_unit = 70
        moves[0].action_post()
        exports[1]._skip("Not ours")
        self.assertEqual([one.export for one in Sender(Slice(self.connection)).without_changed(built)], [exports[2]])
        self.run_slice(self.connection)
        self.assert_once(moves[0] + moves[2])
        self.assertEqual(exports[1].state, 'skipped')
