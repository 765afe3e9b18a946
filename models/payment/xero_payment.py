from odoo import api, fields, models
from odoo.tools import format_date

from ...const import FINAL_STATUSES
from ..connection.retention import KEEP_BODIES, kept_since
from . import payment_element

ANSWERS_AT_ONCE = 10_000
STATES = [
    ('waiting', "Waiting"),
    ('done', "Registered"),
    ('open', "Left open"),
    ('blocked', "Blocked"),
    ('undone', "Undone"),
    ('ignored', "Ignored"),
]
# What is compared when a payment is read again; the other values cannot change in Xero
CHANGEABLE = ('xero_status', 'amount', 'is_reconciled', 'reference', 'batch_ref', 'remaining', 'allocations')


class XeroPayment(models.Model):
    """A payment that was made in Xero for a document that a connection exported, and what became of it in Odoo.

    One row per connection and payment, for life: so a payment is registered at most once, however often it is read. `_store` writes what
    was read, `_apply_due` (in `_apply`) registers payments in Odoo, `_undo` takes them back when they were deleted in Xero. Users only read
    rows, and press the buttons of `_screen`.

    `state` says how far it is: `waiting` for a decision or for the next slice; `done`; `open`, registered, but a part of it is not
    reconciled with the document; `blocked`, a person has to act; `undone`, taken back; `ignored`, a policy leaves it alone.
    """
    _name = 'xero.payment'
    _description = "Payment from Xero"
    _order = 'date desc, id desc'
    _rec_name = 'reference'
    _rec_names_search = ['reference', 'document_number', 'xero_id']

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)

    # === In Xero === #
    sort = fields.Selection(
        [('payment', "Payment"), ('overpayment', "Overpayment"), ('prepayment', "Prepayment")], default='payment', required=True, readonly=True)
    xero_id = fields.Char(string="Payment ID", required=True, readonly=True)
    type = fields.Char(string="Type code", readonly=True)
    xero_status = fields.Char(string="Status code in Xero", readonly=True)
    document_ref = fields.Char(string="Document ID", readonly=True, help="Xero's id of the document that it pays.")
    document_number = fields.Char(string="Document", readonly=True)
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    currency_code = fields.Char(readonly=True)
    bank_amount = fields.Float(string="Amount on the bank account", digits=(16, 2), readonly=True, help="In the currency of the bank account in Xero.")
    rate = fields.Float(string="Rate in Xero", digits=(16, 6), readonly=True, help="Units of the document's currency for one unit of the organisation's.")
    date = fields.Date(readonly=True)
    reference = fields.Char(readonly=True)
    account_ref = fields.Char(string="Account ID", readonly=True)
    xero_account_id = fields.Many2one('xero.account', string="Account in Xero", readonly=True, index='btree_not_null', ondelete='set null')
    is_reconciled = fields.Boolean(string="Reconciled in Xero", readonly=True)
    batch_ref = fields.Char(string="Batch ID", readonly=True)
    changed_at = fields.Datetime(string="Changed in Xero", readonly=True)
    answer = fields.Text(
        string="Xero's answer", readonly=True, prefetch=False, groups='account_xero.group_xero_invoice_admin',
        help="As last read. Removed when the bodies of calls are.")
    answer_removed = fields.Boolean(readonly=True)

    # === Of a credit: an overpayment or a prepayment === #
    contact_ref = fields.Char(string="Contact ID", readonly=True)
    remaining = fields.Monetary(string="Not used in Xero", readonly=True)
    allocations = fields.Json(readonly=True, help="How Xero allocated it to invoices.")
    applied = fields.Json(readonly=True, help="The allocations that Odoo has reconciled, by their ids, with the entries.")
    credit_id = fields.Many2one('xero.payment', string="Refund of", readonly=True, index='btree_not_null', ondelete='set null')

    # === In Odoo === #
    export_id = fields.Many2one('xero.export', readonly=True, index='btree_not_null', ondelete='set null')
    move_id = fields.Many2one('account.move', string="Document in Odoo", readonly=True, index='btree_not_null', ondelete='set null', check_company=False)
    partner_id = fields.Many2one('res.partner', readonly=True, index='btree_not_null', ondelete='set null')
    payment_id = fields.Many2one('account.payment', readonly=True, index='btree_not_null', ondelete='set null', check_company=False)
    same_payment_id = fields.Many2one(
        'account.payment', string="Perhaps the same", readonly=True, index='btree_not_null', ondelete='set null', check_company=False)
    journal_id = fields.Many2one('account.journal', readonly=True, index='btree_not_null', ondelete='set null', check_company=False)
    payment_date = fields.Date(string="Date in Odoo", readonly=True, help="Later than in Xero if the period was locked in Odoo.")

    # === How far it is === #
    state = fields.Selection(STATES, default='waiting', required=True, readonly=True, index=True)
    reason = fields.Text(readonly=True, help="What happened, and what to do next.")
    reason_code = fields.Selection(
        [('mapping', "No journal"), ('policy', "Policy"), ('early', "Too early"), ('outgoing', "Payment on its way to Xero"), ('same', "Perhaps in Odoo"),
         ('journal', "Several journals"), ('answer', "Xero's answer"), ('currency', "Currency"),
         ('refused', "Refused by Odoo"), ('built_on', "Used in Odoo"), ('withdrawn', "Undone in Odoo")], readonly=True)
    is_due = fields.Boolean(default=True, readonly=True, help="The next slice looks at it.")
    next_try_at = fields.Datetime(readonly=True, help="When Odoo, which refused it, is asked again.")
    retry_count = fields.Integer(readonly=True)
    handled_at = fields.Datetime(string="Handled on", readonly=True, help="When it reached its present state.")
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url', compute_sudo=True)

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)', "This payment in Xero is known already.")
    _payment_uniq = models.UniqueIndex('(connection_id, payment_id) WHERE payment_id IS NOT NULL', "This payment belongs to another one in Xero.")
    _due = models.Index('(connection_id, id) WHERE is_due')

    # === COMPUTE === #

    @api.depends('document_number', 'reference', 'sort', 'amount', 'currency_id', 'date', 'partner_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        sorts = dict(self._fields['sort']._description_selection(self.env))
        for row in self:
            # Xero gives overpayments and prepayments neither a number nor, mostly, a reference
            row.display_name = ' – '.join(filter(None, (row.document_number, row.reference))) or ', '.join(filter(None, (
                sorts[row.sort], row.partner_id.display_name, row.currency_id and row.currency_id.format(row.amount),
                format_date(self.env, row.date))))

    @api.depends('xero_id', 'connection_id.short_code')
    def _compute_xero_url(self):
        for row in self:
            # The page of a payment: https://developer.xero.com/documentation/api-guides/deep-link-xero
            row.xero_url = row.connection_id._web_url(
                '{web}/organisationlogin/default.aspx?shortcode={sc}&redirecturl=/Bank/ViewTransaction.aspx?bankTransactionID={id}', row.xero_id)

    # === READING === #

    @api.model
    def _store(self, connection, elements):
        """Store payments as Xero lists them. Those of documents that the connection did not export are left out.

        :param list elements: dicts, each with `PaymentID`.
        :return: number of rows that are new or changed.
        """
        found = {}
        for element in elements:
            if xero_id := payment_element.text(element.get('PaymentID'), payment_element.ID_LENGTH):
                found[xero_id] = (element, payment_element.documents(element))
        known = self.search([('connection_id', '=', connection.id), ('xero_id', 'in', list(found))]).grouped('xero_id')
        refs = {document.xero_id for _element, documents in found.values() for document in documents}
        exports = self._exports_by_ref(connection, [*refs, *found])
        credits = self.search([('connection_id', '=', connection.id), ('xero_id', 'in', list(refs)), ('sort', '!=', 'payment')]).grouped('xero_id')
        accounts = self._accounts_by_ref(connection)
        changed, vals_list = 0, []
        for xero_id, (element, documents) in found.items():
            export = next((exports[document.xero_id] for document in documents if document.xero_id in exports), None)
            if row := known.get(xero_id):
                changed += row._update_read(payment_element.values(element))
            elif export is not None and xero_id not in exports:
                vals_list.append(self._prepare_row(connection, xero_id, element, documents, export, accounts))
            elif documents and (credit := credits.get(documents[0].xero_id)):
                vals_list.append({
                    **self._prepare_row(connection, xero_id, element, documents, credit, accounts), 'export_id': False, 'credit_id': credit.id})
        self.create(vals_list)
        return changed + len(vals_list)

    @api.model
    def _exports_by_ref(self, connection, refs):
        """Return the exports of a connection by Xero's ids, among these. A payment that Odoo sent to Xero has one, too."""
        names = ['xero_id', 'company_id', 'move_id', 'partner_id', 'document_name', 'currency_id']
        rows = self.env['xero.export'].search_fetch([('connection_id', '=', connection.id), ('xero_id', 'in', refs)], names)
        return {row.xero_id: row for row in rows}

    @api.model
    def _accounts_by_ref(self, connection):
        return {account.xero_id: account for account in self.env['xero.account'].search_fetch([('connection_id', '=', connection.id)], ['xero_id'])}

    @api.model
    def _prepare_row(self, connection, xero_id, element, documents, export, accounts):
        """Return the values of a new row.

        :param list documents: `payment_element.Owed`.
        :param export: `xero.export` of the document, or of one of several; or the `xero.payment` of a credit that is refunded.
        :param dict accounts: Xero's id → `xero.account`.
        """
        values = payment_element.values(element)
        code = documents[0].currency or export.currency_id.name
        problem = self._answer_problem(values, documents)
        return {
            **values, 'connection_id': connection.id, 'company_id': export.company_id.id, 'xero_id': xero_id, 'export_id': export.id,
            'move_id': export.move_id.id, 'partner_id': export.partner_id.id, 'document_ref': documents[0].xero_id,
            'document_number': export.display_name, 'currency_code': code, 'currency_id': self._currency(code).id,
            'xero_account_id': accounts[values['account_ref']].id if values['account_ref'] in accounts else False,
            'state': 'blocked' if problem else 'waiting', 'reason': problem, 'reason_code': problem and 'answer', 'is_due': not problem}

    @api.model
    def _answer_problem(self, values, documents):
        """Return, for people, why a payment cannot be registered as Xero answered it; False if it can.

        :param dict values: of `payment_element.values`.
        """
        if len(documents) > 1:
            return self.env._("Xero says that this payment belongs to several documents. Register it by hand.")
        if values['amount'] <= 0:
            return self.env._("Xero answered no amount that can be registered (%(amount)s). Register the payment by hand.", amount=values['amount'])
        if not values['date']:
            return self.env._("Xero answered no date for this payment. Register it by hand.")
        if values['type'] not in payment_element.TYPES:
            return self.env._("Odoo does not know this type of payment in Xero (%(type)s). Register it by hand.", type=values['type'])
        return False

    @api.model
    def _currency(self, code):
        """Return the active currency with a code, or an empty record."""
        currency = self.env.company.currency_id
        return currency if currency.name == code else self.env['res.currency'].search([('name', '=', code)], limit=1)

    def _update_read(self, values):
        """Update the row to a payment that was read again.

        :param dict values: of `payment_element.values`.
        :return: whether anything changed.
        """
        changed = {name for name in CHANGEABLE if name in values and self[name] != values[name]}
        if not changed:
            return False
        is_deleted = values['xero_status'] in FINAL_STATUSES and not self._is_deleted()
        is_moved = bool(changed & {'remaining', 'allocations'}) and not self._is_deleted()
        values = {name: values[name] for name in (*CHANGEABLE, 'changed_at', 'answer') if name in values}
        if self.payment_id:
            del values['amount']    # what was registered is not changed; Xero does not change it either
        self.write({**values, 'answer_removed': False, 'is_due': self.is_due or is_deleted or is_moved})
        return True

    def _is_deleted(self):
        """Return whether the payment is deleted or voided in Xero."""
        return self.xero_status in FINAL_STATUSES

    @api.autovacuum
    def _gc_answers(self):
        """Remove Xero's answers, which hold names, as long after the last change as the bodies of calls.

        :return: number of rows, and whether there may be more, as Odoo's vacuum expects it.
        """
        since = kept_since(self.env, KEEP_BODIES)
        old = self.search([('changed_at', '<', since), ('answer_removed', '=', False)], limit=ANSWERS_AT_ONCE) if since else self.browse()
        old.write({'answer': False, 'answer_removed': True})
        return len(old), int(len(old) == ANSWERS_AT_ONCE)

    # === STATES === #

    def _set_state(self, state, reason=False, code=False, **values):
        """Store how far the rows are.

        :param str reason: a sentence for people.
        :param str code: a value of `reason_code`.
        """
        values = {'state': state, 'reason': reason, 'reason_code': code, 'is_due': False, 'next_try_at': False, 'retry_count': 0, **values}
        known = self.filtered(lambda row: (row.state, row.reason_code) == (state, code))
        known.write(values)
        (self - known).write({**values, 'handled_at': fields.Datetime.now()})

    @api.model
    def _look_again(self, connection, states=('waiting', 'blocked', 'ignored'), codes=None):
        """Let the next slice look at rows again, because what held them back may have changed.

        :param codes: values of `reason_code`; None for all.
        """
        domain = [('connection_id', '=', connection.id), ('state', 'in', states), ('is_due', '=', False), ('reason_code', '!=', 'answer')]
        self.search([*domain, ('reason_code', 'in', codes)] if codes else domain).is_due = True

    # === LOOKING AGAIN === #

    @api.model
    def _recheck(self, connection):
        """Look again at payments whose obstacle may be gone: a few queries, whatever the number of payments that wait."""
        mine = [('connection_id', '=', connection.id), ('is_due', '=', False)]
        held = self.search([
            *mine, ('state', 'in', ('waiting', 'blocked')), ('reason_code', '!=', 'answer'),
            '|', ('next_try_at', '=', False), ('next_try_at', '<=', fields.Datetime.now())])
        if held:
            held._find_accounts()
            held._released(connection).is_due = True
        self._find_withdrawn(connection)
        opened = self.search([*mine, ('state', '=', 'open'), '|', ('sort', '!=', 'payment'), ('payment_id.is_reconciled', '=', True)])
        # Whether a credit is used as in Xero does not follow from its reconciliation in Odoo
        credits = opened.filtered(lambda row: row.sort != 'payment')
        credits.is_due = True
        (opened - credits)._set_state('done')

    def _released(self, connection):
        """Return those payments whose obstacle is gone, or is known only when they are tried again."""
        mapped = {
            account for account, mappings in self.env['xero.mapped.bank']._rows_by_account(connection).items() if mappings.journal_id.filtered('active')}
        by_code = self.grouped('reason_code')
        outgoing, same = by_code.get('outgoing', self.browse()), by_code.get('same', self.browse())
        on_their_way = {**outgoing._undecided(), **outgoing.export_id._outgoing_payments()} if outgoing else {}
        alike = same._alike() if same else {}
        tests = {
            'mapping': lambda row: row.xero_account_id in mapped,
            'outgoing': lambda row: row.export_id not in on_their_way,
            'same': lambda row: not alike[row],
            'currency': lambda row: bool(self._currency(row.currency_code)),
            'withdrawn': lambda row: row._is_live(),
        }
        return self.filtered(lambda row: tests.get(row.reason_code, bool)(row))

    # === COUNTING === #

    @api.model
    def _count_handled(self, connection, since):
        """Return a dict: state → number of payments that reached it since a moment. Those that wait for a person count whenever they came: who asks
        for the payment of a document that is among them must not hear that there is nothing.

        :param datetime since: naive UTC.
        """
        return dict(self._read_group([
            ('connection_id', '=', connection.id), '|', ('handled_at', '>=', fields.Datetime.to_string(since)), ('state', 'in', ('waiting', 'blocked')),
        ], ['state'], ['__count']))
