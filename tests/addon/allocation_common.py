from decimal import Decimal

from ..common import HARBOUR
from .change_common import CREDIT_NOTES, XeroChangeCase


class XeroAllocationCase(XeroChangeCase):
    """Invoices and credit notes, reconciled in Odoo, allocated in Xero."""

    @classmethod
    def terms(cls, moves):
        return moves.line_ids.filtered(lambda line: line.display_type == 'payment_term')

    @classmethod
    def reconcile(cls, *moves):
        """Reconcile documents with each other.

        :return: their partial reconciliations.
        """
        lines = cls.terms(cls.env['account.move'].union(*moves))
        before = lines.matched_debit_ids | lines.matched_credit_ids
        lines.filtered(lambda line: not line.reconciled).reconcile()
        return (lines.matched_debit_ids | lines.matched_credit_ids) - before

    @classmethod
    def pair(cls, amount=100, credit=40, side='out', **values):
        """Return an invoice and a credit note of these amounts, not reconciled."""
        return (
            cls.document(f'{side}_invoice', {'price_unit': amount}, **values),
            cls.document(f'{side}_refund', {'price_unit': credit}, **values))

    @classmethod
    def synced_pair(cls, *args, **values):
        """The same, both in Xero."""
        pair = cls.pair(*args, **values)
        cls.run_slice(cls.connection)
        assert cls.states(pair[0] | pair[1]) == ['synced'] * 2, cls.states(pair[0] | pair[1])
        cls.sandbox.requests.clear()
        return pair

    @classmethod
    def allocated_pair(cls, *args, **values):
        """The same, and allocated there.

        :return: invoice, credit note, export of the allocation.
        """
        invoice, credit_note = cls.synced_pair(*args, **values)
        cls.reconcile(invoice, credit_note)
        cls.run_slice(cls.connection)
        [row] = cls.rows()
        assert row.state == 'synced', row.message or row.wait_reason
        cls.sandbox.requests.clear()
        return invoice, credit_note, row

    @classmethod
    def rows(cls, *states):
        """Return the exports of allocations."""
        cls.env.invalidate_all()
        domain = [('state', 'in', states)] if states else []
        return cls.env['xero.export'].sudo().search([('kind', '=', 'allocation'), *domain], order='id')

    def allocations(self):
        """Return what Xero holds: sorted list of (number of the credit note, number of the invoice, amount)."""
        organisation = self.sandbox.organisations[HARBOUR]
        return sorted(
            (credit_note['CreditNoteNumber'], organisation.documents['Invoices'][allocation['_invoice']]['InvoiceNumber'], float(allocation['Amount']))
            for credit_note in organisation.documents['CreditNotes'].values() for allocation in credit_note['_allocations'])

    def expected(self, *facts):
        """Return the same for facts in Odoo: tuples of credit note, invoice and amount."""
        def number(move):
            return move.name if move.is_sale_document(include_receipts=True) else move.ref or move.name
        return sorted((number(credit_note), number(invoice), amount) for credit_note, invoice, amount in facts)

    def assert_allocated(self, *facts):
        """Assert that Xero holds these allocations, each exactly once, and that each has a synced export."""
        self.assertEqual(self.allocations(), self.expected(*facts))
        self.assertEqual(
            sorted((row.credit_export_id.xero_number, row.xero_number.removeprefix('→ '), row.xero_total) for row in self.rows()
                   if row.state == 'synced' and not row._is_undone()),
            self.allocations())

    def allocate_by_hand(self, credit_note, invoice, amount):
        """Allocate as a person in Xero does."""
        self.env.invalidate_all()
        token_calls = len(self.sandbox.requests)
        client = self.connection._client()
        client.write('PUT', f'CreditNotes/{credit_note.xero_export_ids.xero_id}/Allocations', (
            '{"Allocations": [{"Amount": %s, "Date": "2026-11-02", "Invoice": {"InvoiceID": "%s"}}]}' % (
                Decimal(amount), invoice.xero_export_ids.xero_id)).encode(), f'hand-{token_calls}-{amount}')
        self.sandbox.requests.clear()

    def order_fault(self, kind, method='PUT', **values):
        self.sandbox.faults.order(kind=kind, method=method, path=CREDIT_NOTES + '/', **values)

    def approve(self, *moves):
        """Approve documents as a person in Xero does."""
        for move in moves:
            self.in_xero_somebody(self.export_of(move), Status='AUTHORISED')
