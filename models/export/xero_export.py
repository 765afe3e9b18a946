import json
from datetime import timedelta

from odoo import api, fields, models

from ...const import BATCH_DOCUMENTS
from ...tools.xero_elements import MARK, element_warnings, read_date, read_datetime
from .containment import contain_quietly
from .xero_cause import SELECTION as CAUSES
from .xero_cause import deciding
from .xero_export_values import SKIP_RULES, STATES, WAITS

# A write is dated by the start of its transaction, which may end later than we look
OPEN_TRANSACTIONS = timedelta(minutes=5)


class XeroExport(models.Model):
    """The fact that one Odoo document has to be in one Xero organisation, and how far that is.

    One row per connection and document, for life. Users read it; its own methods, which run in sudo, write it. `_enqueue` adds rows. The
    connection's slice takes `waiting` rows, which end as `synced`, `failed` with a cause, or `uncertain`. People skip them and resync them.

    This file has the fields and the outcomes of a try. `_state` is the state machine, `_queue` says when a document is sent and who is told,
    `_difference` compares Odoo with Xero, `_screen` is what people see and press; `xero.progress` and `xero.number.conflict` are parts of it.
    """
    _name = 'xero.export'
    _inherit = ['xero.askable', 'xero.fix', 'xero.number.conflict', 'xero.progress', 'xero.shown.state']
    _description = "Xero Export"
    _order = 'id desc'
    _rec_name = 'document_name'
    _rec_names_search = ['document_name', 'xero_number']

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    kind = fields.Selection(selection='_selection_kind', string="Type", required=True, readonly=True)

    # === The document, and what it was when it was queued === #
    move_id = fields.Many2one('account.move', string="Document", readonly=True, index='btree_not_null', ondelete='set null', check_company=False)
    document_name = fields.Char(string="Number", readonly=True)
    document_date = fields.Date(string="Date", readonly=True)
    partner_id = fields.Many2one('res.partner', readonly=True, index='btree_not_null', ondelete='set null')
    currency_id = fields.Many2one('res.currency', readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company currency")
    # Amounts like the others, but for the rounding by a currency that would have to be read for each
    base_total = fields.Float(string="Value in Odoo", digits=(16, 2), readonly=True, help="The total in the company's currency.")

    # === Documents that are no journal entries === #
    partial_id = fields.Many2one('account.partial.reconcile', string="Reconciliation", readonly=True, index='btree_not_null', ondelete='set null')
    credit_export_id = fields.Many2one('xero.export', string="Export of the credit note", readonly=True, index='btree_not_null', ondelete='restrict')
    invoice_export_id = fields.Many2one('xero.export', string="Export of the invoice", readonly=True, index='btree_not_null', ondelete='restrict')
    credit_move_id = fields.Many2one(related='credit_export_id.move_id', related_sudo=False, string="Credit note")
    invoice_move_id = fields.Many2one(related='invoice_export_id.move_id', related_sudo=False, string="Allocated to")
    makes_way = fields.Boolean(
        readonly=True, help="Undone in Xero for a moment, so that one of its documents can be changed, or another payment of its batch removed.")
    goes_alone = fields.Boolean(readonly=True, help="Xero refused the batch payment that it was part of, so this try sends it as a payment of its own.")
    day_id = fields.Many2one('xero.journal.day', readonly=True, index='btree_not_null', ondelete='set null')

    # === How far it is === #
    operation = fields.Selection(
        [('create', "Create"), ('update', "Update"), ('void', "Void"), ('none', "Nothing")], default='create', required=True, readonly=True,
        help="What has to be done in Xero.")
    done_operation = fields.Selection(
        [('create', "Created"), ('update', "Changed"), ('mark', "Marked as sent"), ('void', "Voided")], readonly=True,
        help="What the last try did in Xero. Empty if nothing was done.")
    state = fields.Selection(STATES, default='waiting', required=True, readonly=True, index=True)
    cause = fields.Selection(CAUSES, readonly=True)
    message = fields.Text(readonly=True, help="What happened, and what to do next.")
    details = fields.Text(string="Xero's own words", readonly=True)
    warning = fields.Text(readonly=True)
    wait_code = fields.Selection(WAITS, readonly=True)
    skip_rule = fields.Selection(SKIP_RULES, readonly=True, help="The rule that skipped the document, until it no longer applies. Empty if a person did.")
    wait_for_id = fields.Many2one('xero.export', readonly=True, index='btree_not_null', ondelete='set null')
    next_try_at = fields.Datetime(string="Next try", readonly=True)
    retry_count = fields.Integer(readonly=True, help="Tries in a row that Xero left unanswered.")
    retry_since = fields.Datetime(readonly=True)
    batch_limit = fields.Integer(readonly=True, help="Set while a request that Xero could not read is being halved.")
    attempts = fields.Integer(readonly=True)
    last_try_at = fields.Datetime(string="Last try", readonly=True)
    asked_by_id = fields.Many2one('res.users', string="Requested by", readonly=True, help="Requested manually by this user; sent first.")
    asked_at = fields.Datetime(readonly=True)
    sends_anyway = fields.Boolean(readonly=True, help="A person sends a payment that was skipped because it may be in Xero already.")
    tell_user = fields.Boolean(readonly=True, help="The user who asked for it no longer watches and wants to be told.")
    mapping_ids = fields.Many2many('xero.mapping', 'xero_export_mapping_rel', 'export_id', 'mapping_id', string="Decisions", readonly=True)

    # === In Xero === #
    revision = fields.Integer(readonly=True, help="Rises with every event of the document.")
    digest = fields.Char(readonly=True, help="Fingerprint of what was sent last.")
    is_content_unknown = fields.Boolean(readonly=True, help="Xero may hold something else than what was sent: it is read before it counts as equal.")
    xero_id = fields.Char(string="Xero ID", readonly=True, copy=False)
    batch_ref = fields.Char(
        string="Batch payment ID", readonly=True, copy=False, index='btree_not_null', help="Of the batch payment in Xero that the payment is part of.")
    xero_number = fields.Char(readonly=True)
    xero_status = fields.Char(string="Status code in Xero", readonly=True)
    # A number, not an amount of a currency, which would be read for each request: Xero keeps two decimals of every currency
    xero_total = fields.Float(string="Total in Xero", digits=(16, 2), readonly=True)
    xero_base_total = fields.Float(
        string="Value in Xero", digits=(16, 2), readonly=True,
        help="The total in the organisation's currency, by the rate that Xero has. Odoo converts line by line, so cents may differ.")
    xero_url = fields.Char(string="Open in Xero", compute='_compute_xero_url', compute_sudo=True)
    online_url = fields.Char(string="Online invoice", readonly=True, copy=False)
    online_asked_at = fields.Datetime(readonly=True, copy=False, help="When Xero was last asked for the online invoice.")
    synced_at = fields.Datetime(string="Synced on", readonly=True)
    arrived_at = fields.Datetime(readonly=True, help="When the document that it is in Xero now was made or found there.")
    is_found = fields.Boolean(readonly=True, help="The document was found in Xero, not answered to what was sent: others may have used it before.")
    xero_updated_at = fields.Datetime(readonly=True, help="Xero's own time of the last change that we know of.")
    sent_in_xero = fields.Boolean(string="Marked as sent", readonly=True, help="Xero counts it as sent to the customer, as far as we know.")
    candidate = fields.Json(readonly=True, help="The document that holds our number in Xero, when that is why ours was refused.")

    # === Odoo against Xero === #
    checked_at = fields.Datetime(readonly=True, help="Until then the document is known to equal what was sent.")
    difference = fields.Text(readonly=True, help="How the document differs from what is in Xero.")
    answered_parts = fields.Json(readonly=True, copy=False, help="Fingerprint of each part of the document in Xero's last answer. Unknown if empty.")
    seen_parts = fields.Json(readonly=True, copy=False, help="The same, of the version that a person has to decide about.")
    sent_parts = fields.Json(readonly=True, copy=False, help="Fingerprint of each part of the document in Odoo when it was sent. Unknown if empty.")
    xero_seen_at = fields.Datetime(readonly=True, help="Xero's time of the last change of the version that a person has to decide about.")
    unseen_since = fields.Datetime(readonly=True, help="Xero has to be asked for what it has since then before the document is sent.")
    declined_digest = fields.Char(readonly=True, help="Fingerprint of the change that is left to a person.")
    is_void_declined = fields.Boolean(readonly=True, help="Voiding it in Xero is left to a person.")
    both_versions = fields.Json(readonly=True, copy=False, help="The parts that differ: `ours` as they would go out, `xeros` as Xero holds them.")
    closed_difference = fields.Text(readonly=True, help="What closed the document in Odoo without money, and is open in Xero.")
    closing_checked_at = fields.Datetime(readonly=True, help="Empty while what is reconciled with the document has to be looked at.")
    entered_partials = fields.Json(readonly=True, help="Reconciliations that a person has entered in Xero.")

    # === Of a credit note that was made in Xero === #
    is_unconfirmed = fields.Boolean(readonly=True, copy=False, help="The document is a draft that was made from Xero's, and no person has posted it yet.")
    xero_allocations = fields.Json(
        readonly=True, copy=False, help="How Xero has allocated it: `id`, `ref` (Xero's id of the document) and `amount` of each allocation; "
        "whether Odoo has reconciled it (`is_done`), or has said why not (`is_told`).")
    xero_origin = fields.Json(
        readonly=True, copy=False, help="What its draft had from Xero: `date`, `currency` (code) and `partner` (id of the company in Odoo). Empty once a "
        "person has accepted that Odoo's differ.")
    is_from_xero = fields.Boolean(readonly=True, copy=False, help="The document was made in Xero, and its draft in Odoo from that.")

    # === Beside it === #
    extra_ids = fields.One2many('xero.extra', 'export_id', string="Files and notes", readonly=True)

    # === The calls it was in === #
    request_ids = fields.Many2many('xero.request', 'xero_request_export_rel', 'export_id', 'request_id', string="Requests", readonly=True)
    kept_elements = fields.Json(
        readonly=True, copy=False, prefetch=False, help="What was sent by requests whose bodies were removed since, see `xero.request._sent_of`.")
    sent_element = fields.Text(string="What was sent", compute='_compute_sent_element')

    _document_uniq = models.UniqueIndex(
        '(connection_id, move_id) WHERE move_id IS NOT NULL', "This document is already exported through this connection.")
    _partial_uniq = models.UniqueIndex(
        '(connection_id, partial_id) WHERE partial_id IS NOT NULL', "This reconciliation is already exported through this connection.")
    _day_uniq = models.UniqueIndex(
        '(connection_id, day_id) WHERE day_id IS NOT NULL', "This day is already exported through this connection.")
    _xero_uniq = models.UniqueIndex(
        '(connection_id, kind, xero_id) WHERE xero_id IS NOT NULL', "Another export is already linked to this document in Xero.")
    # For the searches of a slice, which must not read the many finished exports
    _of_kind = models.Index("(connection_id, kind)")
    _cut_off = models.Index("(connection_id) WHERE state = 'sending'")
    _due = models.Index("(connection_id, next_try_at) WHERE state = 'waiting'")
    _tried_on = models.Index("(connection_id, next_try_at) WHERE state = 'failed' AND cause = 'xero'")
    _asked = models.Index("(connection_id) WHERE asked_at IS NOT NULL")
    _scheduled = models.Index("(connection_id, next_try_at) WHERE next_try_at IS NOT NULL")
    _lost = models.Index("(connection_id) WHERE state = 'failed' AND cause = 'connection'")
    _held = models.Index("(connection_id, wait_code) WHERE wait_code IS NOT NULL")
    _ruled_out = models.Index("(connection_id, skip_rule) WHERE skip_rule IS NOT NULL")
    _arrived = models.Index("(connection_id, arrived_at)")
    _closing = models.Index("(connection_id) WHERE state = 'synced' AND closing_checked_at IS NULL")
    _closed = models.Index("(connection_id) WHERE closed_difference IS NOT NULL")
    _uncompared = models.Index("(connection_id, id) WHERE state = 'synced' AND checked_at IS NULL")
    _unconfirmed = models.Index("(connection_id) WHERE is_unconfirmed")
    _undone = models.Index("(connection_id) WHERE invoice_export_id IS NOT NULL AND partial_id IS NULL")

    # === COMPUTE === #

    @api.model
    def _selection_kind(self):
        return [(kind._kind_name(), kind._label()) for kind in self.env['xero.kind']._all()]

    @api.depends('document_name', 'connection_id')
    def _compute_display_name(self):
        for export in self:
            export.display_name = export.document_name or self.env._("Document %s", export.id)

    @api.depends('xero_id', 'kind', 'connection_id.short_code', 'credit_export_id.xero_id')
    def _compute_xero_url(self):
        for export in self:
            export.xero_url = export._kind()._web_url(export)

    @api.depends('request_ids.frozen', 'kept_elements')
    def _compute_sent_element(self):
        for export in self:
            export_sudo = export.sudo()
            sent = export_sudo.request_ids._sent_of(export_sudo)
            export.sent_element = bool(sent) and json.dumps(sent[-1]['element'], indent=2, sort_keys=True, ensure_ascii=False)

    # === ITS KIND AND ITS DOCUMENT === #

    def _kind(self):
        """Return the model of the exports' kind. All must have the same one."""
        # Not `self[:1]`, which would not prefetch the other exports
        return self.env['xero.kind']._named(self.kind if len(self) == 1 else next(iter(self)).kind)

    def _by_kind(self):
        """Return a list of pairs: model of a kind, and the exports of this kind."""
        return [(exports._kind(), exports) for exports in self.grouped('kind').values()]

    def _document(self):
        """Return the document in Odoo, of the model of its kind; an empty record if it was deleted."""
        return self[self._kind()._document_field]

    def _desired_state(self):
        """Return what Odoo wants of the document in Xero: `present`, `pending` or `absent`, see `xero.kind._desired_state`."""
        return self._kind()._desired_state(self)

    def _batch_limit(self):
        """Return the maximum number of documents in one request: lower after Xero could not read a whole body."""
        return next(iter(self)).batch_limit or BATCH_DOCUMENTS

    @api.model
    def _prepare_document(self, kind, document):
        """Return the values that an export stores of its document.

        :param str kind: name of the kind of the export.
        """
        return self.env[f'xero.kind.{kind}']._prepare_document(document)

    def _remember_document(self):
        """Update the values that the exports store of their documents."""
        for export in self:
            export.write(self._prepare_document(export.kind, export._document()))

    def _warn(self, warning):
        """Add a warning, which stays when the documents are synced.

        :param str warning: lines; those that an export already has are not repeated. May be empty.
        """
        for export in self if warning else ():
            known = (export.warning or '').splitlines()
            export.warning = '\n'.join([*known, *(line for line in warning.splitlines() if line not in known)])

    # === SAVED BY XERO === #

    def _settle_saved(self, answers):
        """Store that the documents are in Xero, with their values there, and compare the totals.

        :param list answers: for each export a tuple: the element answered by Xero, with an id; the values that the request stores for the
            element, None if the document was found in Xero, not sent.
        """
        found = {}
        for export, (element, frozen) in zip(self, answers, strict=True):
            if frozen and frozen.get('is_mark'):
                export._settle_mark({**element, MARK: True}, 'mark')
            else:
                found[export] = export._prepare_saved(element, frozen or {})
        self.browse(export.id for export in found)._set_synced(found)

    def _prepare_saved(self, element, frozen):
        """Return the values of a document in Xero, and warn of what differs there.

        :param dict element: answered by Xero, with an id.
        :param dict frozen: values that the request stores for the element; empty if the document was found in Xero, not sent.
        """
        kind, now, total = self._kind(), fields.Datetime.now(), self._kind()._total_in(element)
        self._warn('\n'.join([*frozen.get('warnings', ()), *element_warnings(element), *(kind._saved_warnings(self, element, frozen) if frozen else ())]))
        return {
            'arrived_at': self.arrived_at if self.xero_id == element[kind._xero_id] else now,
            'is_found': self.is_found if self.xero_id == element[kind._xero_id] else not frozen,
            'done_operation': self.operation,
            'xero_id': element[kind._xero_id],
            'xero_number': kind._number_in(self, element),
            'xero_status': element.get('Status'),
            'xero_date': read_date(element, 'Date') or False,
            **kind._own_values(element),
            'xero_total': total,
            'xero_base_total': kind._base_total_in(element),
            'synced_at': now,
            'xero_updated_at': read_datetime(element, 'UpdatedDateUTC') or False,
            'xero_seen_at': False,
            'digest': frozen.get('digest', False),
            'is_content_unknown': False,
            'sent_parts': frozen.get('parts') or False,
            'answered_parts': kind._content_parts(element) or False,
            # A document that changed since it was frozen is compared by the next slice
            'checked_at': now - OPEN_TRANSACTIONS if frozen.get('revision') == self.revision else False,
            'difference': self._total_difference(total, self.amount_total),
            # Not each answer contains the mark
            'sent_in_xero': element.get(MARK) or frozen.get('is_sent', False),
        }

    def _adopt(self, element, how):
        """Link the export to a document that is already in Xero.

        :param dict element: answered by Xero, or a `candidate`.
        :param str how: how the document was found, for people.
        """
        self._settle_saved([(element, None)])
        self._notify_outcome(how)

    def _is_taken(self, xero_id):
        """Return whether another export is linked to a document in Xero."""
        return bool(self.search_count([('connection_id', '=', self.connection_id.id), ('xero_id', '=', xero_id), ('id', '!=', self._origin.id)], limit=1))

    # === FAILED === #

    def _settle_refused(self, messages, revision=None):
        """Fail the document, because Xero refused it. A document that changed meanwhile is sent again instead.

        :param list messages: Xero's validation messages.
        :param int revision: of the document as it was sent; None if it is not known.
        """
        self.ensure_one()
        if self._is_mark_out():
            return self._settle_refused_mark(messages)
        if self._kind()._leave_out_refused(self, messages):
            return self._set_waiting_again()
        if revision is not None and revision != self.revision:
            self._set_waiting_again()
            return self._requeue(by_hand=False)
        cause, message = deciding(messages)
        return self._set_failed(cause, self._refusal(cause, message), '\n'.join(messages))

    def _refusal(self, cause, message):
        """Return the message for a refusal: record, reason and next step.

        :param str message: Xero's message that decided the cause.
        """
        names = {
            'document': self.document_name,
            'organisation': self.connection_id.organisation_name or self.connection_id.name,
            'login': self.connection_id._login_words(),
            'words': message.rstrip('. '),
        }
        return self._kind()._explain_refusal(self, cause, names)

    def _fail_problems(self, problems):
        """Fail documents because of problems found before sending.

        :param list problems: of `tools.problem.Problem`. The first one decides the cause; the message contains all.
        """
        mappings = self.env['xero.mapping'].union(*(problem.mapping for problem in problems if problem.mapping))
        self._set_failed(problems[0].cause, '\n'.join(problem.message for problem in problems), mappings=mappings)
        if candidate := next((problem.candidate for problem in problems if problem.candidate), None):
            self.candidate = candidate

    def _fail_permission(self, error):
        """Fail documents because the Xero user, or the consent, lacks a permission.

        :param XeroUnauthorised error: of the call.
        """
        for connection, exports in self.grouped('connection_id').items():
            exports._set_failed('permission', self.env._(
                "The consent for %(connection)s does not cover what this document needs, or %(login)s may not do it there. An adviser gives "
                "the right in Xero, or somebody else reauthenticates the connection. Then resync.",
                connection=connection._named(), login=connection._login_words()), error.detail)

    def _fail_filtered(self, error):
        """Change the cause of a refused document: a security filter in front of Xero refused it, so no permission is missing.

        :param XeroRefused error: `is_foreign`.
        """
        if self.state == 'failed' and error.status != 413:
            self._set_failed('data', self.env._(
                "A security filter in front of Xero did not let %(document)s pass, most likely for a text in it that looks like a command or a program: "
                "in its lines, its reference, or the name and address of its contact. Reword that in Odoo, then resync.",
                document=self.document_name), self.env._("HTTP %(status)s: %(words)s", status=error.status, words=error.message))

    def _fail_unrecognised(self, unrecognised):
        """Fail a document instead of which Xero saved unrecognised elements: if it were sent again, it might be in Xero twice.

        :param list unrecognised: elements answered by Xero, without their lines.
        """
        self.ensure_one()
        kind = self._kind()
        names = (element.get(kind._xero_number) or element.get('Narration') or element[kind._xero_id] for element in unrecognised)
        self._set_failed('number', self.env._(
            "%(organisation)s answered %(document)s with %(found)s, which cannot be recognised as the same, so it is not sent again: it might be "
            "there twice. Compare the two.",
            organisation=self.connection_id.organisation_name, document=self.document_name, found=', '.join(map(str, names))),
            '\n'.join(element[kind._xero_id] for element in unrecognised))
        self.candidate = kind._candidate(self, unrecognised)

    def _fail_unseen(self, since, error):
        """Fail documents that may be in Xero, because a permission for the look-back is missing. They are searched for before they are sent.

        :param datetime since: naive UTC, before Xero can have saved them.
        :param XeroUnauthorised error: of the call.
        """
        self._fail_permission(error)
        self.unseen_since = since
        self._notify_outcome()

    def _fail_unlooked(self, error):
        """Fail a document whose search in Xero ended in an unexpected error. It is searched for before it is sent again."""
        self.unseen_since = self.create_date
        self._fail_unexpectedly(error)

    def _fail_unexpectedly(self, error, saved=None):
        """Fail a document after an unexpected error in Odoo, and notify people.

        :param Exception error: the unexpected error.
        :param dict saved: values of the element that Xero saved (id, number, status); None if it saved nothing.
        """
        self._set_failed_unexpectedly(error, saved)
        contain_quietly(self.env, self._notify_outcome)
