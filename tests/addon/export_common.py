from datetime import timedelta

from odoo import Command, fields

from ...models.connection import xero_connection_policy
from ...tools.xero_money import dumps
from ..common import FINANCE, HARBOUR, XeroInvoicingCase
from ..passing_time import let_time_pass

SALES, RENT = '200', '469'
# What a security filter in front of Xero answers
PAGE = '<html><head><title>Access denied</title></head><body>You have no permission. Reference 18.2f1</body></html>'


class XeroExportCase(XeroInvoicingCase):
    """A connected company whose accounts go to Sales and Rent in Xero."""

    tenant, xero_user = HARBOUR, FINANCE
    revenue_code, expense_code = SALES, RENT

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect(tenant=cls.tenant, user=cls.xero_user)
        cls.run_slice(cls.connection)
        cls.map_account(cls.company_data['default_account_revenue'], cls.revenue_code)
        cls.map_account(cls.company_data['default_account_expense'], cls.expense_code)

    def setUp(self):
        super().setUp()
        # Tests change a document again within one second
        self.patch(xero_connection_policy, 'CHANGES_GATHERED', timedelta())
        self.sandbox.limits.enabled = False

    @classmethod
    def resolver(cls, company=None):
        return cls.env['xero.mapping']._prefetch_for(cls.connection, company or cls.xero_company)

    @classmethod
    def map_account(cls, account, code):
        """Map an account, as an accountant does."""
        target = cls.env['xero.account'].search([('connection_id', '=', cls.connection.id), ('code', '=', code)])
        cls.resolver().find('account', account).with_user(cls.admin).xero_account_id = target

    @classmethod
    def document(cls, move_type='out_invoice', *lines, post=True, **values):
        """Make a document.

        :param lines: dicts of values, the account and no tax by default; one line of 100 if there is none.
        """
        return cls.documents(1, move_type, *lines, post=post, **values)

    @classmethod
    def documents(cls, count, move_type='out_invoice', *lines, post=True, **values):
        """Make several equal documents, and post them together."""
        moves = cls.env['account.move'].create([cls.document_values(move_type, *lines, **values) for _number in range(count)])
        if post:
            moves.action_post()
        return moves

    @classmethod
    def document_values(cls, move_type='out_invoice', *lines, **values):
        """Return what a document is created with; parameters as for `document`."""
        account = cls.company_data['default_account_revenue' if move_type.startswith('out') else 'default_account_expense']
        return {
            'move_type': move_type,
            'partner_id': cls.partner_a.id,
            'invoice_date': '2026-11-02',
            'date': '2026-11-02',
            'invoice_line_ids': [
                Command.create({'name': "Work", 'quantity': 1, 'price_unit': 100, 'account_id': account.id, 'tax_ids': [Command.clear()], **line})
                for line in map(cls.line_values, lines or [{}])],
            **values,
        }

    @staticmethod
    def line_values(line):
        return line

    @classmethod
    def collect_statistics(cls):
        """Let PostgreSQL know of the rows that tests have made: nothing is committed here, so else it plans as if there were none."""
        cls.env.flush_all()
        cls.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile, account_payment")

    @classmethod
    def export_of(cls, move):
        cls.env.invalidate_all()
        return move.xero_export_ids

    @classmethod
    def states(cls, moves):
        cls.env.invalidate_all()
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

    def hold_number(self, number, total):
        """Enter an invoice of our contact in Xero, as a person does."""
        contact = self.env['xero.contact']._match(self.connection, self.partner_a).get(self.partner_a, self.env['xero.contact'])
        body = {'Invoices': [{
            'Type': 'ACCREC', 'InvoiceNumber': number, 'Date': '2026-11-02', 'DueDate': '2026-11-02', 'Status': 'AUTHORISED',
            'Contact': {'ContactID': contact.xero_id} if contact else {'Name': "Somebody"},
            'LineItems': [{'Description': "Work", 'Quantity': 1, 'UnitAmount': total, 'AccountCode': SALES, 'TaxType': 'BASEXCLUDED'}]}]}
        self.connection._client().write('PUT', 'Invoices', dumps(body), number)

    @staticmethod
    def now():
        return fields.Datetime.now()
