from odoo.tests import tagged

from .item_common import ITEMS, XeroItemCase


@tagged('post_install', '-at_install')
class TestItemFaults(XeroItemCase):
    """Whatever becomes of an item, it exists once, and its documents arrive."""

    def fault(self, kind, path='/Items', method='PUT', **values):
        self.sandbox.faults.order(kind=kind, method=method, path=path, **values)

    def later(self, seconds, times=4):
        self.sandbox.clock.advance(seconds)
        for _time in range(times):
            self.let_time_pass(seconds=seconds)
            self.run_slice(self.connection)

    def test_a_lost_answer_creates_no_second_item(self):
        for kind in ('drop_after', '500_after', 'drop_before', '500_before'):
            for seconds in (60, 420):
                with self.subTest(kind=kind, seconds=seconds):
                    code = f'{kind} {seconds}'
                    self.fault(kind)
                    move = self.sell(self.new_product(code))
                    self.later(seconds)
                    self.assertEqual(self.codes_of(move), [code])
                    self.assertEqual([held for held in self.items() if held.lower() == code.lower()], [code])

    def test_items_that_fail_for_good_do_not_stop_documents(self):
        self.fault('500_before', times=50)
        move = self.sell(self.beans)
        self.later(60)
        self.sandbox.faults.clear()
        self.later(60)
        self.assert_once(move)
        self.assertFalse(self.env['xero.export'].search([('state', 'in', ('failed', 'uncertain', 'sending'))]))

    def test_code_that_was_created_in_xero_meanwhile(self):
        self.add_item('beans')
        self.assertEqual(self.codes_of(self.sell(self.beans)), ['beans'])
        self.assertEqual((len(self.creations()), len(self.items())), (1, 1))
        self.assertEqual(len(self.calls('GET', ITEMS)), 2, "the reading of the preparation, and one after the refusal")

    def test_item_that_xero_refuses_is_tried_again_only_after_the_next_reading(self):
        archived = self.add_item('BEANS')
        self.hide(archived)
        moves = self.sell(self.beans) | self.sell(self.beans)
        for move in moves:
            self.assertEqual(self.codes_of(move), [None])
        self.assertEqual(len(self.creations()), 1)
        self.assertIn("already exists", self.beans.xero_item_text)
        self.assertFalse(moves.xero_export_ids.filtered('message'))
        self.unhide(archived)
        self.read_items()
        self.assertEqual(self.codes_of(self.sell(self.beans)), ['BEANS'])

    def hide(self, item):
        """Let an item be taken, but not listed."""
        item['_hidden'] = True

    def unhide(self, item):
        del item['_hidden']

    def test_one_refused_item_does_not_stop_its_neighbours(self):
        self.hide(self.add_item('BEANS'))
        move = self.sell(self.beans, self.new_product("GOOD"))
        self.assertEqual(self.codes_of(move), [None, 'GOOD'])

    def test_item_that_was_archived_meanwhile(self):
        self.assertEqual(self.codes_of(self.sell(self.beans)), ['BEANS'])
        self.items()['BEANS']['_archived'] = True
        moves = self.documents(3, 'out_invoice', {'product_id': self.beans.id}, {'product_id': self.new_product("GOOD").id})
        self.run_slice(self.connection, 3)
        for move in moves:
            self.assertEqual(self.codes_of(move), [None, 'GOOD'])
        self.assertIn("Xero refused it", self.beans.xero_item_text)
        self.assertEqual(self.codes_of(self.sell(self.beans)), [None], "not refused a second time")

    def test_item_that_was_deleted_meanwhile_is_created_again(self):
        self.sell(self.beans)
        self.sandbox.organisations[self.connection.tenant_id].items.clear()
        move = self.sell(self.beans)
        self.run_slice(self.connection)
        self.assertEqual(self.codes_of(move), ['BEANS'])

    def test_item_whose_stock_xero_keeps_since_then(self):
        self.sell(self.beans)
        self.items()['BEANS']['IsTrackedAsInventory'] = True
        move = self.sell(self.beans)
        self.assertEqual(self.codes_of(move), [None])
        self.assertIn("keeps the stock", self.beans.xero_item_text)

    def test_the_whole_body_refused(self):
        self.fault('status', status=400, times=20)
        move = self.sell(self.beans, self.new_product("GOOD"))
        self.run_slice(self.connection, 6)
        self.assertEqual(self.codes_of(move), [None, None])

    def test_list_that_cannot_be_read(self):
        self.connection.reference_read_at = {name: at for name, at in self.connection.reference_read_at.items() if name != 'items'}
        self.fault('status', method='GET', status=404, times=50)
        with self.assertLogs('odoo.addons.account_xero.models.reference.reader', 'WARNING'):
            move = self.sell(self.new_product("NEW"))
        self.assert_once(move)
