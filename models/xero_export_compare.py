import json
from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_amount

from ..tools.xero_money import dumps, round_half_up, to_decimal

# A write is dated by the start of its transaction, which may end later than we look
OPEN_TRANSACTIONS = timedelta(minutes=5)


class XeroExport(models.Model):
    """How a document differs from what is in Xero, and what would have to be done about it."""
    _inherit = 'xero.export'

    def _compare(self, built):
        """Compare a synced document with what was sent, and say how it differs.

        :param Built built: as it would go now; None when it is not posted any more.
        """
        self.ensure_one()
        values = {'checked_at': fields.Datetime.now() - OPEN_TRANSACTIONS}
        if built is None:
            values.update(operation='update' if self.move_id.state == 'draft' else 'void', difference=self._undone())
        elif not built.digest:
            pass    # it cannot be built, so nothing can be said
        elif not self.digest or built.digest == self.digest:
            # What was found in Xero, not sent, is taken as equal from here on
            values.update(operation='create', digest=built.digest, amount_total=self.move_id.amount_total)
            values['difference'] = self._total_difference(self.xero_total, self.move_id.amount_total)
        else:
            values.update(operation='update', difference=self._changes(built))
        self.write(values)

    def _undone(self):
        if not self.move_id:
            return self.env._("%(document)s was deleted in Odoo. Void it in Xero.", document=self.document_name)
        if self.move_id.state == 'cancel':
            return self.env._("%(document)s was cancelled in Odoo. Void it in Xero.", document=self.document_name)
        return self.env._("%(document)s was reset to draft in Odoo.", document=self.document_name)

    def _changes(self, built):
        """Return, for people, which parts of a document changed since it was sent."""
        sent = json.loads(self.sent_element or '{}')
        now = json.loads(dumps(built.element))
        parts = [label for name, label in self._part_labels().items() if sent.get(name) != now.get(name)]
        changed = self.env._("Changed in Odoo since it was sent: %(parts)s.", parts=', '.join(dict.fromkeys(parts)))
        return ' '.join(filter(None, [changed, self._total_difference(self.xero_total, self.move_id.amount_total)]))

    def _part_labels(self):
        return {
            'Contact': self.env._("contact"),
            'InvoiceNumber': self.env._("number"),
            'CreditNoteNumber': self.env._("number"),
            'Date': self.env._("date"),
            'DueDate': self.env._("due date"),
            'Reference': self.env._("reference"),
            'CurrencyCode': self.env._("currency"),
            'CurrencyRate': self.env._("currency rate"),
            'LineItems': self.env._("lines"),
        }

    def _total_difference(self, theirs, ours):
        """Return a sentence with both totals if they differ, else False.

        :param theirs: total in Xero, None when it is not known.
        """
        if theirs is None or round_half_up(to_decimal(theirs)) == round_half_up(to_decimal(ours)):
            return False
        return self.env._(
            "The total is %(ours)s in Odoo and %(theirs)s in Xero.",
            ours=format_amount(self.env, float(ours), self.currency_id), theirs=format_amount(self.env, float(theirs), self.currency_id))
