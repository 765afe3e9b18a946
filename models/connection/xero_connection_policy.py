import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...const import CHANGES_GATHERED
from ...tools.problem import Problem

MONEY_JOURNALS = ('bank', 'cash', 'credit')     # values of `account.journal.type` of journals for payments
LEDGER_MODES = ('entry', 'day')     # values of `account.journal.xero_mode` by which a journal goes to Xero as manual journals
FROM_XERO, TO_XERO = ('in', 'both'), ('out', 'both')     # values of `account.journal.xero_payments` of journals that take, and that send payments
ATTACHMENTS_SCOPE = 'accounting.attachments'
SETTINGS_SCOPE = 'accounting.settings'
DOCUMENT_STATUSES = [('DRAFT', "Draft"), ('SUBMITTED', "Awaiting approval"), ('AUTHORISED', "Awaiting payment")]
TRACKING_PLANS = ('tracking_plan_1_id', 'tracking_plan_2_id')
TRACKING_CATEGORIES = ('tracking_category_1_id', 'tracking_category_2_id')
# Policies that apply from the moment in which they were switched on, and the field that stores that moment
DATED_POLICIES = {'attachment_policy': 'attachments_since', 'sends_note': 'notes_since', 'fetches_online_invoices': 'online_invoices_since'}
# Switches: which differences are shown to people
ALARMS = ('alarm_amount', 'alarm_contact', 'alarm_dates', 'alarm_lines', 'alarm_number', 'alarm_gone', 'alarm_paid')
# Switches: the next slice reads something from Xero that was not read before
READING_POLICIES = ('sends_item_codes', 'warns_overdue', *ALARMS)
# The broad permissions of old apps, and what they cover
BROAD_SCOPES = {'accounting.transactions': ('accounting.invoices', 'accounting.payments')}


class XeroConnection(models.Model):
    """The policies of a connection: what is exported, in which form, and which permissions that needs.

    Each decision that an invoice admin makes for a whole organisation is a field of this file, with its constraints and with the
    consequences of a change (`_apply_policies`).
    """
    _inherit = 'xero.connection'

    # === What is exported === #
    export_start_date = fields.Date(
        string="Export from", required=True, default=fields.Date.context_today, tracking=True,
        help="Documents with an accounting date before this day are exported only when a user requests it on the document.")
    first_sync_id = fields.Many2one(
        'xero.first.sync', string="First sync", readonly=True, copy=False, ondelete='set null',
        help="The first sync that is under way: documents of its period are not sent before it has compared them with Xero.")
    export_sale_invoice = fields.Boolean(string="Customer invoices", default=True)
    export_bill = fields.Boolean(string="Vendor bills", default=True)
    export_sale_credit = fields.Boolean(string="Customer credit notes", default=True)
    export_bill_credit = fields.Boolean(string="Vendor credit notes", default=True)
    export_receipt = fields.Boolean(string="Receipts", default=True)
    export_allocation = fields.Boolean(
        string="Allocations of credit notes", default=True,
        help="A credit note that is reconciled with an invoice or a bill in Odoo is allocated to it in Xero. When the reconciliation is "
             "undone, the allocation is removed.")

    # === How documents arrive === #
    sales_status = fields.Selection(DOCUMENT_STATUSES, string="Sales arrive as", default='AUTHORISED', required=True, tracking=True)
    bills_status = fields.Selection(DOCUMENT_STATUSES, string="Bills arrive as", default='AUTHORISED', required=True, tracking=True)
    journals_status = fields.Selection(
        [('DRAFT', "Draft"), ('POSTED', "Posted")], string="Manual journals arrive as", default='POSTED', required=True, tracking=True)
    bill_date = fields.Selection(
        [('document', "Bill date"), ('open', "Bill date, or the first open day"), ('accounting', "Accounting date")],
        string="Date of bills in Xero", default='document', required=True,
        help="Bill date: the date on the vendor's bill. The first open day: the day after the lock date in Xero, for bills whose own date is "
             "locked there. Accounting date: the date of the entry in Odoo, which Odoo's lock dates may have moved.")

    # === Amounts === #
    quantity_policy = fields.Selection(
        [('quantity', "Quantity × price"), ('total', "1 × total of the line")], string="Lines", required=True, default='quantity',
        help="Quantity × price: as on the document, if Xero's rounding results in the same amount.\n"
             "1 × total of the line: each line has quantity 1, and the description contains the real quantity.")
    sends_item_codes = fields.Boolean(
        string="Item codes", tracking=True,
        help="Lines of invoices, bills and credit notes get the item of Xero whose code is the product's internal reference, so that Xero's reports by "
             "item work. Items that are missing in Xero are created there. Applies to documents sent from now on; accounts, taxes and amounts stay "
             "those of Odoo.")
    rate_tolerance = fields.Float(
        string="Rates may change values by", digits=(5, 3), default=0.1, required=True,
        help="In percent. Xero keeps six decimals of an exchange rate, so a document in another currency can have another value in the "
             "organisation's currency than in Odoo. If the difference is not larger than this, the document is sent and the export shows both "
             "values. If it is larger, the document is not sent.")

    # === Contacts === #
    contact_source = fields.Selection(
        [('commercial', "The company"), ('document', "The address on the document")], string="Contact of a document", default='commercial',
        required=True, tracking=True,
        help="The company: all people and addresses of a company are one contact in Xero. The address on the document: each person or "
             "address with documents is a contact of its own.")
    contact_leads = fields.Selection(
        [('xero', "Xero leads"), ('odoo', "Odoo leads")], string="When contacts differ", default='xero', required=True, tracking=True,
        help="Xero leads: a contact is created from Odoo and not changed after that. Odoo leads: a change of a customer or vendor is sent to "
             "Xero before the next document, and replaces what was entered there. Fields that are empty in Odoo stay unchanged in Xero.")
    warns_overdue = fields.Boolean(
        string="Warn of customers overdue in Xero", tracking=True,
        help="What customers owe in Xero is read once a day, with one call for 1,000 contacts. It is shown on the customer, and an overdue one in the "
             "credit warning of a new invoice.")
    balances_read_at = fields.Datetime(readonly=True, copy=False, help="When the balances of all contacts were last read.")
    balances_due_at = fields.Datetime(readonly=True, copy=False)
    balances_page = fields.Integer(readonly=True, copy=False, help="The next page of an unfinished reading of balances.")
    duplicate_name = fields.Selection(
        [('fail', "Ask a person"), ('number', "Add our number to the name")], string="When a contact's name is taken", default='fail', required=True)
    # Two databases may export to one organisation, so a bare partner id is not unique there
    contact_prefix = fields.Char(
        readonly=True, copy=False, default=lambda self: f'OD{secrets.token_hex(3)}-', help="The start of each contact number that Odoo assigns in Xero.")

    # === Tracking: which analytic plans go to Xero's two tracking categories === #
    tracking_plan_1_id = fields.Many2one(
        'account.analytic.plan', string="Analytic plan", copy=False, domain="[('parent_id', '=', False)]", ondelete='set null', tracking=True,
        help="Lines are split by the analytic accounts of this plan. Each account is mapped to an option of the category.")
    tracking_category_1_id = fields.Many2one(
        'xero.tracking.category', string="Tracking category", copy=False, ondelete='set null', tracking=True,
        domain="[('connection_id', '=', id), ('status', '=', 'ACTIVE')]")
    tracking_plan_2_id = fields.Many2one(
        'account.analytic.plan', string="Second analytic plan", copy=False, domain="[('parent_id', '=', False)]", ondelete='set null', tracking=True)
    tracking_category_2_id = fields.Many2one(
        'xero.tracking.category', string="Second tracking category", copy=False, ondelete='set null', tracking=True,
        domain="[('connection_id', '=', id), ('status', '=', 'ACTIVE')]")

    # === Changes === #
    send_changes = fields.Boolean(
        string="Send changes to Xero automatically", default=True, tracking=True,
        help="A document that is changed, cancelled or deleted in Odoo after it was sent is changed or voided in Xero. If this is off, it is "
             "listed under Different, and a person decides. A document that was edited in Xero is never overwritten without a decision.")
    free_number = fields.Boolean(
        string="Free the number of voided documents", default=True, tracking=True,
        help="Xero does not allow the number of a voided invoice to be used again. With this, the invoice gets another number in Xero before "
             "it is voided, so that Odoo can use the number again.")

    # === What happens in Xero === #
    check_minutes = fields.Integer(
        string="Check Xero every", default=60, required=True,
        help="In minutes. Each check uses a call for each kind of change that the policies below need. Users can also request a check.")

    credit_note_policy = fields.Selection(
        [('draft', "Drafts in Odoo"), ('list', "Only listed"), ('none', "Nothing")], string="Credit notes made in Xero", default='draft', required=True,
        tracking=True,
        help="What becomes of a credit note that was made in Xero and allocated there to an exported invoice or bill.\n"
             "Drafts in Odoo: a draft with the same lines, which a person checks and confirms. It is then reconciled as in Xero.\n"
             "Only listed: it is listed under Differences, with the documents to which it is allocated.")

    alarm_amount = fields.Boolean(string="Amounts", default=True, tracking=True, help="Total, currency and currency rate were changed in Xero.")
    alarm_contact = fields.Boolean(string="Contact", default=True, tracking=True, help="The document has another contact in Xero.")
    alarm_dates = fields.Boolean(string="Dates", default=True, tracking=True, help="Date or due date were changed in Xero.")
    alarm_lines = fields.Boolean(string="Lines and texts", default=True, tracking=True, help="Lines or the reference were changed in Xero.")
    alarm_number = fields.Boolean(string="Number", default=True, tracking=True, help="The document has another number in Xero.")
    alarm_gone = fields.Boolean(string="Voided or deleted", default=True, tracking=True, help="The document was voided or deleted in Xero.")
    alarm_paid = fields.Boolean(
        string="Paid only in Xero", tracking=True,
        help="More is paid or allocated in Xero than in Odoo. Leave this off if payments are entered in Xero only.")

    takes_contacts = fields.Boolean(
        string="Take changes of contacts over", tracking=True,
        help="E-mail, phone, address and tax number that are changed in Xero are changed in Odoo too, where Odoo's field is empty or equals "
             "what Xero had before. Other changes are listed under Differences. Only if Xero leads.")
    proves_nightly = fields.Boolean(
        string="Compare everything each night", default=True, tracking=True,
        help="Each night, all documents of the periods that are open in Xero are read in pages of 1,000 and compared with Odoo. It also finds "
             "documents that are only in Xero or only in Odoo.")
    proof_hour = fields.Float(
        string="At", default=2.0, required=True, help="Time of day in the time zone of the company's address (UTC if the company has none).")

    # === Files and notes === #
    attachment_policy = fields.Selection(
        [('none', "None"), ('main', "Invoice PDF, scan of the bill"), ('all', "All files of the document")],
        string="Files in Xero", default='none', required=True, tracking=True,
        help="Invoice PDF, scan of the bill: the PDF that Odoo makes when an invoice is sent, and the main attachment of a bill.\n"
             "All files: the attachments of the document, up to ten.\n"
             "Each file uses one call of the daily limit. Applies to documents exported, and files attached, from now on.")
    sends_note = fields.Boolean(
        string="Note in Xero's history", tracking=True,
        help="A note in Xero's history of each document says who posted it in Odoo and when, with a link. Each note uses one call and cannot "
             "be deleted. Applies to documents exported from now on.")
    fetches_online_invoices = fields.Boolean(
        string="Online invoice link", tracking=True,
        help="Fetch the online invoice link of each invoice: the page at Xero on which the customer sees the invoice, and can pay it if you have set "
             "this up in Xero. Mail templates and the customer portal then show it. Each invoice uses one call of the daily limit. Applies to invoices "
             "exported from now on.")
    online_invoices_since = fields.Datetime(readonly=True, copy=False)
    attachments_since = fields.Datetime(readonly=True, copy=False)
    notes_since = fields.Datetime(readonly=True, copy=False)

    # === Who is told of failures === #
    tells_poster = fields.Boolean(
        string="Task for the person who posted", tracking=True,
        help="Invoice admins get one task for each connection with failed documents. With this, the people who posted such documents get one, too.")
    mails_failures = fields.Boolean(
        string="Daily mail about failures", tracking=True,
        help="Invoice admins get a mail with the causes and links, at most once a day, and only if more documents have failed than at the last mail.")

    # === Settings in Xero === #
    writes_settings = fields.Boolean(readonly=True, copy=False, help="A user has asked Odoo to create tax rates or tracking options in Xero.")

    _rate_tolerance_positive = models.Constraint(
        'CHECK(rate_tolerance >= 0)', "The percentage by which rates may change values cannot be negative.")

    _check_minutes_enough = models.Constraint('CHECK(check_minutes >= 5)', "Xero can be checked every five minutes at most.")

    _proof_hour_of_day = models.Constraint('CHECK(proof_hour >= 0 AND proof_hour < 24)', "The time of the comparison is from 00:00 to 23:59.")

    # === CONSTRAINTS === #

    @api.constrains(*TRACKING_PLANS, *TRACKING_CATEGORIES)
    def _check_tracking(self):
        for connection in self:
            plans, categories = [connection[name] for name in TRACKING_PLANS], [connection[name] for name in TRACKING_CATEGORIES]
            if any(bool(plan) != bool(category) for plan, category in zip(plans, categories)):
                raise ValidationError(self.env._("An analytic plan and a tracking category go together: choose both, or neither."))
            if all(plans) and (plans[0] == plans[1] or categories[0] == categories[1]):
                raise ValidationError(self.env._("Choose two different plans, and two different tracking categories."))
            if any(category.connection_id != connection for category in categories if category):
                raise ValidationError(self.env._("The tracking category belongs to another organisation than %s.", connection.name))

    # === CONSEQUENCES OF A CHANGE === #

    def _dated_policies(self, vals):
        """Return, by connection, the values of the dated policies if `vals` may change one of them; for `_apply_policies`."""
        if not vals.keys() & DATED_POLICIES.keys():
            return {}
        return {connection: [connection[policy] for policy in DATED_POLICIES] for connection in self}

    def _apply_policies(self, vals, before):
        """Apply the consequences of policies that have just been written.

        :param dict vals: the values written.
        :param dict before: result of `_dated_policies` before the write.
        """
        if vals.keys() & {*TRACKING_PLANS, *TRACKING_CATEGORIES}:
            self.env['xero.mapped.tracking']._reset_moved(self)
        if switched := vals.keys() & set(ALARMS):
            self.env['xero.difference'].sudo()._apply_alarms(self.sudo(), switched)
        if vals.get('credit_note_policy', 'none') != 'none':
            for connection in self.sudo():
                self.env['xero.proof'].sudo()._request(connection)  # the feed has passed over those that were made before
        if any(vals.get(policy) for policy in READING_POLICIES):
            self._arm()
        for connection, values in before.items():
            switched = [since for (policy, since), value in zip(DATED_POLICIES.items(), values) if connection[policy] != value]
            if not switched:
                continue
            connection.sudo().write(dict.fromkeys(switched, fields.Datetime.now()))
            connection.sudo()._drop_unwanted_extras()
            connection._arm()

    def _drop_unwanted_extras(self):
        """Delete waiting files and notes that no policy requires any more."""
        unwanted = {'attachment', 'note'} - self._extra_sorts()
        self.env['xero.extra'].search([
            ('connection_id', '=', self.id), ('state', '!=', 'done'), ('sort', 'in', list(unwanted))]).unlink()

    # === SCOPES === #

    def _wanted_scopes(self):
        """Return the scopes that the connection needs: those of its app, of its policies, of its kinds and feeds. Empty before an app is chosen."""
        self.ensure_one()
        if not self.app_id:
            return []
        wanted = self.app_id._scopes()
        if self.writes_settings or self.sends_item_codes:
            wanted = [SETTINGS_SCOPE if scope == f'{SETTINGS_SCOPE}.read' else scope for scope in wanted]
        if 'attachment' in self._extra_sorts():
            wanted = [*wanted, ATTACHMENTS_SCOPE]
        parts = [*self.env['xero.kind']._all(), *self.env['xero.feed']._all()]
        wanted = list(dict.fromkeys([*wanted, *(scope for part in parts for scope in part._wanted_scopes(self))]))
        return [scope for scope in wanted if scope.removesuffix('.read') == scope or scope.removesuffix('.read') not in wanted]

    def _consent_scopes(self):
        """Return the scopes to request: a consent covers all connections of the chain."""
        chain = self | self.authorization_id.with_context(active_test=False).connection_ids
        return list(dict.fromkeys(scope for connection in chain for scope in connection._wanted_scopes()))

    def _missing_scopes(self):
        """Return the wanted scopes that were not granted. Expects a connection in `sudo()`."""
        return self._not_granted(self._wanted_scopes())

    def _not_granted(self, scopes):
        """Return those scopes that were not granted. A scope covers the one that only reads. Expects a connection in `sudo()`."""
        self.ensure_one()
        granted = set((self.authorization_id.scopes or '').split())
        for broad, covered in BROAD_SCOPES.items():
            if broad in granted:
                granted.update(covered)
        return [scope for scope in scopes if scope not in granted and scope.removesuffix('.read') not in granted]

    def _lacks_settings(self):
        """Return whether a new consent is needed before settings can be created in Xero. Expects a connection in `sudo()`."""
        return bool(self._not_granted([SETTINGS_SCOPE]))

    # === READING THE POLICIES === #

    def _alarms(self):
        """Return the set of the names of the alarms that are switched on."""
        self.ensure_one()
        return {name for name in ALARMS if self[name]}

    def _tracked(self):
        """Return the tracking categories by analytic plan: at most two."""
        self.ensure_one()
        return {
            self[plan]: self[category] for plan, category in zip(TRACKING_PLANS, TRACKING_CATEGORIES) if self[plan] and self[category]}

    def _extra_sorts(self):
        """Return the sorts of extras that the policies require."""
        self.ensure_one()
        return {sort for sort, is_on in (('attachment', self.attachment_policy not in (False, 'none')), ('note', self.sends_note)) if is_on}

    def _permitted_sorts(self):
        """Return those sorts that the consent covers. A note needs no permission beyond that of its document."""
        sorts = self._extra_sorts()
        return sorts - {'attachment'} if self._not_granted([ATTACHMENTS_SCOPE]) else sorts

    def _changes_due_at(self):
        """Return when a new change is due (naive UTC): False for immediately, a time if a group of changes has just been sent."""
        later = self.changes_sent_at and self.changes_sent_at + CHANGES_GATHERED
        return later and later > fields.Datetime.now() and later

    def _partner_of(self, move):
        """Return the partner that is the contact of a document in Xero."""
        return move.partner_id if self.contact_source == 'document' else move.commercial_partner_id

    def _partners_of(self, moves):
        """Return the partners that are the contacts of documents in Xero."""
        return moves.partner_id if self.contact_source == 'document' else moves.commercial_partner_id

    def _contact_domain(self):
        """Return the domain of the partners that can be contacts here."""
        return [] if self.contact_source == 'document' else ['|', ('parent_id', '=', False), ('is_company', '=', True)]

    def _partner_problem(self, name):
        """Return why a document without partner cannot be sent: Odoo posts receipts without one, Xero requires a contact.

        :param str name: of the document.
        """
        return Problem('data', self.env._(
            "%(document)s has no customer or vendor, and Xero needs a contact. Choose one on the document, then resync.",
            document=name), kind=self.env._("without customer or vendor"))

    # === POLICIES OF JOURNALS === #

    def _ledger_journals(self, modes=LEDGER_MODES):
        """Return the journals that go to Xero as manual journals through this connection.

        :param modes: values of `account.journal.xero_mode`.
        """
        return self._journals_in(modes)

    def _journals_in(self, modes):
        """Return the journals whose entries the connection exports in one of some ways.

        :param modes: values of `account.journal.xero_mode`.
        """
        journals = self.env['account.journal'].search([('xero_mode', 'in', modes)])
        return journals.filtered(lambda journal: journal._xero_connection() == self and journal._xero_mode() in modes)

    def _payment_journals(self, policies):
        """Return the bank, cash and card journals of the connection's companies, their parents and branches, with one of these policies.

        :param policies: values of `account.journal.xero_payments`.
        """
        journals = self.env['account.journal']
        if journals._xero_payment_policies().isdisjoint(policies):
            return journals
        companies = self.company_ids | self.company_ids.parent_ids
        return journals.search([
            ('xero_payments', 'in', policies), ('type', 'in', MONEY_JOURNALS),
            '|', ('company_id', 'in', companies.ids), ('company_id', 'child_of', self.company_ids.ids)])
