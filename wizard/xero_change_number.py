from itertools import count

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

LOOKED_UP = 100     # numbers, with one query


class XeroChangeNumber(models.TransientModel):
    """The dialog that gives a document another number, because another document in Xero has its number, and sends it again."""
    _name = 'xero.change.number'
    _inherit = 'xero.dialog'
    _description = "Change the Number of a Document"

    export_id = fields.Many2one('xero.export', required=True, readonly=True, ondelete='cascade')
    old_number = fields.Char(string="Number now", compute='_compute_old_number')
    number = fields.Char(string="New number", required=True)

    @api.depends('export_id')
    def _compute_old_number(self):
        for dialog in self:
            dialog.old_number = dialog.export_id.move_id[dialog._field()]

    def _field(self):
        """Return the name of the field of the document with its number in Xero."""
        return self.export_id._kind()._number_field(self.export_id.move_id)

    @api.model
    def _open_for(self, export):
        """Return the action that opens the dialog for a failed export; it suggests the next free number of the journal, and for bills the vendor's."""
        dialog = self.create({'export_id': export.id, 'number': '-'})
        dialog.number = self._free_number(export) if dialog._field() == 'name' else dialog.old_number
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Change Number"), 'res_model': self._name, 'res_id': dialog.id,
            'views': [(False, 'form')], 'target': 'new'}

    @api.model
    def _free_number(self, export):
        """Return the next number of the document's journal that no entry and, as far as Odoo knows, no document in Xero has."""
        move = export.move_id
        name, values = move._get_next_sequence_format()
        self.env.flush_all()
        for start in count(1, LOOKED_UP):
            numbers = [name.format(**{**values, 'seq': values['seq'] + step}) for step in range(start, start + LOOKED_UP)]
            taken = {number for [number] in self.env.execute_query(SQL(
                """SELECT name FROM account_move WHERE journal_id = %(journal)s AND name = ANY(%(numbers)s)
                    UNION SELECT xero_number FROM xero_export WHERE connection_id = %(connection)s AND xero_number = ANY(%(numbers)s)""",
                journal=move.journal_id.id, connection=export.connection_id.id, numbers=numbers))}
            if free := next((number for number in numbers if number not in taken), None):
                return free
        return None

    def action_change(self):
        """Give the document the number, send it again, and show the progress."""
        self._check_mine()
        number = (self.number or '').strip()
        if not self.export_id.can_change_number:
            raise UserError(self.env._("%(document)s is not stopped by its number any more.", document=self.export_id.document_name))
        if number == self.old_number:
            raise UserError(self.env._("This is the number that is taken in Xero. Enter another one."))
        self._write_number(number)
        self.export_id.sudo()._remember_document()
        return self.export_id.action_resync()

    def _write_number(self, number):
        """Give the document the number, and the payment reference that Odoo makes of it, if the present one was made of the number until now.

        :raise UserError: in Odoo, another entry of the journal has the number.
        """
        move, field = self.export_id.move_id, self._field()
        if field == 'name' and move.sudo().search_count(
                [('journal_id', '=', move.journal_id.id), ('name', '=', number), ('state', '=', 'posted'), ('id', '!=', move.id)], limit=1):
            raise UserError(self.env._("In Odoo, another entry of the journal %(journal)s has this number. Enter another one.", journal=move.journal_id.name))
        follows = move.move_type == 'out_invoice' and move.payment_reference == move._get_invoice_computed_reference()
        move[field] = number
        if follows:
            move.payment_reference = move._get_invoice_computed_reference()
