"""Documents that both sides had before anything was exported."""
from odoo import fields
from odoo.tests import Form

from ..common import HARBOUR
from .export_common import XeroExportCase

INVOICES, CREDIT_NOTES = '/api.xro/2.0/Invoices', '/api.xro/2.0/CreditNotes'
TYPES = {'out_invoice': 'ACCREC', 'in_invoice': 'ACCPAY', 'out_refund': 'ACCRECCREDIT', 'in_refund': 'ACCPAYCREDIT'}


class XeroFirstSyncCase(XeroExportCase):
    """The export starts in December, and documents are dated in November."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.export_start_date = '2026-12-01'
        cls.contact = cls.enter_contact(Name=cls.partner_a.name)

    # === AT XERO === #

    @classmethod
    def enter_contact(cls, **values):
        """Let somebody at Xero make a contact."""
        return cls.server.in_xero(HARBOUR, 'PUT', '/Contacts', {'Contacts': [values]})['Contacts'][0]

    @classmethod
    def element(cls, move, **values):
        """Return a document as somebody at Xero enters it, like one in Odoo."""
        number = 'InvoiceNumber' if move.move_type.endswith('_invoice') else 'CreditNoteNumber'
        return {
            'Type': TYPES[move.move_type], 'Contact': {'ContactID': cls.contact['ContactID']}, number: move.ref or move.name,
            'Date': str(move.invoice_date), 'DueDate': str(move.invoice_date_due), 'LineAmountTypes': 'NoTax', 'Status': 'AUTHORISED',
            'LineItems': [{'Description': "Work", 'Quantity': 1, 'UnitAmount': move.amount_total, 'AccountCode': '200'}], **values}

    @classmethod
    def enter(cls, elements):
        """Let somebody at Xero enter documents. Return them."""
        entered = []
        for endpoint in ('Invoices', 'CreditNotes'):
            mine = [element for element in elements if element['Type'].endswith('CREDIT') == (endpoint == 'CreditNotes')]
            for start in range(0, len(mine), 50):
                done = cls.server.in_xero(HARBOUR, 'PUT', f'/{endpoint}', {endpoint: mine[start:start + 50]})
                entered += done[endpoint]
        return entered

    @classmethod
    def enter_same(cls, moves, **values):
        return cls.enter([cls.element(move, **values) for move in moves])

    def count_in_xero(self):
        documents = self.sandbox.organisations[HARBOUR].documents
        return len(documents['Invoices']) + len(documents['CreditNotes'])

    # === IN ODOO === #

    @classmethod
    def open_dialog(cls, **values):
        """Return the dialog as an invoice admin fills it in."""
        dialog = cls.env['xero.first.sync.start'].with_user(cls.admin).with_context(active_id=cls.connection.id)
        with Form(dialog) as form:
            for name, value in values.items():
                form[name] = value
        return form.save()

    @classmethod
    def start(cls, **values):
        """Start a first sync of November."""
        action = cls.open_dialog(**{'date_from': '2026-11-01', 'date_to': '2026-11-30', **values}).action_start()
        return cls.env['xero.first.sync'].browse(action['res_id'])

    @classmethod
    def first_sync(cls, times=30, **values):
        """Start a first sync and run slices until it has ended."""
        first_sync = cls.start(**values)
        return cls.run_until_end(first_sync, times)

    @classmethod
    def run_until_end(cls, first_sync, times=30):
        for _time in range(times):
            if first_sync.state != 'running':
                break
            cls.run_slice(cls.connection)
        return first_sync

    def rows(self, first_sync, result):
        self.env.invalidate_all()
        return first_sync.document_ids.filtered(lambda row: row.result == result)

    def counts(self, first_sync):
        self.env.invalidate_all()
        return [first_sync[f'{name}_count'] for name in ('linked', 'near', 'only_odoo', 'only_xero')]

    def sweep(self):
        """Let the next slice find what the hooks missed, and send what is due."""
        self.connection.sudo().swept_at = False
        self.run_slice(self.connection, times=8)

    @staticmethod
    def today():
        return fields.Date.today()
