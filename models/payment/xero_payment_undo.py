from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, plaintext2html

from ...const import FINAL_STATUSES
from ..connection.xero_connection_policy import MONEY_JOURNALS

ACTIVITY = 'account_xero.mail_activity_type_xero_payment'
ENDED = ('canceled', 'rejected')    # values of `account.payment.state`
NOT_POSTED = ('draft', 'cancel')    # values of `account.move.state`


class XeroPayment(models.Model):
    """Takes payments back that were deleted in Xero, if nobody used them in Odoo since; else an activity asks a person to decide.

    What a person took back in Odoo and is still in Xero waits for a person, too.
    """
    _inherit = 'xero.payment'

    def _undo(self):
        """Take back these payments, which are deleted in Xero."""
        for row in self:
            if not row.payment_id:
                row._set_state(*row._gone_words())
            elif reason := row._use_words():
                row._ask_to_undo(reason)
            else:
                row._take_back()

    def _gone_words(self):
        """Return state and reason of a deleted payment that is not in Odoo."""
        if self.payment_date:
            return 'undone', self.env._("It was deleted in Xero. In Odoo, somebody had deleted it before.")
        if self.batch_ref and self.env['xero.export'].search_count(
                [('connection_id', '=', self.connection_id.id), ('batch_ref', '=', self.batch_ref)], limit=1):
            return 'ignored', self.env._("Odoo sent it to Xero in a batch payment, and removed it there with the batch.")
        return 'ignored', self.env._("It was deleted in Xero before it was registered in Odoo.")

    def _take_back(self):
        """Undo the reconciliation of the payment and cancel it, by Odoo's methods, unless a person has done so."""
        payment, move = self.payment_id, self.payment_id.move_id
        if move.state == 'cancel' or (not move and payment.state in ENDED):
            self._set_state('undone', self.env._("It was deleted in Xero. In Odoo, somebody had cancelled it before."))
        else:
            self._cancel()
            words = self.env._(
                "%(payment)s (%(amount)s) was deleted in Xero (%(organisation)s), so it was cancelled here.",
                payment=payment._get_html_link(title=payment.name), amount=format_amount(self.env, self.amount, payment.currency_id),
                organisation=self.connection_id.organisation_name)
            self._set_state('undone', self.env._("It was deleted in Xero, and cancelled in Odoo."))
            payment._message_log(body=words)
            self.move_id._message_log(body=words) if self.move_id else None
        self._close_activity()
        self.credit_id._allocate()

    def _cancel(self):
        """Cancel the payment. Its entry keeps its number: Odoo's method would delete a draft, or refuse to, because the number is used."""
        payment, move = self.payment_id, self.payment_id.move_id
        if move.state == 'draft':
            move.button_cancel()
            payment.state = 'canceled'
            return
        if move.state == 'posted':
            move.line_ids.remove_move_reconcile()
        payment.action_cancel()

    def _use_words(self):
        """Return, for people, how the payment was used in Odoo since it was registered, so that Odoo must not cancel it; empty if it was not."""
        payment, move = self.payment_id, self.payment_id.move_id
        if not move or move.state == 'cancel':
            return ''   # a person has cancelled it already
        liquidity, counterpart, _others = payment._seek_for_lines()
        if liquidity.matched_debit_ids or liquidity.matched_credit_ids:
            return self.env._("it is matched with a bank statement")
        if move.state == 'draft':
            return ''   # a person has reset it
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
        if not self._asked_to_undo():
            for user in self.connection_id._members().filtered(lambda user: self.company_id in user.company_ids):
                self.payment_id.with_context(lang=user.lang, tz=user.tz).activity_schedule(
                    ACTIVITY, user_id=user.id, note=plaintext2html(words), date_deadline=fields.Date.context_today(self))
            self.payment_id._message_log(body=Markup('%s') % words)
        self._set_state('blocked', words, 'built_on')

    def _asked_to_undo(self):
        """Return those of these payments about which a person was asked because they are deleted in Xero and used in Odoo."""
        return self.filtered(lambda row: row.state == 'blocked' and row.reason_code == 'built_on')

    def _close_activity(self):
        """Close the tasks about these payments."""
        self.payment_id.activity_unlink([ACTIVITY])

    # === TAKEN BACK IN ODOO === #

    def _is_live(self):
        """Return whether there is a payment in Odoo that counts: it is no draft and not cancelled."""
        return bool(self.payment_id) and self.payment_id.state not in ('draft', *ENDED) and self.payment_id.move_id.state not in NOT_POSTED

    @api.model
    def _find_withdrawn(self, connection):
        """Say which payments a person reset to draft, cancelled or deleted in Odoo, though they are still in Xero."""
        # By journal and state, entries have an index
        journals = self.env['account.journal'].with_context(active_test=False).search([('type', 'in', MONEY_JOURNALS)])
        entries = self.env['account.move']._search([('journal_id', 'in', journals.ids), ('state', 'in', NOT_POSTED)])
        rows = self.search([
            ('connection_id', '=', connection.id), ('is_due', '=', False), ('state', 'in', ('done', 'open')), ('xero_status', 'not in', FINAL_STATUSES),
            '|', ('payment_id', '=', False), '|', ('payment_id.state', 'in', ('draft', *ENDED)), ('payment_id.move_id', 'in', entries)])
        for row in rows:
            row._set_state('blocked', row._withdrawn_words(), 'withdrawn', asked_by_id=False, applied=False)

    def _withdrawn_words(self):
        names = {'payment': self.payment_id.display_name, 'organisation': self.connection_id.organisation_name}
        if not self.payment_id:
            return self.env._(
                "Somebody deleted the payment in Odoo, and it is still in Xero (%(organisation)s). Press Register to register it again, or Ignore if it "
                "must not be in Odoo.", **names)
        if self.payment_id.state in ENDED or self.payment_id.move_id.state == 'cancel':
            return self.env._(
                "Somebody cancelled %(payment)s in Odoo, and it is still in Xero (%(organisation)s). Press Register to post it again, or Ignore if it must "
                "not be in Odoo.", **names)
        return self.env._(
            "Somebody reset %(payment)s to draft in Odoo, and it is still in Xero (%(organisation)s). Post it or press Register, or press Ignore if it "
            "must not be in Odoo.", **names)

    def _without_withdrawn(self):
        """Return these payments without those that a person took back in Odoo. One that a person wants again is posted again, or registered if it is gone."""
        rows = self.filtered(lambda row: not row._is_live() if row.payment_id else row.reason_code == 'withdrawn')
        left = rows.filtered(lambda row: not row.asked_by_id)
        left.is_due = False
        posted = (rows - left).filtered('payment_id')
        for row in posted:
            row._post_again()
        live = self.filtered(lambda row: row.state in ('blocked', 'ignored') and row._is_live()) | posted
        live._reconcile()
        live._settle(dict.fromkeys(live, ''))
        posted._tell()
        (live | live.credit_id)._allocate()
        return self - left

    def _post_again(self):
        """Post the payment again, with the entry that it had.

        :raise UserError: it was changed, or Odoo refuses it.
        """
        payment, move = self.payment_id, self.payment_id.move_id
        if not self._has_amount_of(payment):
            raise UserError(self.env._(
                "%(payment)s was changed and has another amount than in Xero. Change it, or delete it, and press Register", payment=payment.display_name))
        if move.state == 'cancel':
            move.button_draft()
        payment.state = 'draft'
        payment.action_post()
