from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.tools import format_amount

from ...const import FINAL_STATUSES
from ...tools.xero_money import round_half_up, to_decimal
from ..connection.xero_connection_policy import FROM_XERO, TO_XERO
from .xero_difference import PAID

FEW = 100       # open differences that each slice looks at
SETTLED_STATES = ('done', 'undone')     # of `xero.payment`: nobody has to do anything about it


@dataclass
class Known:
    """What explains, beside what is reconciled in Odoo, how much of a document is paid or allocated in Xero. Amounts are in its currency.

    `sent` is money and allocations of ours that Odoo made in Xero. `undone` is what is in Xero and no longer in Odoo, which its own row says. `unsent` are
    the exports of money that is in Odoo and not in Xero yet. `drafts` is what drafts credit, which were made from credit notes in Xero. `read` are the rows
    of `xero.payment` of the document that are not settled.
    """
    unsent: models.BaseModel
    read: models.BaseModel
    sent: Decimal = field(default=Decimal(0))
    undone: Decimal = field(default=Decimal(0))
    drafts: Decimal = field(default=Decimal(0))

    @property
    def unsent_amount(self):
        return sum((round_half_up(to_decimal(export.amount_total)) for export in self.unsent), Decimal(0))


class XeroComparison(models.AbstractModel):
    """Documents on which more is paid or allocated in Xero than in Odoo, and what a person does about each of them."""
    _inherit = 'xero.comparison'

    def _compare_paid(self, by_export, exports):
        """Open differences of documents on which more is paid or allocated in Xero than in Odoo, and end those that are equal again."""
        paid = {export: amount for export in exports if (amount := export._kind()._settled_amount(by_export[export])) is not None}
        # A payment that was read and is about to be registered must not be registered by a person, too
        due = self.env['xero.payment'].search([('export_id', 'in', exports.ids), ('is_due', '=', True)]).export_id
        shown = exports if exports.connection_id.alarm_paid else self._with_paid_rows(exports)
        more, equal, known = [], [], self._known_money(exports)
        for export, theirs in paid.items():
            if export._kind()._is_gone(by_export[export]) or export._desired_state() == 'absent':
                equal.append(export.xero_id)    # another difference says that
            elif export in due or export.move_id.state != 'posted':
                continue
            elif self._missing_amount(export, theirs, known[export]) <= 0:
                equal.append(export.xero_id)
                self._follow_paid_odoo(export, theirs, known[export])
            elif export in shown:
                credited = round_half_up(to_decimal(by_export[export].get('AmountCredited') or 0))
                more.append(self._paid_values(export, theirs, credited, known[export]))
        self.env['xero.difference']._open_rows(more)
        if equal:
            self.env['xero.difference']._end_gone('paid', equal, exports.connection_id)

    def _with_paid_rows(self, exports):
        """Return those of some exports with an open difference about payments, such as a first sync opens whatever the alarm says."""
        return self.env['xero.difference'].search([('export_id', 'in', exports.ids), ('topic', 'in', PAID), ('state', '=', 'open')]).export_id

    def _paid_values(self, export, theirs, credited, known):
        """Return the values of a difference.

        :param Decimal theirs: what is paid or allocated in Xero.
        :param Decimal credited: how much of it is no payment.
        :param Known known: of the document.
        """
        return {
            **self.env['xero.difference']._values_of(export, 'paid', self._paid_words(export, theirs, credited, known)),
            'odoo_total': float(self._settled_in_odoo(export.move_id)), 'xero_total': float(theirs), 'fingerprint': str(round_half_up(theirs)),
            'settled': {'credited': float(credited), 'sent': float(known.sent)}}

    # === AMOUNTS === #

    def _known_money(self, exports):
        """Return a dict: export of a document → `Known`, with a few queries for all."""
        none, no_rows, drafts = self.env['xero.export'], self.env['xero.payment'], {}
        for connection in exports.connection_id:
            drafts |= {(connection, ref): amount for ref, amount in self._credited_by_drafts(connection).items()}
        known = {
            export: Known(none, no_rows, drafts=round_half_up(to_decimal(drafts.get((export.connection_id, export.xero_id), 0)))) for export in exports}
        for row in exports._dependants():
            for export in (row.invoice_export_id | row.credit_export_id) & exports:
                if row.partial_id and not row.xero_id and row.state in ('waiting', 'failed'):
                    known[export].unsent |= row
                elif row.xero_id and not row._is_undone() and row.xero_status not in FINAL_STATUSES:
                    amount = round_half_up(to_decimal(row.xero_total))
                    known[export].sent += Decimal(0) if row.is_found else amount     # what was found there was counted before
                    known[export].undone += Decimal(0) if row.partial_id else amount
        for row in no_rows.search([('export_id', 'in', exports.ids), ('state', 'not in', SETTLED_STATES), ('xero_status', 'not in', FINAL_STATUSES)]):
            known[row.export_id].read |= row
        return known

    def _credited_by_drafts(self, connection):
        """Return a dict: Xero's id of a document → amount that drafts will credit, which were made from credit notes in Xero and wait for a person."""
        found = {}
        for export in self.env['xero.export'].search([('connection_id', '=', connection.id), ('is_unconfirmed', '=', True), ('move_id.state', '=', 'draft')]):
            for row in export.xero_allocations or ():
                found[row['ref']] = found.get(row['ref'], 0) + row['amount']
        return found

    def _settled_in_odoo(self, move):
        """Return the amount of a document that is paid or reconciled in Odoo: a `Decimal` in its currency."""
        return round_half_up(abs(to_decimal(move.amount_total)) - abs(to_decimal(move.amount_residual)))

    def _missing_amount(self, export, theirs, known):
        """Return how much more is paid or allocated in Xero than Odoo explains (Decimal): what it has, less what it has not sent yet.

        :param Known known: of the document.
        """
        return round_half_up(to_decimal(theirs)) - known.undone - known.drafts - (self._settled_in_odoo(export.move_id) - known.unsent_amount)

    # === WORDS === #

    def _paid_words(self, export, theirs, credited, known):
        """Return, for people, how much is paid or allocated on both sides, and the next step.

        :param Decimal theirs: what is paid or allocated in Xero.
        :param Decimal credited: how much of it is no payment: credit notes, overpayments and prepayments.
        :param Known known: of the document.
        """
        currency = export.currency_id
        return ' '.join([
            self.env._(
                "%(theirs)s is paid or allocated in Xero, and %(ours)s in Odoo.", theirs=currency.format(float(theirs)),
                ours=currency.format(float(self._settled_in_odoo(export.move_id)))),
            *self._paid_steps(export, self._missing_amount(export, theirs, known), credited, known),
            self.env._("Or keep both as they are, with a reason.")])

    def _paid_steps(self, export, missing, credited, known):
        """Yield sentences about the next step.

        :param Decimal missing: what is missing in Odoo.
        """
        if known.unsent:
            yield self.env._(
                "%(documents)s is in Odoo and not in Xero yet, and could be the same. Its export says what becomes of it.",
                documents=', '.join(known.unsent.mapped('document_name')))
        elif known.read:
            yield from (self._read_words(row) for row in known.read)
            yield self.env._("Settle that under Payments from Xero, and do not register it a second time.")
        elif export._kind()._credits:
            yield self.env._(
                "If it is allocated there, reconcile it in Odoo with the same documents and the same amounts: that is linked, and not sent again.")
            if export.connection_id._payment_journals(FROM_XERO):
                yield self.env._("A refund is read from Xero: choose Check for Payment in Xero on the document.")
        elif credited >= missing:
            yield self.env._(
                "It may be a credit there, not a payment: %(credited)s comes from credit notes, overpayments or prepayments. Reconcile the document in "
                "Odoo with the same credit.", credited=export.currency_id.format(float(credited)))
        else:
            yield self._payment_step(export.connection_id)

    def _read_words(self, row):
        states = dict(row._fields['state']._description_selection(self.env))
        names = {'amount': format_amount(self.env, row.amount, row.currency_id or row.export_id.currency_id), 'state': states[row.state]}
        if row.reason:
            return self.env._("A payment of %(amount)s was read from Xero (%(state)s): %(reason)s", reason=row.reason, **names)
        return self.env._("A payment of %(amount)s was read from Xero (%(state)s).", **names)

    def _payment_step(self, connection):
        """Return the next step for a payment that Odoo has not read, by what the journals do."""
        if connection._payment_journals(FROM_XERO):
            return self.env._(
                "Payments are read from Xero: choose Check for Payment in Xero on the document. If none arrives, because it is older than Payments from "
                "Xero since of the journal or no journal takes it, register it in Odoo: it is not sent to Xero a second time.")
        if connection._payment_journals(TO_XERO):
            return self.env._("Register the payment in Odoo, as it is in Xero: while this difference is open, it is not sent there a second time.")
        return self.env._("Register the payment in Odoo.")

    # === FOLLOWING ODOO === #

    @api.model
    def _end_equal(self, connection, is_sweep=True):
        """End differences that a change in Odoo has ended: as much is paid in Odoo by now, or a contact and its partner are equal again.

        The amounts and the next step of the others follow. If there are many, only a sweep looks at them.
        """
        rows = self.env['xero.difference'].search([
            ('connection_id', '=', connection.id), ('topic', 'in', (*PAID, 'contact')), ('state', '=', 'open')], limit=None if is_sweep else FEW + 1)
        if not is_sweep and len(rows) > FEW:
            return
        paid = rows.filtered(lambda row: row.topic in PAID)
        (rows - paid).filtered(lambda row: row.contact_id._is_equal_in(row.both_versions['xeros']))._settle('ended')
        known = self._known_money(paid.export_id)
        for row in paid:
            self._follow_paid(row, known[row.export_id])

    def _follow_paid(self, row, known):
        """End a difference about payments, or update its amount in Odoo and its next step.

        :param Known known: of its document.
        """
        export, found = row.export_id, row.settled or {}
        # What Odoo has sent since is in Xero, too
        theirs = to_decimal(row.xero_total) + known.sent - to_decimal(found.get('sent', float(known.sent)))
        if row.topic == 'paid_odoo':
            self._follow_paid_odoo(export, theirs, known)
        elif export._desired_state() == 'absent' or (export.move_id and self._missing_amount(export, theirs, known) <= 0):
            row._settle('ended')
        elif export._desired_state() == 'present':
            values = {
                'odoo_total': float(self._settled_in_odoo(export.move_id)),
                'text': self._paid_words(export, theirs, to_decimal(found.get('credited') or 0), known)}
            row.write({name: value for name, value in values.items() if row[name] != value})
