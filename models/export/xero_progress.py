from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..connection.xero_border import INDEX
from .xero_export_values import HELD

SETTLED = ('synced', 'failed', 'skipped')
ASKED_SHOWN = 10_000    # that a person may follow
ROWS_SHOWN = 50     # in the dialog that shows the progress
WATCHED = timedelta(seconds=20)     # how long the dialog polls; it does not wait for later tries


class XeroProgress(models.AbstractModel):
    """How far exports are that a person waits for: the calls of the components that follow them."""
    _name = 'xero.progress'
    _description = "Progress of Exports"

    @api.model
    def _ask_for(self, moves):
        """Queue documents that a user requests to be sent now.

        :return: their exports, in sudo.
        """
        exports = self.browse().union(*moves.xero_export_ids)
        exports |= self._enqueue(moves.filtered(lambda move: not move.xero_export_ids))
        exports._requeue()
        return exports

    def _follow_action(self, notice=''):
        """Return the action of the dialog that shows the progress of these exports. It writes nothing, because the dialog may not be opened.

        :param str notice: a sentence to show in the dialog.
        """
        return {
            'type': 'ir.actions.client',
            'tag': 'account_xero_follow',
            'name': self.env._("Export to Xero"),
            'target': 'new',
            'params': {'export_ids': self.ids, 'notice': notice},
        }

    @api.model
    @api.readonly
    def get_progress(self, export_ids):
        """Return the progress of exports, with a few queries for any number of them.

        :return: dict of `total`, `done` (those with an outcome), a number for each state, `finished`, and `rows` (id, name, state, message)
            of some, those first that somebody has to know of.
        """
        domain = self._ids_domain(export_ids)
        counts = self._count_states(domain)
        total, done = sum(counts.values()), sum(counts[state] for state in SETTLED)
        return {
            **counts,
            'total': total,
            'done': done,
            'finished': total - done == (self._count_held(domain) if done < total else 0),
            'rows': [
                {'id': export.id, 'name': export.document_name, 'state': export.state,
                 'message': export.message or (export.wait_reason if export.state not in SETTLED else '') or ''}
                for export in self._rows_to_show(domain, total)
            ],
        }

    @api.model
    @api.readonly
    def get_asked(self):
        """Return the ids of the exports that the user sent again, by a button, and that are on their way."""
        return self.search(self._moving_domain() & Domain('asked_by_id', '=', self.env.uid), limit=ASKED_SHOWN).ids

    @api.model
    def _ids_domain(self, export_ids):
        """Return the domain of exports for ids from outside.

        :raise UserError: these are no ids.
        """
        if not isinstance(export_ids, (list, tuple)) or not all(type(given) is int for given in export_ids):
            raise UserError(self.env._("Exports are named by a list of numbers. Load the page again."))
        return Domain('id', 'in', [given for given in set(export_ids) if 0 < given < INDEX])

    @api.model
    def _count_held(self, domain):
        """Return the number of exports without an outcome that will not get one while the dialog is open."""
        beyond = fields.Datetime.now() + WATCHED
        held = Domain('wait_code', 'in', HELD) | Domain('wait_for_id.state', 'in', SETTLED) | Domain('connection_id.resume_at', '>', beyond)
        # In sudo, because the user may not have access to the exports that these wait for
        return self.sudo().search_count(Domain('id', 'in', self._search(domain & Domain('state', 'not in', SETTLED))) & held)

    @api.model
    def _rows_to_show(self, domain, total):
        names = ['document_name', 'state', 'message', 'connection_id']
        if total <= ROWS_SHOWN:
            return self.search_fetch(domain, names)
        rows = self.search_fetch(domain & Domain('state', '=', 'failed'), names, limit=ROWS_SHOWN)
        rows += self.search_fetch(domain & Domain('state', 'not in', SETTLED), names, limit=ROWS_SHOWN - len(rows)) if len(rows) < ROWS_SHOWN else rows.browse()
        return rows

    @api.model
    def tell_me_when_done(self, export_ids):
        """Let the slice notify the user when these exports have an outcome, because the dialog was closed."""
        exports = self.search(self._ids_domain(export_ids) & Domain('state', 'not in', SETTLED))
        exports.sudo().write({'asked_by_id': self.env.uid, 'tell_user': True})
