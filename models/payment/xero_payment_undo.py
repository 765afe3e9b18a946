from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_amount, plaintext2html

ACTIVITY = 'account_xero.mail_activity_type_xero_payment'


class XeroPayment(models.Model):
    """Takes payments back that were deleted in Xero, if nobody used them in Odoo since; else an activity asks a person to decide."""
    _inherit = 'xero.payment'

    def _undo(self):
        """Take back these payments, which are deleted in Xero."""
        for row in self:
            if not row.payment_id:
                was_registered = row.state in ('done', 'open')
                row._set_state(*row._gone_words(was_registered))
            elif reason := row._use_words():
                row._ask_to_undo(reason)
            else:
                row._take_back()

    def _gone_words(self, was_registered):
        """Return state and reason of a deleted payment that is not in Odoo."""
        if was_registered:
            return 'undone', self.env._("It was deleted in Xero. In Odoo, somebody had deleted it before.")
        if self.batch_ref and self.env['xero.export'].search_count(
                [('connection_id', '=', self.connection_id.id), ('batch_ref', '=', self.batch_ref)], limit=1):
            return 'ignored', self.env._("Odoo sent it to Xero in a batch payment, and removed it there with the batch.")
        return 'ignored', self.env._("It was deleted in Xero before it was registered in Odoo.")

    def _take_back(self):
        """Undo the reconciliation of the payment and cancel it, by Odoo's methods."""
        payment, move = self.payment_id, self.payment_id.move_id
        if move and move.state == 'posted':
            move.line_ids.remove_move_reconcile()
        # A draft would be deleted, though its entry has a number; a posted entry becomes a cancelled one
        payment.action_cancel()
        words = self.env._(
            "%(payment)s (%(amount)s) was deleted in Xero (%(organisation)s), so it was cancelled here.", payment=payment._get_html_link(title=payment.name),
            amount=format_amount(self.env, self.amount, payment.currency_id), organisation=self.connection_id.organisation_name)
        self._set_state('undone', self.env._("It was deleted in Xero, and cancelled in Odoo."))
        (payment | self.payment_id)._message_log(body=words)
        self.move_id._message_log(body=words) if self.move_id else None
        self._close_activity()
        self.credit_id._allocate()

    def _use_words(self):
        """Return, for people, how the payment was used in Odoo since it was registered, so that Odoo must not cancel it; empty if it was not."""
        payment, move = self.payment_id, self.payment_id.move_id
        if not move or move.state != 'posted':
            return ''   # a person has reset or cancelled it already
        liquidity, counterpart, _others = payment._seek_for_lines()
        if liquidity.matched_debit_ids or liquidity.matched_credit_ids:
            return self.env._("it is matched with a bank statement")
        if move.inalterable_hash or self.company_id._get_violated_lock_dates(move.date, False, move.journal_id):
            return self.env._("its date is locked in Odoo")
        if payment.currency_id.compare_amounts(payment.amount, self.amount) or payment.date != self.payment_date or payment.journal_id != self.journal_id:
            return self.env._("it was edited")
        partials = counterpart.matched_debit_ids | counterpart.matched_credit_ids
        ours = move | self.move_id | self.credit_id.payment_id.move_id | move.browse((self.applied or {}).values())
        others = (partials.debit_move_id | partials.credit_move_id).move_id - ours
        if others.filtered(lambda other: not other.exchange_diff_partial_ids):
            return self.env._("it is reconciled with other entries")
        return ''

    def _ask_to_undo(self, reason):
        """Ask the invoice admins, once, to decide about a payment that is deleted in Xero and used in Odoo.

        :param str reason: a clause.
        """
        words = self.env._(
            "%(payment)s was deleted in Xero (%(organisation)s). Odoo did not cancel it, because %(reason)s. Undo that and cancel the payment, or "
            "enter the payment in Xero again.", payment=self.payment_id.name, organisation=self.connection_id.organisation_name, reason=reason)
        if not (self.state == 'blocked' and self.reason_code == 'built_on'):
            for user in self.connection_id._members().filtered(lambda user: self.company_id in user.company_ids):
                self.payment_id.with_context(lang=user.lang, tz=user.tz).activity_schedule(
                    ACTIVITY, user_id=user.id, note=plaintext2html(words), date_deadline=fields.Date.context_today(self))
            self.payment_id._message_log(body=Markup('%s') % words)
        self._set_state('blocked', words, 'built_on')

    def _close_activity(self):
        """Close the tasks about these payments."""
        self.payment_id.activity_unlink([ACTIVITY])
