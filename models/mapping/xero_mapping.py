from functools import cached_property

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.problem import Problem
from ...tools.quiet import mute_logger_in_thread

# The field that holds what a row goes to, by its type
TARGETS = {
    'account': 'xero_account_id', 'tax': 'xero_tax_rate_id', 'tracking': 'xero_tracking_option_id', 'bank': 'xero_account_id'}
TARGET_FIELDS = tuple(dict.fromkeys(TARGETS.values()))


class XeroMapping(models.Model):
    """What an accountant decided: this Odoo thing is that Xero thing, in one connection.

    A row appears when a document needs it, and is decided at once if the defaults know the answer (`_decide`). Rows without a
    usable target hold back the documents that need them; deciding one releases them. Whoever builds documents asks a resolver
    (`_prefetch_for`), which costs one query for all rows of a company.
    """
    _name = 'xero.mapping'
    _inherit = 'xero.border'
    _description = "Xero Mapping"
    _order = 'is_decided, type, source_name, id'
    _rec_name = 'source_name'
    _rec_names_search = ['source_name', *TARGET_FIELDS]

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    type = fields.Selection(
        [('account', "Account"), ('tax', "Tax"), ('tracking', "Tracking"), ('bank', "Bank")], required=True, readonly=True)

    # === In Odoo === #
    source_key = fields.Char(required=True, readonly=True, help="The Odoo thing as text, to find the row by.")
    source_name = fields.Char(string="In Odoo", compute='_compute_source_name', store=True)
    account_id = fields.Many2one('account.account', readonly=True, ondelete='cascade', index='btree_not_null')
    tax_ids = fields.Many2many('account.tax', 'xero_mapping_tax_rel', 'mapping_id', 'tax_id', readonly=True, context={'active_test': False})
    use = fields.Selection([('sale', "Sales"), ('purchase', "Purchases")], readonly=True, help="What it is needed for, where that makes a difference.")

    # === In Xero === #
    xero_account_id = fields.Many2one('xero.account', string="Account in Xero", ondelete='set null', index='btree_not_null')
    xero_tax_rate_id = fields.Many2one('xero.tax.rate', string="Tax rate in Xero", ondelete='set null', index='btree_not_null')
    target_name = fields.Char(string="In Xero", compute='_compute_target_name')
    target = fields.Reference(
        selection='_selection_target', string="Goes to", compute='_compute_target', inverse='_inverse_target',
        help="The account, tax rate or tracking option that it is in Xero.")
    target_model = fields.Char(compute='_compute_target_model')
    target_domain = fields.Binary(compute='_compute_target_domain', help="What can be chosen: what Xero would accept.")

    # === The decision === #
    decided_by = fields.Selection(
        [
            ('same_code', "Same code"), ('same_name', "Same name"), ('same_number', "Same account number"),
            ('default_table', "Default for this tax"), ('only_match', "Only rate that fits"), ('person', "Chosen by a person"),
        ],
        string="How it was decided", readonly=True)
    decided_by_id = fields.Many2one('res.users', readonly=True)
    decided_at = fields.Datetime(readonly=True)
    is_decided = fields.Boolean(compute='_compute_is_decided', store=True, help="Whether documents can use it now.")
    decision = fields.Char(compute='_compute_decision', help="How it was decided, or what is missing.")

    # === What waits for it === #
    export_ids = fields.Many2many('xero.export', 'xero_export_mapping_rel', 'mapping_id', 'export_id', readonly=True)
    waiting_count = fields.Integer(string="Documents waiting", compute='_compute_waiting_count')

    _source_uniq = models.UniqueIndex('(connection_id, company_id, type, source_key)')

    # === COMPUTES === #

    @api.depends('type', 'account_id.code', 'account_id.name', 'tax_ids.name')
    def _compute_source_name(self):
        for mapping in self:
            mapping.source_name = mapping._describe_source()

    @api.depends(*TARGET_FIELDS)
    def _compute_target_name(self):
        for mapping in self:
            mapping.target_name = mapping._target().display_name

    @api.model
    def _selection_target(self):
        models = dict.fromkeys(self._fields[name].comodel_name for name in TARGET_FIELDS)
        return [(model, self.env[model]._description) for model in models]

    @api.depends('type', *TARGET_FIELDS)
    def _compute_target(self):
        for mapping in self:
            mapping.target = mapping._target() or False

    def _inverse_target(self):
        # Several rows edited at once may be of several types
        for mapping in self.filtered(lambda mapping: not mapping.target or mapping.target._name == mapping.target_model):
            mapping[mapping._target_field()] = mapping.target
        self.invalidate_recordset(['target'])

    @api.depends('type')
    def _compute_target_model(self):
        for mapping in self:
            mapping.target_model = mapping._target()._name

    @api.depends('type', 'connection_id', 'use')
    def _compute_target_domain(self):
        for mapping in self:
            mapping.target_domain = list(mapping._target_domain())

    @api.depends('type', 'xero_account_id.can_take_lines', *(f'{name}.status' for name in TARGET_FIELDS))
    def _compute_is_decided(self):
        for mapping in self:
            mapping.is_decided = mapping._is_decided()

    @api.depends('is_decided', 'decided_by', 'decided_by_id', 'decided_at', *TARGET_FIELDS)
    def _compute_decision(self):
        words = dict(self._fields['decided_by']._description_selection(self.env))
        for mapping in self:
            if not mapping._target():
                mapping.decision = self.env._("Not decided")
            elif not mapping.is_decided:
                mapping.decision = mapping._target_trouble()
            elif mapping.decided_by == 'person':
                mapping.decision = self.env._(
                    "Chosen by %(user)s on %(date)s", user=mapping.decided_by_id.name, date=format_date(self.env, mapping.decided_at))
            else:
                mapping.decision = words.get(mapping.decided_by)

    @api.depends('export_ids')
    def _compute_waiting_count(self):
        counts = dict(self.env['xero.export']._read_group([('mapping_ids', 'in', self.ids)], ['mapping_ids'], ['__count']))
        for mapping in self:
            mapping.waiting_count = counts.get(mapping, 0)

    # === CONSTRAINTS === #

    @api.constrains(*TARGET_FIELDS)
    def _check_target(self):
        for mapping in self:
            target = mapping._target()
            if target and target.connection_id != mapping.connection_id:
                raise ValidationError(self.env._(
                    "%(target)s belongs to another Xero organisation than %(item)s. Choose one of %(connection)s.",
                    target=target.display_name, item=mapping.source_name, connection=mapping.connection_id.name))
            if target and not target.filtered_domain(mapping._target_domain()):
                raise ValidationError(self.env._(
                    "%(target)s is nothing that %(item)s can go to in Xero. Choose one of those that the mapping of %(connection)s offers.",
                    target=target.display_name, item=mapping.source_name, connection=mapping.connection_id.name))

    # === CRUD === #

    def write(self, vals):
        """Save a decision: who and when, and what waited for it goes out."""
        mappings, targets = self, set(TARGET_FIELDS)
        if not self.env.su and vals.keys() - targets - {'target', 'target_code'}:
            raise AccessError(self.env._("Of a mapping, only what it goes to in Xero can be changed."))
        is_by_person = bool(targets & vals.keys()) and 'decided_by' not in vals
        if is_by_person:
            # Several rows edited at once may be of several types; what stays as it is, is no decision
            mappings = self.filtered(lambda mapping: mapping._would_change(mapping._target_field(), vals))
            has_target = any(vals.get(name) for name in targets)
            vals = {
                **vals,
                'decided_by': 'person' if has_target else False,
                'decided_by_id': self.env.uid if has_target else False,
                'decided_at': fields.Datetime.now() if has_target else False,
            }
        result = super(XeroMapping, mappings).write(vals)
        if is_by_person:
            mappings._release()
        return result

    def _would_change(self, name, vals):
        field = self._fields[name]
        return name in vals and field.convert_to_record(field.convert_to_cache(vals[name], self), self) != self[name]

    # === ACTIONS === #

    def action_open_waiting(self):
        """Open the documents that wait for these decisions."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Waiting for %(item)s", item=', '.join(self.mapped('source_name'))),
            'res_model': 'xero.export',
            'view_mode': 'list,form',
            'domain': [('mapping_ids', 'in', self.ids)],
        }

    # === FINDING === #

    @api.model
    def _prefetch_for(self, connection, company):
        """Return the resolver for documents of a company: all its rows in one query. Make a new one after a re-reading."""
        return Resolver(self.sudo(), connection, company)

    def _describe_source(self):
        """Return the Odoo thing in words."""
        if self.type == 'account':
            account = self.account_id.with_company(self.company_id)
            return f'{account.code or ""} {account.name}'.strip()
        return ' + '.join(self.tax_ids.mapped('name')) or self.env._("No tax")

    # === DECIDING === #

    def _target(self):
        """Return what the row goes to in Xero, or an empty record."""
        return self[self._target_field()]

    def _target_field(self):
        return TARGETS[self.type]

    def _target_domain(self, connection=None):
        """Return the domain of what the row could go to: what Xero would accept now.

        :param connection: the row's own if None.
        """
        domain = Domain('connection_id', '=', (connection or self.connection_id).id) & Domain('status', '=', 'ACTIVE')
        if self.type == 'account':
            domain &= Domain(self._account_field(), '=', True)
        elif self.type == 'tax':
            domain &= Domain('use', 'in', (self.use, False))
        return domain

    def _is_decided(self):
        """Tell whether there is a target that Xero takes now."""
        target = self._target()
        return bool(target) and self._can_use(target)

    def _note_use(self, use):
        """Remember that the row is needed for something. What lines of documents need has to suit them."""
        if self.use and not use:
            self.use = False

    def _can_use(self, target):
        """Tell whether Xero takes a target now where this row is needed."""
        return target._is_usable()

    def _account_field(self):
        """Return the field of an account in Xero that tells whether it can be named where this row is needed."""
        return 'can_take_lines'

    def _decide_again(self):
        """Look again after reference data was read: what can be used now, by whatever way, releases its documents."""
        self.filtered(lambda mapping: mapping.decided_by != 'person' and not mapping._is_decided())._decide()
        self.filtered(lambda mapping: mapping._is_decided())._release()

    def _release(self):
        """Send what waited for these rows; tell the user how much that is, and how much waits for other rows still.

        :return: number of documents.
        """
        waiting = len(self.export_ids.filtered(lambda export: export.state == 'failed'))
        count = self.env['xero.export']._release(self)
        if waiting:
            self.env.user._bus_send('simple_notification', {
                'type': 'success' if count else 'info', 'message': ' '.join(filter(None, self._release_words(count, waiting - count)))})
        return count

    def _release_words(self, released, left):
        """Yield, for people, what a decision brought about."""
        if released:
            yield self.env._("%(count)s documents released; they go to Xero now.", count=released) if released > 1 else self.env._(
                "1 document released; it goes to Xero now.")
        if left:
            yield self.env._("%(count)s documents wait for another decision.", count=left) if left > 1 else self.env._(
                "1 document waits for another decision.")

    # === CHECKING === #

    def _target_trouble(self):
        """Say why documents cannot use the target."""
        target = self._target()
        if target.status == 'ARCHIVED':
            return self.env._("%(target)s is archived in Xero", target=target.display_name)
        if target.status != 'ACTIVE':
            return self.env._("%(target)s is no longer in Xero", target=target.display_name)
        return self._unusable_words(target)

    def _unusable_words(self, target):
        """Say why Xero does not take an active target where this row is needed."""
        return self.env._("%(target)s is a bank or system account, which lines of documents cannot use", target=target.display_name)

    def _problem(self):
        """Return why a document cannot use this row now, as a `Problem`, or None."""
        if self._is_decided():
            return None
        names = {'item': self.source_name, 'connection': self.connection_id.name}
        if not self._target():
            return Problem(self._cause(), self._undecided_words(names), self)
        return Problem(self._cause(), self.env._(
            "%(item)s cannot go to Xero: %(trouble)s. Choose another one in the mapping of %(connection)s, or restore it in Xero.",
            trouble=self._target_trouble(), **names), self)

    def _cause(self):
        """Return the cause, of those that exports are grouped by, of what fails for want of this row."""
        return self.type

    def _undecided_words(self, names):
        """Return, for people, that nothing has been chosen for this row, and the next step.

        :param dict names: `item` and `connection`.
        """
        if self.type == 'account':
            return self.env._(
                "No Xero account has been chosen for %(item)s. Choose it in the mapping of %(connection)s; the document then goes out by itself.", **names)
        if self.type == 'tracking':
            return self.env._(
                "No Xero tracking option has been chosen for %(item)s. Choose it in the mapping of %(connection)s, or create it there; the "
                "document then goes out by itself.", **names)
        if self.use == 'sale':
            return self.env._(
                "No Xero tax rate has been chosen for “%(item)s” on sales. Choose it in the mapping of %(connection)s; the document then "
                "goes out by itself.", **names)
        return self.env._(
            "No Xero tax rate has been chosen for “%(item)s” on purchases. Choose it in the mapping of %(connection)s; the document then "
            "goes out by itself.", **names)

    def _line_problems(self, tax):
        """Return why a line cannot have this account and that tax: a list of `Problem`.

        :param tax: the mapping row of its taxes.
        """
        problems = [problem for problem in (self._problem(), tax._problem()) if problem]
        account, rate = self.xero_account_id, tax.xero_tax_rate_id
        if not problems and account.account_class not in rate.applies_to:
            problems.append(Problem('tax', self.env._(
                "Xero does not allow the tax rate %(rate)s with the account %(account)s. On the line, %(source_tax)s does not go with "
                "%(source_account)s: correct the document, or choose another rate or account in the mapping of %(connection)s.",
                rate=rate.display_name, account=account.display_name, source_tax=tax.source_name, source_account=self.source_name,
                connection=self.connection_id.name), tax))
        return problems


class Resolver:
    """Finds the mapping rows of documents of one company, each asked for once.

    Rows that nobody has needed yet are made, and decided if the defaults know the answer.
    """

    def __init__(self, mapping_sudo, connection, company):
        self._model, self._connection, self._company = mapping_sudo, connection, company
        rows = mapping_sudo.search_fetch([('connection_id', '=', connection.id), ('company_id', '=', company.id)])
        self._rows = {(row.type, row.source_key): row for row in rows}
        self._problems = {}

    @cached_property
    def tracked_plans(self):
        """The analytic plans that go to a tracking category, at most two."""
        return tuple(self._connection._tracked())

    def account(self, account, use=False):
        """Return the row of an account.

        :param str use: what it is needed for, if not for a line of a document.
        """
        row = self._find('account', str(account.id), {'account_id': account.id, 'use': use})
        row._note_use(use)
        return row

    def tax(self, taxes, use):
        """Return the row of the taxes of one line, which may be none.

        :param str use: `sale` or `purchase`.
        """
        ids = sorted(taxes.ids)
        return self._find('tax', f"{use}:{','.join(map(str, ids))}", {'tax_ids': ids, 'use': use})

    def tracking(self, account):
        """Return the row of an analytic account of a plan that is tracked."""
        return self._find('tracking', str(account.id), {'analytic_account_id': account.id})

    def bank(self, journal):
        """Return the row of a journal of money."""
        return self._find('bank', str(journal.id), {'journal_id': journal.id})

    def line_problems(self, account, tax):
        """Return why a line cannot have these two rows: a list of `Problem`."""
        key = (account.id, tax.id)
        if key not in self._problems:
            self._problems[key] = account._line_problems(tax)
        return self._problems[key]

    def _find(self, mapping_type, source_key, source):
        key = (mapping_type, source_key)
        if key not in self._rows:
            self._rows[key] = self._make({
                'connection_id': self._connection.id, 'company_id': self._company.id, 'type': mapping_type, 'source_key': source_key}, source)
        return self._rows[key]

    def _make(self, names, source):
        """Make and decide a row, or take the one that somebody else made in this instant.

        :param dict names: the values that there is one row of.
        :param dict source: the Odoo thing.
        :raise psycopg2.errors.SerializationFailure: that one is out of this transaction's sight, so all of it has to be done again.
        """
        cr = self._model.env.cr
        with mute_logger_in_thread('odoo.sql_db'):
            try:
                with cr.savepoint():
                    row = self._model.create({**names, **source})
            except UniqueViolation:
                # Asked like this, PostgreSQL says by a serialization failure what we cannot see; slices and RPC calls try again then
                columns = SQL(', ').join(map(SQL.identifier, names))
                cr.execute(SQL("INSERT INTO xero_mapping (%s) VALUES %s ON CONFLICT DO NOTHING", columns, tuple(names.values())))
                return self._model.search([(name, '=', value) for name, value in names.items()])
        row._decide()
        return row
