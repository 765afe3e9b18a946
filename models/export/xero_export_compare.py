from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.tools import format_amount

from ...tools.xero_money import json_number, round_half_up, to_decimal
from .xero_export_state import UNKNOWN, VOID

# A write is dated by the start of its transaction, which may end later than we look
OPEN_TRANSACTIONS = timedelta(minutes=5)


class XeroExport(models.Model):
    """How a document differs from what is in Xero, and what would have to be done about it."""
    _inherit = 'xero.export'

    def _compare(self, built):
        """Compare a synced document with what was sent, and say how it differs.

        :param Payload built: as it would go now; None when it is not posted any more.
        """
        self.ensure_one()
        values = {'checked_at': fields.Datetime.now() - OPEN_TRANSACTIONS}
        self.write(values)
        if built is None:
            self._compare_undone()
        elif not built.digest:
            pass    # it cannot be built, so nothing can be said
        elif self._is_undone():
            self._start_over()
        elif not self.digest or built.digest == self.digest or self._is_as_sent(built):
            # What was found in Xero, not sent, is taken as equal from here on
            total = self._total_now(built)
            self._set_equal(
                digest=built.digest, sent_parts=built.parts or False, amount_total=total, xero_seen_at=False,
                difference=self._total_difference(self.xero_total, total))
        elif built.digest != self.left_digest:
            self._queue_change('update', self._changes(built), built)
        if built and self._lacks_mark(built):
            self._queue_mark()

    def _compare_undone(self):
        undone = self._kind()._undone_words(self)
        if self._desired_state() == 'pending' and self._is_undone():
            pass    # void already: posted again, it starts over
        elif self._desired_state() == 'pending':
            # Still being edited: wait until it is posted or cancelled
            self._set_equal(difference=undone)
        elif not self._is_undone() and self.left_digest != VOID:
            self._queue_change('void', undone)

    def _total_now(self, built=None):
        """Return the total that the document has in Odoo now.

        :param Payload built: as it would go now, if that is known.
        """
        if not self._kind()._has_own_total:
            return float(built.total) if built else self.amount_total
        return self._prepare_document(self.kind, self._document())['amount_total']

    def _changes(self, built):
        """Return, for people, which parts of a document changed since it was sent."""
        versions = self._sent_versions()
        parts = self._changed_parts(built, versions[0] if versions else {})
        changed = self.env._("Changed in Odoo since it was sent: %(parts)s.", parts=', '.join(dict.fromkeys(parts)))
        return ' '.join(filter(None, [changed, self._total_difference(self.xero_total, self._total_now(built))]))

    def _changed_parts(self, built, sent):
        """Return the labels of the parts that changed in Odoo and would go out otherwise than in a version that was sent."""
        changed = self._kind()._changed_in_odoo(built)
        return [
            label for name, label in self._kind()._part_labels().items()
            if (changed is None or name in changed) and _comparable(sent.get(name)) != _comparable(built.element.get(name))]

    def _is_as_sent(self, built):
        """Return whether what changed in Odoo makes no difference in Xero, such as analytics that are not tracked."""
        versions = self._sent_versions()
        return self.digest != UNKNOWN and not built.problems and len(versions) == 1 and not self._changed_parts(built, versions[0])

    def _total_difference(self, theirs, ours):
        """Return a sentence with both totals if they differ, else False.

        :param theirs: total in Xero, None when it is not known.
        """
        if theirs is None or round_half_up(to_decimal(theirs)) == round_half_up(to_decimal(ours)):
            return False
        return self.env._(
            "The total is %(ours)s in Odoo and %(theirs)s in Xero.",
            ours=format_amount(self.env, float(ours), self.currency_id), theirs=format_amount(self.env, float(theirs), self.currency_id))


def _comparable(value):
    """Return a part of an element, sent or built, without line ids, and with numbers as text."""
    if isinstance(value, dict):
        return {name: _comparable(part) for name, part in value.items() if name != 'LineItemID'}
    if isinstance(value, list):
        return [_comparable(part) for part in value]
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return json_number(to_decimal(value))
    return value or None
