"""A connection that gets another organisation forgets what it read from the first one."""
from odoo.tests import tagged

from ...models.connection.xero_connection_consent import READ_THERE
from .change_common import XeroChangeCase

# What Odoo did and was asked to do: it stays true, whatever the organisation
KEPT = {'xero.ask', 'xero.export', 'xero.extra', 'xero.request', 'xero.sync', 'xero.webhook.hour'}


@tagged('post_install', '-at_install')
class TestOtherOrganisation(XeroChangeCase):

    def test_each_model_of_a_connection_is_kept_or_forgotten(self):
        fields = [model._fields.get('connection_id') for model in self.env.registry.values() if not model._abstract and not model._transient]
        models = {
            field.model_name for field in fields
            if field and field.comodel_name == 'xero.connection' and not field.related and field.model_name.startswith('xero.')}
        self.assertEqual(models, KEPT | set(READ_THERE))

    def test_nothing_that_was_read_is_left(self):
        move, _export = self.synced()
        connection, mine = self.connection.sudo(), {'connection_id': self.connection.id}
        self.env['xero.proof'].sudo().create(mine)
        self.env['xero.certificate'].sudo().create({**mine, 'month': '2026-10-01'})
        self.env['xero.payment'].sudo().create({**mine, 'company_id': move.company_id.id, 'xero_id': 'payment', 'sort': 'overpayment'})
        self.env['xero.difference'].sudo().create({**mine, 'topic': 'only_xero', 'xero_id': 'invoice'})
        other, other_export = self.document(), self.export_of(move)
        failed = self.export_of(other).sudo()
        failed._set_failed('number', "Xero has this number.")
        failed.candidate = {'element': {'InvoiceID': 'invoice'}}
        connection.balances_read_at = '2026-11-01'
        connection._forget_organisation()
        self.assertFalse([model for model in READ_THERE if self.env[model].sudo().search_count([('connection_id', '=', connection.id)])])
        self.assertFalse(failed.candidate or connection.balances_read_at)
        self.assertTrue(other_export.exists())
