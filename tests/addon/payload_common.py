import json
from decimal import Decimal

from .export_common import XeroExportCase


class XeroPayloadCase(XeroExportCase):
    """Documents with Australian taxes, looked at on the wire and in the organisation."""

    @staticmethod
    def line_values(line):
        """Take taxes as records, and lines of text only."""
        if 'display_type' in line:
            return {'quantity': 0, 'price_unit': 0, 'account_id': False, **line}
        return {**line, 'tax_ids': [(6, 0, line['tax_ids'].ids)]} if 'tax_ids' in line else line

    @classmethod
    def tax(cls, template):
        return cls.env['account.chart.template'].with_company(cls.xero_company).ref(template)

    @classmethod
    def account(cls, account_type):
        """Return an account of a type that no other test maps."""
        return cls.env['account.account'].search([
            *cls.env['account.account']._check_company_domain(cls.xero_company), ('account_type', '=', account_type),
            ('id', '!=', cls.company_data['default_account_expense'].id)], limit=1)

    @classmethod
    def map_tax(cls, taxes, tax_type, use):
        """Map a tax, as an accountant does."""
        target = cls.env['xero.tax.rate'].search([('connection_id', '=', cls.connection.id), ('tax_type', '=', tax_type)])
        cls.resolver().find('tax', taxes, use).with_user(cls.admin).xero_tax_rate_id = target

    # === What was sent === #

    def sync(self, moves):
        """Export documents that are not in Xero yet, and return their exports."""
        if any(export.state == 'waiting' for export in moves.xero_export_ids):
            self.run_slice(self.connection)
        return moves.xero_export_ids

    def element_sent(self, move):
        """Return the element of the frozen body, as Xero received it."""
        export = self.sync(move)
        self.assertEqual(export.state, 'synced', export.message)
        return json.loads(export.sent_element)

    def lines_sent(self, move):
        return self.element_sent(move)['LineItems']

    def assert_lines(self, move, lines):
        self.assertEqual(self.lines_sent(move), lines)

    # === What Xero holds === #

    def held(self, move):
        """Return the document that Xero holds under the export's id."""
        self.element_sent(move)
        documents = self.sandbox.organisations[self.connection.tenant_id].documents
        return {**documents['Invoices'], **documents['CreditNotes']}[move.xero_export_ids.xero_id]

    def assert_held(self, move, sub_total=None, tax=None, total=None):
        """Assert that Xero's totals equal Odoo's and the totals given."""
        held = self.held(move)
        sums = {name: Decimal(str(held[name])) for name in ('SubTotal', 'TotalTax', 'Total')}
        expected = {'SubTotal': move.amount_untaxed, 'TotalTax': move.amount_tax, 'Total': move.amount_total}
        self.assertEqual(sums, {name: Decimal(str(round(amount, 2))) for name, amount in expected.items()})
        for name, amount in (('SubTotal', sub_total), ('TotalTax', tax), ('Total', total)):
            if amount is not None:
                self.assertEqual(sums[name], Decimal(amount))
        self.assertFalse(move.xero_export_ids.difference)

    # === What was not sent === #

    def assert_stopped(self, move, cause, *words):
        """Assert that pre-flight stopped the document with a cause and a message with these words, before any call."""
        before = len(self.calls('PUT', '/api.xro/2.0/Invoices'))
        export = self.sync(move)
        self.assertEqual((export.state, export.cause, bool(export.details)), ('failed', cause, False), export.message)
        for word in (move.name, *words):
            self.assertIn(word, export.message.replace('\N{NO-BREAK SPACE}', ' '))
        self.assertEqual(len(self.calls('PUT', '/api.xro/2.0/Invoices')), before)
