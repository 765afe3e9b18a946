from odoo import api, fields, models

from .containment import contain


class XeroChangeNote(models.Model):
    """A note that a document changed while the connection's slice was writing its export.

    The user's transaction cannot write the export then, and must not fail because of it. A note is only inserted, and refers to records by
    plain numbers: a foreign key would lock the row, with the same conflict. The next slice applies the note and deletes it.
    """
    _name = 'xero.change.note'
    _description = "Note of a Change for Xero"
    _order = 'id'

    connection_ref = fields.Integer(required=True, index=True, help="ID of the connection.")
    move_ref = fields.Integer(help="ID of a journal entry that was posted, changed or reconciled.")
    export_ref = fields.Integer(help="ID of an export whose document was changed or deleted.")

    @api.model
    def _record(self, moves, exports):
        """Create notes for changed journal entries and exports, and trigger the slices of their connections.

        :param moves: `account.move`.
        :param exports: `xero.export`.
        """
        vals_list = [
            {'connection_ref': connection.id, 'move_ref': move.id}
            for move in moves.sudo() for connection in move.xero_export_ids.connection_id or move._xero_connection()]
        vals_list += [{'connection_ref': export.connection_id.id, 'export_ref': export.id} for export in exports.sudo()]
        notes = self.sudo().create(vals_list)
        notes.flush_recordset()
        self.env['xero.connection'].sudo().browse(set(notes.mapped('connection_ref')))._arm()

    @api.model
    def _apply_all(self, connection):
        """Apply and delete the notes of a connection, in its slice.

        An unexpected error with a note is logged; the sweep then finds the change.
        """
        notes = self.search([('connection_ref', '=', connection.id)])
        contain(self.env, notes, lambda some: [note._apply() for note in some], tell=lambda note, error: None)
        notes.unlink()

    def _apply(self):
        """Queue the entry, or note its change on its exports."""
        Export, move = self.env['xero.export'], self.env['account.move'].browse(self.move_ref).exists()
        exports = Export.browse(self.export_ref).exists() | (move.xero_export_ids if move and move.state != 'posted' else Export)
        exports._touch()
        if move.state == 'posted':
            Export._enqueue(move.filtered(lambda move: move.xero_export_ids or move._xero_wanted_by()))
        self.env['xero.closing']._look_again(move)
