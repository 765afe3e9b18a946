from ..common import HARBOUR
from .change_common import XeroChangeCase

API = '/api.xro/2.0'


class XeroExtrasCase(XeroChangeCase):
    """Documents with files, in an organisation whose consent covers files."""

    def permit(self, policy='all'):
        """Switch files on, as an invoice admin who then gives the consent at Xero."""
        self.connection.with_user(self.admin).attachment_policy = policy
        self.connect(self.connection, user=self.xero_user)
        self.assertFalse(self.connection.needs_attachment_consent)

    def attach(self, move, name="scan.pdf", raw=b'%PDF fake', **values):
        return self.env['ir.attachment'].create({'name': name, 'raw': raw, 'res_model': 'account.move', 'res_id': move.id, **values})

    def print_pdf(self, move, raw=b'%PDF invoice'):
        """Store an invoice's PDF where Odoo's Send does."""
        move.invalidate_recordset(['invoice_pdf_report_id'])
        return self.attach(move, f"{move.name.replace('/', '_')}.pdf", raw, res_field='invoice_pdf_report_file')

    def files_of(self, move):
        """Return the files of a document in Xero, by name."""
        self.env.invalidate_all()
        files = self.sandbox.organisations[HARBOUR].attachments[move.xero_export_ids.xero_id]
        return {held['FileName']: held for held in files}

    def notes_of(self, move):
        self.env.invalidate_all()
        return [note['Details'] for note in self.sandbox.organisations[HARBOUR].history[move.xero_export_ids.xero_id]]

    def extras(self, move):
        self.env.invalidate_all()
        return move.xero_export_ids.extra_ids

    def sent(self, part):
        """Return the calls that wrote files or notes."""
        return [call for call in self.calls('PUT') if f'/{part}' in call['path']]

    def sweep(self):
        self.connection.swept_at = False
        self.run_slice(self.connection)
