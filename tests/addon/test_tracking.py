from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .payload_common import XeroPayloadCase


@tagged('post_install', '-at_install')
class TestTracking(XeroPayloadCase):
    """Analytic distributions become tracking options in Xero, on lines whose sum is the amount."""

    def setUp(self):
        super().setUp()
        Plan = self.env['account.analytic.plan'].sudo()
        self.regions, self.projects = Plan.create([{'name': "Region"}, {'name': "Project"}])
        self.north, self.south, self.west = self.analytic(self.regions, "North", " south", "West")
        self.category = self.env['xero.tracking.category'].search([('connection_id', '=', self.connection.id)])
        self.assertEqual(self.category.name, "Region")
        self.connection.write({'tracking_plan_1_id': self.regions.id, 'tracking_category_1_id': self.category.id})

    def analytic(self, plan, *names):
        return self.env['account.analytic.account'].sudo().create([{'name': name, 'plan_id': plan.id} for name in names])

    def row(self, account):
        return self.env['xero.mapping'].sudo().search([('connection_id', '=', self.connection.id), ('analytic_account_id', '=', account.id)])

    def invoice(self, distribution, **values):
        return self.document('out_invoice', {
            'tax_ids': self.tax('au_tax_sale_10'),
            'analytic_distribution': {
                ','.join(str(account.id) for account in accounts): percent for accounts, percent in distribution}, **values})

    def lines_held(self, move):
        return [
            (float(line['Quantity']), float(line['LineAmount']), float(line['TaxAmount']), [option['Option'] for option in line['Tracking']])
            for line in self.held(move)['LineItems']]

    # === MAPPING === #

    def test_equal_names_are_decided(self):
        move = self.invoice([((self.south,), 100)])
        self.assertEqual(self.lines_held(move), [(1, 100, 10, ["South"])])
        self.assertRecordValues(self.row(self.south), [{'type': 'tracking', 'decided_by': 'same_name', 'is_decided': True}])

    def test_what_is_not_decided_waits_and_goes_out_then(self):
        move = self.invoice([((self.west,), 100)])
        export = self.sync(move)
        self.assertEqual((export.state, export.cause), ('failed', 'tracking'), export.message)
        self.assertIn("West", export.message)
        [reason] = self.env['xero.check.document'].browse(move.action_xero_check()['res_id']).check_id.reason_ids
        self.assertEqual((reason.cause, reason.mapping_id), ('tracking', self.row(self.west)))
        self.row(self.west).with_user(self.admin).xero_tracking_option_id = self.env['xero.tracking.option'].search([
            ('connection_id', '=', self.connection.id), ('name', '=', "North")])
        self.run_slice(self.connection)
        self.assertEqual(self.lines_held(move), [(1, 100, 10, ["North"])])

    def test_other_category_asks_anew(self):
        self.invoice([((self.south,), 100)])
        self.run_slice(self.connection)
        other = self.category.sudo().copy({'xero_id': 'fake', 'name': "Other"})
        self.connection.tracking_category_1_id = other
        self.assertFalse(self.row(self.south).is_decided)

    def test_plans_and_categories_go_in_pairs(self):
        for values in (
            {'tracking_category_1_id': False},
            {'tracking_plan_2_id': self.projects.id},
            {'tracking_plan_2_id': self.projects.id, 'tracking_category_2_id': self.category.id},
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.connection.write(values)

    # === SHARES === #

    def test_shares_sum_to_the_cent(self):
        move = self.invoice([((self.north,), 33.34), ((self.south,), 33.33)], price_unit=100.01, quantity=1)
        self.assertEqual(self.lines_held(move), [
            (0.3334, 33.35, 3.34, ["North"]), (0.3333, 33.33, 3.33, ["South"]), (0.3333, 33.33, 3.33, [])])
        self.assert_held(move)

    def test_shares_that_take_off(self):
        move = self.invoice([((self.north,), 150), ((self.south,), -50)], price_unit=100, quantity=1)
        self.assertEqual([(line['LineAmount'], line['Tracking'][0]['Option']) for line in self.held(move)['LineItems']], [(150, "North"), (-50, "South")])
        self.assert_held(move)

    def test_quantity_and_price_are_kept_where_possible(self):
        move = self.invoice([((self.north,), 60), ((self.south,), 40)], price_unit=12.5, quantity=10, discount=10)
        self.assertEqual([(line['Quantity'], line['UnitAmount'], line['DiscountRate']) for line in self.lines_sent(move)], [(6, 12.5, 10), (4, 12.5, 10)])
        self.assert_held(move)

    def test_two_plans(self):
        site = self.env['xero.tracking.category'].sudo().create({
            'connection_id': self.connection.id, 'xero_id': '00000000-0000-4000-8000-000000000001', 'name': "Project", 'status': 'ACTIVE'})
        option = self.env['xero.tracking.option'].sudo().create({
            'connection_id': self.connection.id, 'category_xero_id': site.xero_id, 'category_name': "Project",
            'xero_id': '00000000-0000-4000-8000-000000000002', 'name': "Apollo", 'status': 'ACTIVE'})
        self.connection.write({'tracking_plan_2_id': self.projects.id, 'tracking_category_2_id': site.id})
        [apollo] = self.analytic(self.projects, "Apollo")
        for distribution, expected in (
            ([((self.north, apollo), 60), ((self.south,), 40)], {('North', 'Apollo'): 60, ('South',): 40}),
            ([((self.north,), 60), ((self.south,), 40), ((apollo,), 100)], {('North', 'Apollo'): 60, ('South', 'Apollo'): 40}),
            ([((self.north,), 50), ((apollo,), 50)], {('North', 'Apollo'): 25, ('North',): 25, ('Apollo',): 25, (): 25}),
            ([((self.north, apollo), 100)], {('North', 'Apollo'): 100}),
        ):
            with self.subTest(expected=expected):
                move = self.invoice(distribution, quantity=1, price_unit=100)
                document = self.env['xero.check.document'].browse(move.action_xero_check()['res_id'])
                self.assertTrue(document.is_ready, document.problems)
                self.assertEqual(
                    {tuple(line.tracking.split(', ')) if line.tracking else (): line.net for line in document.line_ids},
                    {tuple({'North': "Region: North", 'South': "Region: South", 'Apollo': option.display_name}[name] for name in names): net
                     for names, net in expected.items()})

    def test_line_of_nothing_and_refund(self):
        refund = self.document('out_refund', {
            'tax_ids': self.tax('au_tax_sale_10'), 'price_unit': 0.01, 'analytic_distribution': {str(self.north.id): 50, str(self.south.id): 50}},
            {'price_unit': 0, 'analytic_distribution': {str(self.north.id): 50, str(self.south.id): 50}})
        self.assert_held(refund)
        self.assertEqual(len(self.held(refund)['LineItems']), 2)

    def test_other_plans_are_left_alone(self):
        [apollo] = self.analytic(self.projects, "Apollo")
        move = self.invoice([((apollo,), 100)])
        self.assertNotIn('Tracking', self.lines_sent(move)[0])
        self.assertFalse(self.row(apollo))

    # === WHAT XERO STORED === #

    def test_dropped_tracking_is_said(self):
        self.invoice([((self.south,), 100)], name="First")
        self.run_slice(self.connection)
        organisation = self.sandbox.organisations[self.connection.tenant_id]
        option = next(option for option in organisation.tracking[0]['Options'] if option['Name'] == "South")
        option['Status'] = 'ARCHIVED'
        move = self.invoice([((self.south,), 100)], name="Second")
        export = self.sync(move)
        self.assertEqual(export.state, 'synced', export.message)
        self.assertIn("Xero left out the tracking of 1 lines, the first of them “Second”", export.warning)
