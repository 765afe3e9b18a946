from odoo import models

from ...tools.xero_money import round_half_up, to_decimal
from ..connection.xero_connection_policy import TO_XERO

LINKED_AT_ONCE = 1000


class XeroComparison(models.AbstractModel):
    """What is paid on the documents that a first sync linked: what differs between both sides is listed, whatever the alarm says.

    It is compared when the payments of these documents were read from Xero and registered, and what Odoo sends was sent.
    """
    _inherit = 'xero.comparison'

    def _compare_linked(self, connection):
        """Open differences of documents that were linked since the last call and are paid differently in Odoo and in Xero."""
        Document = self.env['xero.first.sync.document']
        rows = Document.search([('first_sync_id.connection_id', '=', connection.id), ('compares_paid', '=', True)], limit=LINKED_AT_ONCE)
        if not rows or not self._has_read_payments(connection):
            return
        known, only_xero, only_odoo = self._known_money(rows.export_id), [], []
        for row in rows.filtered(lambda row: row.export_id._desired_state() == 'present' and row.export_id.xero_id == row.xero_id):
            export = row.export_id
            theirs = round_half_up(to_decimal(row.xero_settled)) + known[export].sent
            if self._missing_amount(export, theirs, known[export]) > 0:
                only_xero.append(self._paid_values(export, theirs, to_decimal(row.xero_credited), known[export]))
            elif self._excess_amount(export, theirs, known[export]) > 0:
                only_odoo.append(self._paid_odoo_values(export, theirs, known[export]))
        self.env['xero.difference']._open_rows([*only_xero, *only_odoo])
        rows.compares_paid = False

    def _has_read_payments(self, connection):
        """Return whether nothing is under way that may pay documents on one of both sides."""
        payments, Export = self.env['xero.feed.payments'], self.env['xero.export']
        if connection.first_sync_id or Export._has_due(connection):
            return False
        if not payments._is_on(connection):
            return True
        position = self.env['xero.feed.position'].search([('connection_id', '=', connection.id), ('feed', '=', payments._feed_name())])
        return bool(position.read_at or position.postponed_to) and not payments._has_work(connection)

    # === PAID ONLY IN ODOO === #

    def _excess_amount(self, export, theirs, known):
        """Return how much more is paid in Odoo than in Xero (Decimal), without what Odoo has not sent yet.

        :param Decimal theirs: what is paid or allocated in Xero.
        :param Known known: of the document.
        """
        return self._settled_in_odoo(export.move_id) - known.unsent_amount - round_half_up(to_decimal(theirs)) + known.undone

    def _paid_odoo_values(self, export, theirs, known):
        """Return the values of a difference about a document on which less is paid in Xero; parameters as of `_excess_amount`."""
        currency, ours = export.currency_id, float(self._settled_in_odoo(export.move_id))
        names = {'ours': currency.format(ours), 'theirs': currency.format(float(theirs))}
        words = [self.env._("%(ours)s is paid or reconciled in Odoo, and %(theirs)s in Xero.", **names)]
        if export.is_from_xero:
            words.append(self.env._(
                "The credit note was made in Xero: undo the reconciliation in Odoo that Xero does not have any more, or allocate it there in the same way."))
        elif export.connection_id._payment_journals(TO_XERO):
            words.append(self.env._(
                "A payment that is skipped says why in its export. One that is older than Payments to Xero since of its journal is not sent: choose an "
                "earlier day there, or enter it in Xero."))
        else:
            words.append(self.env._("Enter it in Xero."))
        words.append(self.env._("Or keep both as they are, with a reason."))
        return {
            **self.env['xero.difference']._values_of(export, 'paid_odoo', ' '.join(words)), 'odoo_total': ours, 'xero_total': float(theirs),
            'fingerprint': str(round_half_up(theirs)), 'settled': {'sent': float(known.sent)}}

    def _follow_paid_odoo(self, export, theirs, known):
        """End the open difference of a document about what is paid only in Odoo, or update its amounts; parameters as of `_excess_amount`.

        One is opened for a credit note that was made in Xero: Odoo has reconciled it, and somebody removed its allocation there.
        """
        row = export.difference_ids.filtered(lambda row: row.topic == 'paid_odoo' and row.state == 'open')     # those of all exports are read at once
        if not row:
            if export.is_from_xero and self._excess_amount(export, theirs, known) > 0:
                self.env['xero.difference']._open_rows([self._paid_odoo_values(export, theirs, known)])
            return
        if export._desired_state() == 'absent' or (export.move_id and self._excess_amount(export, theirs, known) <= 0):
            row._settle('ended')
        elif export._desired_state() == 'present':
            values = self._paid_odoo_values(export, theirs, known)
            row.write({name: value for name, value in values.items() if name in ('text', 'odoo_total', 'xero_total', 'settled') and row[name] != value})
