"""Credit notes that a person makes in Xero."""
from ..common import HARBOUR
from .difference_common import ProofMixin, XeroDifferenceCase

LINE = {'Description': "Returned", 'Quantity': 1, 'UnitAmount': 40, 'AccountCode': '200', 'TaxType': 'EXEMPTOUTPUT'}


class XeroCreditInCase(ProofMixin, XeroDifferenceCase):
    """An invoice in Xero, and credit notes that are made and allocated there."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.credit_note_policy = 'draft'
        cls.env['xero.proof'].sudo().search([]).unlink()      # the change of the policy compares everything
        cls.move = cls.document()
        cls.run_slice(cls.connection)
        # Without the taxes of products, which the first reading has mapped: tests decide those that they use
        cls.env['xero.mapping'].sudo().search([('type', '=', 'tax'), ('tax_ids', '!=', False)]).unlink()
        cls.decide_taxes(cls.move)

    @classmethod
    def decide_taxes(cls, move, tax_type='EXEMPTOUTPUT'):
        """Let no tax, which the documents have, be a rate in Xero, as an accountant does."""
        use = 'sale' if move.is_sale_document(include_receipts=True) else 'purchase'
        target = cls.env['xero.tax.rate'].search([('connection_id', '=', cls.connection.id), ('tax_type', '=', tax_type)])
        cls.resolver().find('tax', cls.env['account.tax'], use).with_user(cls.admin).xero_tax_rate_id = target

    # === At Xero === #

    def credit(self, move=None, *lines, amount=None, number='CN-7', **values):
        """Make a credit note in Xero, and allocate it to a document.

        :param amount: that is allocated; the whole credit note by default, nothing if it is 0.
        :return: the credit note, as Xero answers it.
        """
        move = move or self.move
        export = self.export_of(move)
        [made] = self.somebody('PUT', 'CreditNotes?unitdp=4', {'CreditNotes': [{
            'Type': 'ACCRECCREDIT' if move.is_sale_document() else 'ACCPAYCREDIT', 'Status': 'AUTHORISED', 'Date': '2026-11-05', 'CreditNoteNumber': number,
            'Contact': {'ContactID': self.held(export)['Contact']['ContactID']}, 'LineItems': list(lines or [LINE]), **values}]})['CreditNotes']
        if amount != 0:
            self.allocate(made, move, amount or made['Total'])
        return made

    def allocate(self, credit_note, move, amount):
        """Allocate a credit note to a document; return the allocation."""
        [allocation] = self.somebody('PUT', f"CreditNotes/{credit_note['CreditNoteID']}/Allocations", {'Allocations': [{
            'Amount': amount, 'Date': '2026-11-06', 'Invoice': {'InvoiceID': self.export_of(move).xero_id}}]})['Allocations']
        return allocation

    def void(self, credit_note):
        """Take the allocations of a credit note back, and void it."""
        path = f"CreditNotes/{credit_note['CreditNoteID']}"
        for allocation in list(self.held_credit(credit_note)['_allocations']):
            self.somebody('DELETE', f"{path}/Allocations/{allocation['AllocationID']}", None)
        self.somebody('POST', path, {'CreditNoteID': credit_note['CreditNoteID'], 'Status': 'VOIDED'})

    def held_credit(self, credit_note):
        return self.sandbox.organisations[HARBOUR].documents['CreditNotes'][credit_note['CreditNoteID']]

    # === In Odoo === #

    def exports_in(self):
        """Return the exports of credit notes."""
        self.env.invalidate_all()
        return self.env['xero.export'].sudo().search([('kind', 'in', ('sale_credit', 'bill_credit'))], order='id')

    def draft(self, *args, **values):
        """Make a credit note in Xero and read it; return its draft and the draft's export."""
        self.credit(*args, **values)
        self.check()
        [export] = self.exports_in()
        return export.move_id, export

    def allocation_rows(self):
        self.env.invalidate_all()
        return self.env['xero.export'].sudo().search([('kind', '=', 'allocation')], order='id')

    def written(self):
        """Return the calls that wrote to Xero since the last check."""
        return [call for call in self.sandbox.requests if call['method'] != 'GET' and '/api.xro/' in call['path']]

    def notes(self, record):
        self.env.invalidate_all()
        return ' '.join(record.sudo().message_ids.mapped('body')).replace('\N{NO-BREAK SPACE}', ' ')
