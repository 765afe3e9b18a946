from datetime import timedelta

from odoo import Command, fields

from ...models.connection import xero_connection_policy
from ..common import FINANCE, HARBOUR, XeroInvoicingCase
from ..passing_time import let_time_pass

SALES, RENT = '200', '469'
# What a security filter in front of Xero answers
PAGE = '<html><head><title>Access denied</title></head><body>You have no permission. Reference 18.2f1</body></html>'


class XeroExportCase(XeroInvoicingCase):
    """A connected company whose accounts go to Sales and Rent in Xero."""

    tenant, xero_user = HARBOUR, FINANCE
    revenue_code, expense_code = SALES, RENT

    def setUp(self):
        super().setUp()
        # Tests change a document again within one second
        self.patch(xero_connection_policy, 'CHANGES_GATHERED', timedelta())
        self.sandbox.limits.enabled = False
        self.connection = self.connect(tenant=self.tenant, user=self.xero_user)
        self.run_slice(self.connection)
        self.map_account(self.company_data['default_account_revenue'], self.revenue_code)
        self.map_account(self.company_data['default_account_expense'], self.expense_code)

    def resolver(self, company=None):
        return self.env['xero.mapping']._prefetch_for(self.connection, company or self.xero_company)

    def map_account(self, account, code):
        """Map an account, as an accountant does."""
        target = self.env['xero.account'].search([('connection_id', '=', self.connection.id), ('code', '=', code)])
        self.resolver().find('account', account).with_user(self.admin).xero_account_id = target

    def document(self, move_type='out_invoice', *lines, post=True, **values):
        """Make a document.

        :param lines: dicts of values, the account and no tax by default; one line of 100 if there is none.
        """
        account = self.company_data['default_account_revenue' if move_type.startswith('out') else 'default_account_expense']
        move = self.env['account.move'].create({
            'move_type': move_type,
            'partner_id': self.partner_a.id,
            'invoice_date': '2026-11-02',
            'date': '2026-11-02',
            'invoice_line_ids': [
                Command.create({'name': "Work", 'quantity': 1, 'price_unit': 100, 'account_id': account.id, 'tax_ids': [Command.clear()], **line})
                for line in lines or [{}]],
            **values,
        })
        if post:
            move.action_post()
        return move

    def documents(self, count, *args, **values):
        """Make several equal documents."""
        return self.env['account.move'].union(*(self.document(*args, **values) for _number in range(count)))

    def export_of(self, move):
        self.env.invalidate_all()
        return move.xero_export_ids

    def states(self, moves):
        self.env.invalidate_all()
        return moves.xero_export_ids.sorted('id').mapped('state')

    def let_time_pass(self, **delta):
        """Make everything due that waits for a time, as if that time had come."""
        let_time_pass(self.env, timedelta(**delta))

    def in_xero(self, move, endpoint='Invoices'):
        """Return all documents that the organisation holds under the number of a document."""
        number = 'InvoiceNumber' if endpoint == 'Invoices' else 'CreditNoteNumber'
        held = self.sandbox.organisations[HARBOUR].documents[endpoint].values()
        return [document for document in held if document[number] == (move.ref or move.name)]

    def assert_once(self, moves, endpoint='Invoices'):
        """Assert that every document is in Xero exactly once, with Odoo's total, and that its export is synced."""
        self.env.invalidate_all()
        for move in moves:
            [held] = self.in_xero(move, endpoint)
            export = move.xero_export_ids
            self.assertEqual(
                (export.state, export.xero_id, round(float(held['Total']), 2), export.difference),
                ('synced', held['InvoiceID' if endpoint == 'Invoices' else 'CreditNoteID'], round(move.amount_total, 2), False))

    @staticmethod
    def now():
        return fields.Datetime.now()
