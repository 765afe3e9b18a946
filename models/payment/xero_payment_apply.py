from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from ...const import FINAL_STATUSES
from ..connection.xero_connection_policy import FROM_XERO
from . import alike, payment_element
from .open_day import first_open_day

PORTION = 100       # payments of one transaction
REFUSED_PAUSES = [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1)]   # then the last, again and again
QUIET = {'tracking_disable': True, 'mail_create_nolog': True, 'mail_create_nosubscribe': True}


class Plan(NamedTuple):
    """How a payment is registered: the values of `account.payment`, and a sentence about its date if that is not Xero's."""
    values: dict
    note: str


class XeroPayment(models.Model):
    """Registers payments in Odoo: in portions, each in one transaction with the rows that say so."""
    _inherit = 'xero.payment'

    # === PORTIONS === #

    @api.model
    def _due_domain(self, connection):
        return Domain('connection_id', '=', connection.id) & Domain('is_due', '=', True)

    @api.model
    def _apply_due(self, slice):
        """Register the next portion of payments, or take back those that were deleted in Xero. The caller commits.

        :param slice: `models.steps.slice.Slice`.
        """
        due = self.search(self._due_domain(slice.connection), order='id', limit=PORTION)
        for company, rows in due.grouped('company_id').items():
            slice.contain(rows.with_company(company), lambda some: some._apply(), tell=lambda row, error: row._set_refused(error), refusals=UserError)

    def _set_refused(self, error):
        """Store that Odoo did not register the payment, or did not take it back.

        :param Exception error: raised by Odoo.
        """
        words = str(error) if isinstance(error, UserError) else self.env._(
            "an unexpected error (%(error)s), which is in Odoo's log", error=type(error).__name__)
        self._set_state(
            'blocked', self.env._("Odoo refused it: %(words)s. It is tried again later, less often each time. Press Register to try it now.",
                                  words=words.rstrip('.')),
            'refused', retry_count=self.retry_count + 1,
            next_try_at=fields.Datetime.now() + REFUSED_PAUSES[min(self.retry_count, len(REFUSED_PAUSES) - 1)])

    def _apply(self):
        """Bring Odoo in line with these payments. All are of one company and connection."""
        theirs = self - self._leave_ours()
        deleted = theirs.filtered(lambda row: row._is_deleted())
        deleted._undo()
        present = (theirs - deleted)._without_withdrawn()
        plans = present._plans()
        known = present.filtered(lambda row: row.payment_id)
        known.is_due = False
        known._allocate()
        if not plans:
            return
        rows = self.browse(row.id for row in plans)
        rows._create_payments(plans)
        rows.payment_id.with_context(**QUIET).action_post()
        rows._reconcile()
        rows._settle({row: plan.note for row, plan in plans.items()})
        rows._tell()
        (rows | rows.credit_id)._allocate()

    # === PLANNING === #

    def _plans(self):
        """Return a dict: row → `Plan`, for payments that can be registered now. The others get a state and a reason."""
        new = self.filtered(lambda row: not row.payment_id)
        if not new:
            return {}
        new._find_accounts()
        mappings = self.env['xero.mapped.bank']._rows_by_account(self.connection_id)
        undecided = new._undecided()
        outgoing, same = {**undecided, **new.export_id._outgoing_payments()}, new._alike()
        plans = {}
        for row in new:
            rows = row._mappings(mappings)
            journal, problem = row._find_journal(rows) if row.sort == 'payment' else row._credit_journal(rows)
            if problem := problem or row._obstacle(journal, outgoing):
                row._set_state(*problem)
            elif same[row] and not row.asked_by_id:
                row._ask_whether_same(same[row])
            else:
                plans[row] = row._plan(journal, rows.filtered(lambda one, journal=journal: one.journal_id == journal))
        return plans

    def _find_accounts(self):
        """Set the account of payments that were read before Odoo knew it."""
        without = self.filtered(lambda row: row.account_ref and not row.xero_account_id)
        accounts = self._accounts_by_ref(without.connection_id) if without else {}
        for row in without.filtered(lambda row: row.account_ref in accounts):
            row.xero_account_id = accounts[row.account_ref]

    def _mappings(self, mappings):
        """Return the rows of `xero.mapping` that can name the journal of the payment.

        :param dict mappings: account in Xero → rows.
        """
        if self.sort == 'payment':
            return mappings.get(self.xero_account_id, self.env['xero.mapping'])
        return self.env['xero.mapping'].union(*mappings.values())

    def _find_journal(self, mappings):
        """Return the journal of the payment, and why there is none: a tuple of state, reason and code, or None.

        :param mappings: rows of `xero.mapping` whose target is the account in Xero.
        """
        names = {'account': self.xero_account_id.display_name or self.env._("an account that Odoo does not know"), 'connection': self.connection_id.name}
        mapped = mappings.filtered(lambda row: row.journal_id.company_id in self.company_id.parent_ids).journal_id
        journals = mapped.filtered('active')
        if mapped and not journals:
            return journals, ('waiting', self.env._(
                "It was paid on %(account)s in Xero, and %(journal)s, which is mapped to this account, is archived. Choose the account for another "
                "journal in the mapping of %(connection)s.", journal=mapped[0].name, **names), 'mapping')
        if not journals:
            return journals, ('waiting', self.env._(
                "It was paid on %(account)s in Xero, and no journal is mapped to this account. Choose the account for a journal in the mapping of "
                "%(connection)s.", **names), 'mapping')
        wanted = journals.filtered(lambda journal: journal.xero_payments in FROM_XERO)
        if not wanted:
            return journals, ('ignored', self.env._(
                "The journal %(journal)s takes no payments from Xero. Change this on the journal, if it should.", journal=journals[0].name), 'policy')
        return wanted[0], None

    def _obstacle(self, journal, outgoing):
        """Return why the payment must not be registered now: a tuple of state, reason and code, or None.

        :param dict outgoing: export of a document → export of a payment of it that is on its way to Xero, or was deleted there.
        """
        if not self.asked_by_id and journal.xero_payments_since and self.date < journal.xero_payments_since:
            return 'ignored', self.env._(
                "It is older than %(date)s, since when the journal %(journal)s takes payments from Xero. Press Register if it is missing in Odoo.",
                date=self._written(journal.xero_payments_since), journal=journal.name), 'early'
        if self.export_id in outgoing and outgoing[self.export_id]._awaits_decision():
            return 'blocked', self.env._(
                "The payment %(payment)s of %(document)s was deleted in Xero, and this one could replace it. Decide about that difference first.",
                document=self.document_number, payment=outgoing[self.export_id].document_name), 'outgoing'
        if self.export_id in outgoing:
            return 'blocked', self.env._(
                "A payment of %(document)s is on its way from Odoo to Xero (%(payment)s), and could be the same. It is registered when that one "
                "is in Xero, or is skipped.", document=self.document_number, payment=outgoing[self.export_id].document_name), 'outgoing'
        if not self._currency(self.currency_code):
            return 'blocked', self.env._("Odoo does not use the currency of this payment (%(code)s). Activate it.", code=self.currency_code), 'currency'
        return None

    # === WHAT ODOO HAS ALREADY === #

    def _leave_ours(self):
        """Leave payments alone that Odoo sent to Xero: they may have been read before Odoo knew their ids.

        :return: these payments.
        """
        exports = self._exports_by_ref(self.connection_id, self.mapped('xero_id'))
        ours = self.filtered(lambda row: row.xero_id in exports and not row.payment_id)
        for row in ours:
            row._set_state('ignored', self.env._("Odoo sent this payment to Xero (%(payment)s).", payment=exports[row.xero_id].document_name))
        return ours

    def _money_kinds(self):
        """Return a list of the names of the kinds that are payments."""
        return [kind._kind_name() for kind in self.env['xero.kind']._all() if kind._moves_money]

    def _undecided(self):
        """Return a dict: export of a document → export of a payment of it that was deleted in Xero, which a person has to decide about."""
        exports = self.env['xero.export'].search([
            ('invoice_export_id', 'in', self.export_id.ids), ('kind', 'in', self._money_kinds()), ('state', '=', 'synced'), ('operation', '!=', 'none'),
            ('xero_status', 'in', FINAL_STATUSES)])
        return {export.invoice_export_id: export for export in exports}

    def _alike(self):
        """Return a dict: row → list of `Alike`, the payments in Odoo that could be the same one, though nothing says so.

        They are payments without an entry, which reconcile nothing, and those that `alike.booked` finds.
        """
        payments = self.filtered(lambda row: row.sort == 'payment')
        linked = self.search([('move_id', 'in', self.move_id.ids), ('payment_id', '!=', False)]).payment_id
        found = {row: row._alike_of_credit() for row in self - payments}
        for row, booked in alike.booked(payments).items():
            unbooked = row.move_id.matched_payment_ids.filtered(
                lambda payment: not payment.move_id and payment.state in payment._valid_payment_states()) - linked
            found[row] = [*(alike.Alike(payment.display_name, payment) for payment in unbooked), *booked]
        return found

    def _ask_whether_same(self, found):
        """Leave it to a person whether the payment is one that Odoo has already.

        :param list found: `alike.Alike`.
        """
        same = [one.payment for one in found if one.payment and self._has_amount_of(one.payment)]
        self._set_state('blocked', self.env._(
            "Odoo has a payment of %(document)s that could be the same (%(payments)s). If it is, press It Is This One, or Ignore where that is not "
            "offered; if it is not, press Register.", document=self.document_number or self.partner_id.display_name,
            payments=', '.join(one.name for one in found)), 'same', same_payment_id=same[0].id if same else False)

    def _has_amount_of(self, payment):
        return payment.currency_id.name == self.currency_code and not payment.currency_id.compare_amounts(payment.amount, self.amount)

    # === THE PAYMENT IN ODOO === #

    def _plan(self, journal, mappings):
        """Return the `Plan` to register the payment.

        :param journal: `account.journal`.
        :param mappings: the journal's rows of `xero.mapping` that have the account: its own, and those of payment methods.
        """
        move, company, currency = self.move_id, self.company_id, self._currency(self.currency_code)
        payment_type, partner_type = payment_element.TYPES[self.type]
        date, note = self._first_open_date(journal)
        lines = journal._get_available_payment_method_lines(payment_type)
        if all(mappings.mapped('payment_method_line_id')):
            lines = mappings.payment_method_line_id & lines or lines
        method = lines.filtered(lambda line: line.code == 'manual')[:1] or lines[:1]
        values = {
            'journal_id': journal.id, 'company_id': company.id, 'payment_type': payment_type, 'partner_type': partner_type,
            'partner_id': (move.commercial_partner_id or self.partner_id.commercial_partner_id).id, 'amount': self.amount,
            'currency_id': currency.id, 'date': date, 'memo': self._memo(), 'payment_method_line_id': method.id,
        }
        if account := self._terms().account_id[:1]:
            values['destination_account_id'] = account.id
        if account := method.payment_account_id:
            values['outstanding_account_id'] = account.id
        if balance := self._balance(currency):
            values['force_balance'] = balance
        return Plan(values, note)

    def _balance(self, currency):
        """Return the value of the payment in the company's currency, None for a payment in this currency, or if Xero does not say it.

        It is the money on a bank account in that currency, else it follows from Xero's rate, which is rounded.

        :param currency: `res.currency` of the payment.
        """
        base = self.company_id.currency_id
        if currency == base:
            return None
        if self.bank_amount > 0 and (self.xero_account_id.currency_code or self.connection_id.currency_id.name) == base.name:
            return base.round(self.bank_amount)
        return base.round(self.amount / self.rate) if self.rate > 0 else None

    def _first_open_date(self, journal):
        """Return Xero's date, or the first day after it that is open in Odoo, and a sentence if it is another day."""
        date = first_open_day(self.company_id, journal, self.date)
        if date == self.date:
            return date, ''
        return date, self.env._(
            "Its date in Xero is %(xeros)s. That day is locked in Odoo, so it is registered on %(date)s.",
            xeros=self._written(self.date), date=self._written(date))

    def _written(self, date):
        return self.env['xero.kind']._written(date)

    def _memo(self):
        """Return the text of the payment: Xero's reference, else the number of the document; payments of a batch share its id."""
        batch = self.env._("batch %(batch)s", batch=self.batch_ref[:8]) if self.batch_ref else False
        sorts = dict(self._fields['sort']._description_selection(self.env))
        return ', '.join(filter(None, [self.reference or self.document_number or sorts[self.sort], batch]))

    def _terms(self):
        """Return the items of the document, or of the refunded credit, that the payment settles."""
        if self.credit_id:
            return self.credit_id._counterpart()
        return self.move_id.line_ids.filtered(lambda line: line.display_type == 'payment_term')

    # === REGISTERING === #

    def _create_payments(self, plans):
        """Create the payments of these rows, with the outstanding account of their method, else with that of the company.

        :param dict plans: row → `Plan`.
        """
        Payment = self.env['account.payment'].with_context(**QUIET)
        with_account = self.filtered(lambda row: 'outstanding_account_id' in plans[row].values)
        for rows, model in ((with_account, Payment), (self - with_account, Payment.with_context(force_payment_move=True))):
            for row, payment in zip(rows, model.create([dict(plans[row].values) for row in rows])):
                row.write({'payment_id': payment.id, 'journal_id': payment.journal_id.id, 'payment_date': payment.date})
        # So that hooks on reconciliations know where the payments came from
        self.flush_recordset(['payment_id'])

    def _counterpart(self):
        """Return the items of the payments that settle documents or stay open on the partner."""
        return self.payment_id.move_id.line_ids.filtered(lambda line: line.account_id.account_type in ('asset_receivable', 'liability_payable'))

    def _reconcile(self):
        """Reconcile the payments with their documents, as far as these are open. One plan for all: Odoo then creates the partials at once."""
        pairs = []
        for (move, credit), rows in self.grouped(lambda row: (row.move_id, row.credit_id)).items():
            terms = rows[:1]._terms().filtered(lambda line: line.parent_state == 'posted' and not line.reconciled)
            lines = terms | rows._counterpart().filtered(lambda line, terms=terms: line.account_id in terms.account_id and not line.reconciled)
            if (move or credit) and terms and lines != terms:
                pairs.append(lines)
        if pairs:
            self.env['account.move.line']._reconcile_plan(pairs)

    def _settle(self, notes):
        """Store how far the payments are, after they were registered and reconciled.

        :param dict notes: row → a sentence, empty if there is nothing to say.
        """
        for row in self.filtered(lambda row: row.sort == 'payment'):
            rest = row._rest()
            if rest:
                row._set_state('open', ' '.join(filter(None, [notes[row], row._rest_words(rest)])))
            else:
                row._set_state('done', notes[row] or False)

    def _rest(self):
        """Return the amount of the payment that is not reconciled, in its currency."""
        return abs(sum(self._counterpart().mapped('amount_residual_currency')))

    def _rest_words(self, rest):
        names = {'document': self.document_number, 'rest': format_amount(self.env, rest, self.payment_id.currency_id), 'partner': self.partner_id.display_name}
        if self.credit_id:
            return self.env._("The credit that it refunds has less left in Odoo. %(rest)s stays open on %(partner)s.", **names)
        if not self.move_id:
            return self.env._("%(document)s is no longer in Odoo. %(rest)s stays open on %(partner)s.", **names)
        if self.move_id.state != 'posted':
            return self.env._("%(document)s is not posted in Odoo. %(rest)s stays open on %(partner)s; reconcile it when the document is posted.", **names)
        return self.env._("%(document)s has nothing more to pay in Odoo. %(rest)s stays open on %(partner)s.", **names)

    # === TELLING === #

    def _tell(self):
        """Write a note on each document, and one on each payment, with one insert for each of both."""
        bodies = defaultdict(list)
        for row in self.filtered('move_id'):
            bodies[row.move_id].append(row._document_words())
        moves = self.env['account.move'].browse(move.id for move in bodies)
        moves._message_log_batch({move.id: Markup('<br/>').join(lines) for move, lines in bodies.items()})
        self.payment_id._message_log_batch({row.payment_id.id: row._payment_words() for row in self})

    def _document_words(self):
        return self.env._(
            "Paid in Xero (%(organisation)s): %(payment)s, %(amount)s on %(date)s. %(reason)s", organisation=self.connection_id.organisation_name,
            payment=self.payment_id._get_html_link(title=self.payment_id.name), amount=format_amount(self.env, self.amount, self.payment_id.currency_id),
            date=self._written(self.date), reason=self.reason or '')

    def _payment_words(self):
        return self.env._(
            "Made in Xero (%(organisation)s) on %(date)s, and registered here. Payment ID in Xero: %(xero_id)s. %(reason)s",
            organisation=self.connection_id.organisation_name, date=self._written(self.date), xero_id=self.xero_id, reason=self.reason or '')
