from odoo import api, fields, models

from .xero_export_queue import FRESH

LEDGER_KINDS = ('journal', 'journal_day')


class XeroExport(models.Model):
    """Manual journals: single entries, and days of journals, which go out when the day is over.

    A row of a day is made with its first entry. While it waits nothing has to be noted: the day is summed up when it is sent. What is
    posted into a day that was sent makes it *changed*, and that, too, goes with the next end of a day.
    """
    _inherit = 'xero.export'

    day_id = fields.Many2one('xero.journal.day', readonly=True, index='btree_not_null', ondelete='set null')
    wait_code = fields.Selection(selection_add=[('day_end', "The day is not over"), ('empty', "Nothing to send"), ('mode', "The journal goes another way")])

    _day_uniq = models.UniqueIndex(
        '(connection_id, day_id) WHERE day_id IS NOT NULL', "This day is already exported through this connection.")

    # === IN === #

    @api.model
    def _enqueue(self, moves):
        days = moves.filtered(lambda move: move._xero_goes_with_its_day())
        exports = super()._enqueue(moves - days)
        return exports | self._enqueue_days(self.env['xero.journal.day']._of(days, create=True)) if days else exports

    @api.model
    def _enqueue_days(self, days):
        """Queue days for when they are over, or tell their rows that something was posted into them.

        :param days: `xero.journal.day`.
        :return: their exports.
        """
        known = {export.day_id: export for export in self.search([('day_id', 'in', days.ids)], order='id')}
        self.browse().union(*known.values())._touch_day()
        new = days.filtered(lambda day: day not in known)
        totals = new._totals()
        created = self.create([
            {
                **self._prepare_document('journal_day', day), 'amount_total': totals.get(day, 0), 'connection_id': connection.id,
                **self._held_by(connection), **self._until_over(day, connection),
            }
            for day in new for connection in day._xero_connection()
        ])
        for connection, exports in created.grouped('connection_id').items():
            connection._arm(at=min(exports.mapped('next_try_at')))
        return created.union(*known.values())

    def _touch_day(self):
        """Something happened to entries of these days. What still waits is summed up when it is sent, so it needs no note."""
        self.filtered(lambda export: export.state not in ('waiting', 'skipped') or export.wait_code == 'empty')._touch()

    def _touch(self):
        """What had nothing to send may have something now; days that failed wait for the end of the day again."""
        empty = self.filtered(lambda export: export.wait_code == 'empty')
        result = super()._touch()
        for connection, exports in empty.filtered(lambda export: export._stage() == 'live').grouped('connection_id').items():
            exports.write({**FRESH, **self._held_by(connection)})
        self._wait_until_over()
        return result

    @api.model
    def _until_over(self, day, connection):
        """Return the values that hold back a day until it is over."""
        code = {'wait_code': 'day_end'} if connection.status == 'connected' else {}
        return {'next_try_at': day._over_at(), **code}

    def _wait_until_over(self):
        """Hold back days until they are over; those of a lost connection, too, which wait again when it is mended."""
        for export in self.filtered(lambda export: export.day_id and export.state in ('waiting', 'failed')):
            export.write(self._until_over(export.day_id, export.connection_id))
            export.connection_id._arm(at=export.next_try_at)

    @api.model
    def _follow_status(self, connections):
        result = super()._follow_status(connections)
        # Its UPDATE is the same for all that waits
        self.sudo().search([
            ('connection_id', 'in', connections.filtered(lambda connection: connection.status == 'connected').ids), ('state', '=', 'waiting'),
            ('day_id', '!=', False), ('wait_code', '=', False), ('retry_count', '=', 0), ('next_try_at', '>', fields.Datetime.now()),
        ]).wait_code = 'day_end'
        return result

    def _queue_change(self, operation, difference, built=None):
        result = super()._queue_change(operation, difference, built)
        self._wait_until_over()
        return result

    def _post_now(self):
        """Send days at a person's wish, over or not: those that are in Xero, too, whether changes go there by themselves or not."""
        for export in self.filtered(lambda export: export.state == 'synced' and export.xero_id):
            is_live = export._stage() == 'live'
            if is_live and export._is_undone():
                export._start_over()
            else:
                export.write({
                    **FRESH, **self._held_by(export.connection_id), 'difference': False, 'left_digest': False,
                    'operation': 'update' if is_live else 'void'})
        self._requeue()

    def _requeue(self, by_hand=True):
        """What waited for the journal's former way goes in its present one, if it has one for single documents."""
        misfits = self.sudo().filtered(lambda export: not export.xero_id and export._kind_now() != export.kind)
        for export in misfits.filtered(lambda export: export._kind_now()):
            export.write(self._prepare_document(export._kind_now(), export.move_id))
            misfits -= export
        return super(XeroExport, self - misfits)._requeue(by_hand=by_hand)

    # === THE JOURNAL'S WAY === #

    def _kind_now(self):
        """Return the kind that the document would go as now, by the way of its journal; None if it would not go."""
        if self.day_id:
            return 'journal_day' if self.day_id.journal_id._xero_mode() == 'day' else None
        return self.move_id._xero_kind() if self.move_id else self.kind

    def _follow_mode(self):
        """What is not in Xero goes in the new way of its journal, or is skipped if that has none for it alone."""
        for export in self.filtered(lambda export: export.state in ('waiting', 'failed') or export.wait_code in ('empty', 'mode')):
            if export._has_left() or not export._document():
                continue
            kind = export._kind_now()
            journal = export.day_id.journal_id or export.move_id.journal_id
            if kind and journal._xero_mode() != 'off':
                export.write({**FRESH, **self._held_by(export.connection_id), **self._prepare_document(kind, export._document())})
                export._wait_until_over()
            else:
                export.write({**FRESH, 'state': 'skipped', 'wait_code': 'mode', 'message': self.env._(
                    "%(journal)s goes to Xero in another way now, or not at all, so %(document)s does not go alone.",
                    journal=journal.display_name, document=export.document_name)})

    # === OUT === #

    def _drop_unposted(self):
        """What comes to nothing is taken out, until something is posted into it."""
        empty = self.filtered(lambda export: export.kind in LEDGER_KINDS and export._is_empty())
        for export in empty:
            export.write({**export._settled('skipped'), 'wait_code': 'empty', 'message': export._kind()._undone(export)})
        return empty | super(XeroExport, self - empty)._drop_unposted()

    def _is_empty(self):
        """Tell whether there is a document, and nothing in it to send."""
        return bool(self.day_id or self.move_id.state == 'posted') and self._stage() == 'gone'

    # === SCREEN === #

    def _compute_wait_reason(self):
        result = super()._compute_wait_reason()
        for export in self.filtered(lambda export: export.state == 'waiting' and export.wait_code == 'day_end'):
            export.wait_reason = self.env._("Goes out when the day is over, %(time)s", time=self._clock_time(export.next_try_at))
        return result

    def action_open_document(self):
        """Open the document in Odoo; of a day, its entries."""
        if not self.day_id:
            return super().action_open_document()
        return {
            'type': 'ir.actions.act_window',
            'name': self.document_name,
            'res_model': 'account.move',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('journal_id', '=', self.day_id.journal_id.id), ('date', '=', self.day_id.date), ('state', '=', 'posted')],
        }

    def action_check(self):
        """Show what would happen if the documents were exported now; for days, in the dialog that posts them."""
        if self.day_id:
            return self.env['xero.post.day']._open_for(self.day_id.journal_id, min(self.day_id.mapped('date')), max(self.day_id.mapped('date')))
        return super().action_check()
