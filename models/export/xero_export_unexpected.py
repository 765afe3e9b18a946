import logging

from odoo import models
from odoo.tools import SQL

from ..connection.containment import EXPECTED, contain_quietly

_logger = logging.getLogger(__name__)


class XeroExport(models.Model):
    """Errors that are none of Xero's: told on the document, which is then not tried again until a person asks for it."""
    _inherit = 'xero.export'

    def _fail_unexpectedly(self, error, saved=None):
        """End a try by an error that is none of Xero's. It must not fail itself, or the row would be tried for ever.

        What is in Xero is never created again: *Resync* reads it there and goes on from that.

        :param Exception error: what was raised.
        :param dict saved: values to remember of what Xero saved: its id, number, status.
        """
        self.ensure_one()
        values = dict(saved or {})
        if (saved or self.xero_id) and self.operation == 'create':
            values['operation'] = 'update'
        message = self.env._(
            "%(document)s met an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log, then resync.",
            document=self.document_name or self.env._("The document"), error=type(error).__name__)
        try:
            with self.env.cr.savepoint():
                self._fail('data', message)
                self.write(values)
        except EXPECTED:
            raise
        except Exception:
            _logger.exception("Export %s cannot be written in the usual way", self.id)
            self._fail_plainly({**values, 'state': 'failed', 'cause': 'data', 'message': message})
        contain_quietly(self.env, self._conclude)

    def _leave_unlooked(self, error):
        """It may be in Xero, and an error in Odoo kept us from finding it there: it is looked for before it is sent again."""
        self.unseen_since = self.create_date
        self._fail_unexpectedly(error)

    def _warn_of_silence(self, error):
        """What became of the document could not be written into its chatter: its export says so."""
        contain_quietly(self.env, lambda: self.write({'warning': '\n'.join(filter(None, [self.warning, self.env._(
            "The note for %(document)s could not be written, by an error in Odoo (%(error)s). Ask your administrator to look into Odoo's log.",
            document=self.document_name, error=type(error).__name__)]))}))

    def _fail_plainly(self, values):
        """Write columns of the export past the ORM, and the state that its document shows."""
        self.flush_recordset()
        assignments = {**values, 'wait_code': None, 'next_try_at': None, 'wait_for_id': None}
        sets = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in assignments.items())
        self.env.cr.execute(SQL("UPDATE xero_export SET %s WHERE id = %s", sets, self.id))
        if self.move_id:
            self.env.cr.execute(SQL("UPDATE account_move SET xero_state = 'failed' WHERE id = %s", self.move_id.id))
        self.env.invalidate_all(flush=False)
