from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.reference.xero_item import REFERENCE_KEY
from ..common import HARBOUR, HINTERLAND
from .companies_common import CompaniesCase
from .item_common import ITEMS, XeroItemCase
from .payload_common import XeroPayloadCase

SETTINGS = 'accounting.settings'


@tagged('post_install', '-at_install')
class TestItemsOff(XeroPayloadCase):
    """Without the policy, nothing is different."""

    def test_no_call_no_scope_no_code(self):
        product = self.env['product.product'].create({'name': "Beans", 'default_code': 'BEANS'})
        self.assertNotIn(SETTINGS, self.connection._wanted_scopes())
        [line] = self.lines_sent(self.document('out_invoice', {'product_id': product.id}))
        self.assertNotIn('ItemCode', line)
        self.assertFalse(self.calls(path=ITEMS))
        self.assertFalse(product.xero_item_text)

    def test_switched_on_it_reads_at_once_and_resends_nothing(self):
        product = self.env['product.product'].create({'name': "Beans", 'default_code': 'BEANS'})
        move = self.document('out_invoice', {'product_id': product.id})
        export = self.sync(move)
        self.sandbox.requests.clear()
        self.connection.sends_item_codes = True
        self.assertIn(SETTINGS, self.connection._missing_scopes())
        self.assertTrue(self.connection.needs_item_consent)
        self.assertEqual(self.connection.missing_scopes, "new items, tax rates and tracking options")
        self.run_slice(self.connection, 2)
        self.assertEqual([call['path'] for call in self.calls()], [ITEMS], "one reading, and nothing is created without the permission")
        self.assertEqual((export.state, export.operation, export.difference), ('synced', 'none', False))

    def test_without_the_permission_codes_of_items_in_xero_are_used(self):
        first, second = self.env['product.product'].create([{'name': code, 'default_code': code} for code in ('A', 'B')])
        self.sandbox.organisations[HARBOUR].items['1'] = {
            'ItemID': '00000000-0000-4000-8000-000000000001', 'Code': 'A', 'IsTrackedAsInventory': False, 'UpdatedDateUTC': self.sandbox.clock.now()}
        self.connection.sends_item_codes = True
        self.run_slice(self.connection)
        lines = self.lines_sent(self.document('out_invoice', {'product_id': first.id}, {'product_id': second.id}))
        self.assertEqual([line.get('ItemCode') for line in lines], ['A', None])
        self.assertFalse(self.calls('PUT', ITEMS))
        self.assertIn("another permission", second.xero_item_text)

    def test_a_permission_that_xero_denies_all_the_same_stops_no_document(self):
        product = self.env['product.product'].create({'name': "Beans", 'default_code': 'BEANS'})
        self.connection.sends_item_codes = True
        self.connection.authorization_id.scopes += f' {SETTINGS}'
        self.run_slice(self.connection)
        moves = self.documents(2, 'out_invoice', {'product_id': product.id})
        self.run_slice(self.connection, 2)
        self.assert_once(moves)
        self.assertEqual(len(self.calls('PUT', ITEMS)), 1, "asked once, not for each document")
        self.assertIn("Xero refused it", product.xero_item_text)
        self.assertEqual(self.connection.status, 'connected')


@tagged('post_install', '-at_install')
class TestItems(XeroItemCase):
    """Products are items of Xero by their reference; missing ones are created in batches before the documents."""

    def test_created_once_and_used_by_each_kind(self):
        invoice = self.sell(self.beans)
        bill = self.sell(self.beans, move_type='in_invoice', ref='B1')
        credit = self.sell(self.beans, move_type='out_refund')
        self.assertEqual([self.codes_of(invoice), self.codes_of(bill), self.codes_of(credit, 'CreditNotes')], [['BEANS']] * 3)
        self.assertEqual(len(self.creations()), 1)
        item = self.items()['BEANS']
        self.assertEqual((item['Name'], item['IsSold'], item['IsPurchased'], item['IsTrackedAsInventory']), ("Coffee beans", True, True, False))
        self.assertFalse(item['SalesDetails'] or item['PurchaseDetails'], "accounts and prices are those of the documents")
        request = self.env['xero.request'].search([('kind', '=', 'item')])
        self.assertEqual((request.method, request.path, request.state, request.export_ids), ('PUT', 'Items', 'answered', invoice.xero_export_ids))

    def test_account_price_and_text_stay_ours(self):
        self.add_item('BEANS', SalesDetails={'AccountCode': '260', 'UnitPrice': 1, 'TaxType': 'OUTPUT'})
        self.read_items()
        move = self.sell(self.beans)
        [line] = self.in_xero(move)[0]['LineItems']
        self.assertEqual((line['ItemCode'], line['AccountCode'], float(line['UnitAmount']), line['Description'], line['TaxType']), (
            'BEANS', '200', 33.33, "Work", 'BASEXCLUDED'))
        self.assertFalse(self.creations())

    def test_items_are_created_by_the_hundred(self):
        products = self.env['product.product'].create([{'name': f"P{number}", 'default_code': f'P{number}'} for number in range(250)])
        move = self.document('out_invoice', *({'product_id': product.id, 'price_unit': 1} for product in products))
        self.run_slice(self.connection, 4)
        self.assertEqual(len(self.creations()), 3)
        self.assertEqual(set(self.codes_of(move)), set(products.mapped('default_code')))

    def test_queries_do_not_grow_with_the_products(self):
        products = self.env['product.product'].create([{'name': f"P{number}", 'default_code': f'P{number}'} for number in range(40)])
        documents = [self.sell(*products[:2]), self.sell(*products)]
        counts = []
        for move in documents:
            self.env.invalidate_all()
            kind, export = self.env['xero.kind.sale_invoice'].sudo(), move.xero_export_ids.sudo()
            lines = move.invoice_line_ids.sudo()
            lines.mapped('display_type'), export.connection_id.reference_read_at, export.connection_id.company_ids.ids
            before = self.env.cr.sql_log_count
            kind._item_codes(export.connection_id, lines)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 8)

    def test_products_with_a_reference_are_found_by_an_index(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plan = self.env.execute_query(SQL(
            "EXPLAIN SELECT id FROM product_product WHERE active AND default_code IS NOT NULL AND %s = ANY(%s)", SQL(REFERENCE_KEY), ['beans']))
        self.assertIn('product_product_xero_reference', str(plan))

    def test_capitals_do_not_count_and_xeros_spelling_is_sent(self):
        self.add_item('beans')
        self.read_items()
        self.assertEqual(self.codes_of(self.sell(self.beans)), ['beans'])
        self.assertFalse(self.creations())

    # === WITHOUT A CODE === #

    def test_two_products_with_one_reference(self):
        self.new_product("Twice")
        self.new_product("TWICE")
        first, second = self.env['product.product'].search([('default_code', 'in', ('Twice', 'TWICE'))], order='id').with_user(self.admin)
        self.assertEqual(self.codes_of(self.sell(first)), [None])
        self.assertFalse(self.creations())
        for product in (first, second, first.product_tmpl_id):
            for other in (first, second):
                self.assertIn(other.display_name, product.xero_item_text)
        second.sudo().company_id = self.env['res.company'].sudo().create({'name': "Other", 'parent_id': self.xero_company.id})
        first.invalidate_recordset()
        self.assertTrue(first.xero_item_text.startswith("None: another product has the same"), first.xero_item_text)

    def test_reference_that_is_too_long(self):
        product = self.new_product("X" * 31)
        self.assertEqual(self.codes_of(self.sell(product, self.new_product("X" * 30))), [None, "X" * 30])
        self.assertIn("30 characters", product.xero_item_text)

    def test_long_name_is_cut(self):
        self.sell(self.new_product("LONG", name="Long " * 30))
        self.assertLessEqual(len(self.items()['LONG']['Name']), 50)

    def test_stock_that_xero_keeps(self):
        self.add_item('BEANS', IsTrackedAsInventory=True)
        self.read_items()
        self.assertEqual(self.codes_of(self.sell(self.beans)), [None])
        self.assertFalse(self.creations())
        self.assertIn("keeps the stock", self.beans.xero_item_text)
        self.assertFalse(self.export_of(self.env['account.move'].search([], order='id desc', limit=1)).warning, "not said on each document")

    def test_item_that_is_only_sold_or_bought(self):
        self.add_item('BEANS', IsPurchased=False)
        self.read_items()
        self.assertEqual(self.codes_of(self.sell(self.beans)), ['BEANS'])
        self.assertEqual(self.codes_of(self.sell(self.beans, move_type='in_invoice', ref='B1')), [None])
        self.assertIn("on sales only", self.beans.xero_item_text)

    def test_product_without_reference_and_line_without_product(self):
        move = self.document('out_invoice', {'product_id': self.new_product(False).id}, {}, {'product_id': self.beans.id})
        self.run_slice(self.connection, 2)
        self.assertEqual(self.codes_of(move), [None, None, 'BEANS'])

    # === LATER === #

    def test_switched_off_again(self):
        self.connection.sends_item_codes = False
        self.assertEqual(self.codes_of(self.sell(self.beans)), [None])
        self.assertFalse(self.creations())

    def test_a_change_takes_our_old_code_away(self):
        move = self.sell(self.beans)
        line = move.invoice_line_ids
        move.button_draft()
        line.write({'product_id': self.new_product(False).id, 'name': "Other work", 'price_unit': 50, 'tax_ids': [Command.clear()]})
        move.action_post()
        self.run_slice(self.connection, 2)
        self.assertEqual(self.codes_of(move), [None])

    def test_a_line_that_becomes_a_text_loses_its_code(self):
        move = self.sell(self.beans, self.new_product("OTHER"))
        first = move.invoice_line_ids[0]
        move.button_draft()
        first.unlink()
        move.write({'invoice_line_ids': [Command.create({'display_type': 'line_note', 'name': "Thank you", 'sequence': 1})]})
        move.action_post()
        self.run_slice(self.connection, 2)
        self.assertCountEqual(self.codes_of(move), [None, 'OTHER'])

    def test_a_code_that_a_person_gives_in_xero_is_no_difference_and_stays(self):
        self.connection.write(dict.fromkeys(('alarm_lines', 'alarm_amount'), True))
        self.add_item('MINE')
        move = self.sell(self.new_product(False))
        [held] = self.in_xero(move)
        self.sandbox.clock.advance(60)
        held['LineItems'][0] |= {'ItemCode': 'MINE'}
        held['UpdatedDateUTC'] = self.sandbox.clock.now()
        self.env['xero.feed']._ask(self.connection)
        self.run_slice(self.connection, 2)
        export = self.export_of(move)
        self.assertEqual((export.state, export.difference, export.operation), ('synced', False, 'none'))
        move.invoice_date_due = '2027-01-31'
        self.let_time_pass(hours=1)
        self.run_slice(self.connection, 2)
        self.assertEqual(self.codes_of(move), ['MINE'])


@tagged('post_install', '-at_install')
class TestItemsOfCompanies(CompaniesCase):

    def test_each_organisation_has_the_items_of_its_company(self):
        connections = self.connection | self.connect_other()
        connections.sends_item_codes = True
        self.connect(self.connection)
        self.connect(connections[1], tenant=HINTERLAND)
        products = self.env['product.product'].create([
            {'name': company.name, 'default_code': 'SAME', 'company_id': company.id} for company in (self.xero_company, self.other)])
        for connection, product in zip(connections, products):
            self.run_slice(connection)
            company = product.company_id
            move = self.make(company, invoice_line_ids=[Command.create({
                'product_id': product.id, 'name': "Work", 'quantity': 1, 'price_unit': 10, 'tax_ids': [Command.clear()],
                'account_id': self.data(company)['default_account_revenue'].id})])
            self.run_slice(connection, 2)
            [held] = self.held(connection.tenant_id, move.name)
            self.assertEqual([line.get('ItemCode') for line in held['LineItems']], ['SAME'])
        for tenant in (HARBOUR, HINTERLAND):
            self.assertEqual([item['Code'] for item in self.sandbox.organisations[tenant].items.values()], ['SAME'])
