from odoo import api, fields, models

from ..connection.containment import contain


class XeroChangeNote(models.Model):
    """A note that something happened to a document while the connection's slice was writing its export.

    The user's transaction could not write the export then, and must not fail for it. A note is only inserted, and names records by plain
    numbers: a foreign key would lock the row that it names, and could meet the same conflict. The next slice does what the note says and
    deletes it.
    """
    _name = 'xero.change.note'
    _description = "Note of a Change for Xero"
    _order = 'id'

    connection_ref = fields.Integer(required=True, index=True, help="ID of the connection.")
    move_ref = fields.Integer(help="ID of a journal entry that was posted, changed or reconciled.")
    export_ref = fields.Integer(help="ID of an export whose document was changed or deleted.")

    @api.model
    def _leave(self, moves, exports):
        """Note that something happened to journal entries and exports, and have the slices of their connections look at it.

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
    def _take(self, connection):
        """Do what the notes for a connection say. Runs in its slice.

        A note that cannot be followed, by a fault of ours or of another add-on, is told in the log and left to the sweep.
        """
        notes = self.search([('connection_ref', '=', connection.id)])
        contain(self.env, notes, lambda some: [note._follow() for note in some], tell=lambda note, error: None)
        notes.unlink()

    def _follow(self):
        """Queue the entry, or tell its exports that something happened to it."""
        Export, move = self.env['xero.export'], self.env['account.move'].browse(self.move_ref).exists()
        exports = Export.browse(self.export_ref).exists() | (move.xero_export_ids if move and move.state != 'posted' else Export)
        exports._touch()
        exports._drop_undone()
        if move.state == 'posted':
            Export._enqueue(move.filtered(lambda move: move.xero_export_ids or move._xero_wanted_by()))
        self.env['xero.closing']._look_again(move)
