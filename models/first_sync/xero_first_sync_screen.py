from odoo import api, fields, models
from odoo.tools import format_datetime, formatLang

from ..difference.xero_difference import PAID


class XeroFirstSync(models.Model):
    """What people see of a first sync: numbers, a summary with what is to be done next, why it waits, and buttons that open lists."""
    _inherit = 'xero.first.sync'

    account_count = fields.Integer(string="Accounts", compute='_compute_reference_counts', compute_sudo=True)
    tax_rate_count = fields.Integer(string="Tax rates", compute='_compute_reference_counts', compute_sudo=True)
    undecided_count = fields.Integer(string="Undecided mappings", compute='_compute_reference_counts', compute_sudo=True)
    sure_count = fields.Integer(string="Contacts: sure", compute='_compute_contact_counts')
    doubtful_count = fields.Integer(string="Contacts: doubtful", compute='_compute_contact_counts')
    new_odoo_count = fields.Integer(string="Contacts: only in Odoo", compute='_compute_contact_counts')
    new_xero_count = fields.Integer(string="Contacts: only in Xero", compute='_compute_contact_counts')
    open_contact_count = fields.Integer(string="Contacts to review", compute='_compute_contact_counts')
    linked_count = fields.Integer(string="Documents: linked", compute='_compute_document_counts')
    near_count = fields.Integer(string="Documents: nearly the same", compute='_compute_document_counts')
    only_odoo_count = fields.Integer(string="Documents: only in Odoo", compute='_compute_document_counts')
    only_xero_count = fields.Integer(string="Documents: only in Xero", compute='_compute_document_counts')
    paid_count = fields.Integer(string="Documents: paid differently", compute='_compute_paid_count')
    open_document_count = fields.Integer(string="Documents to review", compute='_compute_document_counts')
    summary = fields.Char(compute='_compute_summary', help="What was found, in a sentence.")
    next_steps = fields.Text(compute='_compute_summary', help="What a person does next.")
    notice = fields.Char(compute='_compute_notice', compute_sudo=True, help="Why it does not continue now.")

    # === NUMBERS === #

    @api.depends('connection_id', 'state')
    def _compute_reference_counts(self):
        for first_sync in self:
            mine = [('connection_id', '=', first_sync.connection_id.id)]
            first_sync.account_count = self.env['xero.account'].search_count(mine)
            first_sync.tax_rate_count = self.env['xero.tax.rate'].search_count(mine)
            first_sync.undecided_count = self.env['xero.mapping'].search_count([*mine, ('is_decided', '=', False)])

    @api.depends('contact_ids.decision', 'contact_ids.result')
    def _compute_contact_counts(self):
        counts, opened = self._counts('xero.first.sync.contact')
        for first_sync in self:
            for result in ('sure', 'doubtful', 'new_odoo', 'new_xero'):
                first_sync[f'{result}_count'] = counts.get((first_sync, result), 0)
            first_sync.open_contact_count = opened.get(first_sync, 0)

    @api.depends('document_ids.decision', 'document_ids.result')
    def _compute_document_counts(self):
        counts, opened = self._counts('xero.first.sync.document')
        for first_sync in self:
            for result in ('linked', 'near', 'only_odoo', 'only_xero'):
                first_sync[f'{result}_count'] = counts.get((first_sync, result), 0)
            first_sync.open_document_count = opened.get(first_sync, 0)

    @api.depends('state')
    def _compute_paid_count(self):
        for first_sync in self:
            first_sync.paid_count = self.env['xero.difference'].search_count(first_sync._paid_domain())

    def _paid_domain(self):
        """Return the domain of the open differences of documents that it linked and that are paid differently in Odoo and Xero."""
        return [('export_id.first_sync_id', '=', self.id), ('topic', 'in', PAID), ('state', '=', 'open')]

    def _paid_words(self):
        """Return how much is paid on these documents on both sides, in each currency."""
        groups = self.env['xero.difference']._read_group(self._paid_domain(), ['currency_id'], ['odoo_total:sum', 'xero_total:sum'])
        return '; '.join(
            self.env._("%(ours)s in Odoo, %(theirs)s in Xero", ours=currency.format(ours), theirs=currency.format(theirs)) for currency, ours, theirs in groups)

    def _counts(self, model):
        """Return dict (first sync, result) → number of rows, and dict first sync → number of rows that wait for a decision."""
        mine = [('first_sync_id', 'in', self.ids)]
        groups = self.env[model]._read_group(mine, ['first_sync_id', 'result'], ['__count'])
        opened = self.env[model]._read_group([*mine, ('decision', '=', 'open')], ['first_sync_id'], ['__count'])
        return {(first_sync, result): count for first_sync, result, count in groups}, dict(opened)

    # === WORDS === #

    @api.depends('state', 'document_ids.decision', 'document_ids.result', 'document_ids.compares_paid', 'contact_ids.decision', 'paid_count')
    @api.depends_context('lang')
    def _compute_summary(self):
        for first_sync in self:
            names = {
                name: formatLang(self.env, first_sync[f'{name}_count'], digits=0)
                for name in ('linked', 'near', 'only_odoo', 'only_xero', 'sure', 'doubtful', 'new_odoo', 'new_xero')}
            first_sync.summary = self.env._(
                "Documents: %(linked)s linked, %(near)s nearly the same, %(only_odoo)s only in Odoo, %(only_xero)s only in Xero. "
                "Contacts: %(sure)s sure, %(doubtful)s doubtful, %(new_odoo)s only in Odoo, %(new_xero)s only in Xero.", **names)
            first_sync.next_steps = '\n'.join(first_sync._next_steps())

    def _waits_for_person(self):
        """Return whether something is to be decided or reviewed."""
        return bool(self.undecided_count or self.open_contact_count or self.open_document_count or self.paid_count)

    def _next_steps(self):
        """Yield sentences about what a person does next."""
        for count, words in (
            (self.undecided_count, self.env._("Decide the mapping of accounts and taxes: %(count)s undecided.", count=self.undecided_count)),
            (self.open_contact_count, self.env._("Review the doubtful contacts: %(count)s.", count=self.open_contact_count)),
            (self.open_document_count, self.env._("Review the documents that nearly agree: %(count)s.", count=self.open_document_count)),
        ):
            if count:
                yield words
        if self.paid_count:
            yield self.env._(
                "Documents that are paid differently in Odoo and Xero: %(count)s (%(amounts)s). Open them, and do what each says.",
                count=self.paid_count, amounts=self._paid_words())
        elif self.state == 'done' and self.env['xero.first.sync.document'].search_count(
                [('first_sync_id', '=', self.id), ('compares_paid', '=', True)], limit=1):
            yield self.env._("What is paid on the linked documents is compared when the payments were read.")
        if self.only_odoo_count:
            yield self.env._(
                "Documents that are only in Odoo: %(count)s. Those from the start of exports on are sent automatically, the others when somebody exports them.",
                count=self.only_odoo_count)
        if self.only_xero_count:
            yield self.env._("Documents that are only in Xero: %(count)s. Enter them in Odoo if they belong there.", count=self.only_xero_count)
        if self.state == 'done' and not self._waits_for_person():
            yield self.env._("Nothing is to be decided: documents that are posted from now on are exported as usual.")

    @api.depends(
        'state', 'connection_id.status', 'connection_id.resume_at', 'connection_id.resume_reason', 'connection_id.contacts_bookmark',
        'connection_id.calls_left')
    @api.depends_context('lang', 'tz')
    def _compute_notice(self):
        for first_sync in self:
            first_sync.notice = first_sync.state == 'running' and first_sync._wait_words()

    def _wait_words(self):
        """Return why it does not continue now, and when it will; False if it does."""
        connection = self.connection_id
        if connection.status != 'connected':
            return self.env._(
                "%(reason)s It continues when that is fixed.",
                reason=connection._status_words(self.env._("%(connection)s does not work now.", connection=connection.name)))
        if connection._is_paused():
            reason = dict(connection._fields['resume_reason']._description_selection(self.env)).get(connection.resume_reason, '')
            return self.env._(
                "%(reason)s. It continues at %(time)s.", reason=reason,
                time=format_datetime(self.env, connection.resume_at, tz=str(self.env.tz), dt_format='short'))
        if connection.contacts_bookmark:
            return self.env._("The contacts are being read from Xero first.")
        if not connection._has_calls_to_spare():
            return self.env._(
                "Only %(calls)s calls to Xero are left for today, and they are kept for documents. It continues when Xero allows more.",
                calls=connection.calls_left)
        return False

    # === BUTTONS === #

    def action_open_documents(self):
        """Open the documents, with the search filters that the context names (`first_sync_filters`)."""
        return self._open('account_xero.xero_first_sync_document_action')

    def action_open_contacts(self):
        """Open the contacts, with the search filters that the context names (`first_sync_filters`)."""
        return self._open('account_xero.xero_first_sync_contact_action')

    def _open(self, action):
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(action),
            'domain': [('first_sync_id', '=', self.id)],
            'context': {f'search_default_{name}': 1 for name in self.env.context.get('first_sync_filters', ())},
        }

    def action_open_paid(self):
        """Open the differences of documents that are paid differently in Odoo and Xero."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_difference_action'),
            'domain': [('export_id.first_sync_id', '=', self.id), ('topic', 'in', PAID)], 'context': {'search_default_open': 1}}

    def action_open_mapping(self):
        """Open the mappings of the connection that are not decided."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action'),
            'domain': [('connection_id', '=', self.connection_id.id)], 'context': {'search_default_undecided': 1}}
