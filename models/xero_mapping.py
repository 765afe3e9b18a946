from functools import cached_property

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.problem import Problem

TARGETS = {'account': 'xero_account_id', 'tax': 'xero_tax_rate_id', 'tracking': 'xero_tracking_option_id'}


class XeroMapping(models.Model):
    """What an accountant decided: this Odoo thing is that Xero thing, in one connection.

    A row appears when a document needs it, and is decided at once if the defaults know the answer (`_decide`). Rows without a
    usable target hold back the documents that need them; deciding one releases them. Whoever builds documents asks a resolver
    (`_prefetch_for`), which costs one query for all rows of a company.
    """
    _name = 'xero.mapping'
    _description = "Xero Mapping"
    _order = 'decided_by nulls first, type, source_name'
    _rec_name = 'source_name'
    _rec_names_search = ['source_name', *TARGETS.values()]

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    type = fields.Selection(
        [('account', "Account"), ('tax', "Tax"), ('tracking', "Tracking"), ('bank', "Bank account")], required=True, readonly=True)

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

    # === The decision === #
    decided_by = fields.Selection(
        [
            ('same_code', "Same code"), ('same_name', "Same name"), ('default_table', "Default for this tax"), ('only_match', "Only rate that fits"),
            ('person', "Chosen by a person"),
        ],
        string="How it was decided", readonly=True)
    decided_by_id = fields.Many2one('res.users', readonly=True)
    decided_at = fields.Datetime(readonly=True)
    is_decided = fields.Boolean(compute='_compute_is_decided', search='_search_is_decided', help="Whether documents can use it now.")
    decision = fields.Char(compute='_compute_decision', help="How it was decided, or what is missing.")

    # === What waits for it === #
    export_ids = fields.Many2many('xero.export', 'xero_export_mapping_rel', 'mapping_id', 'export_id', readonly=True)
    waiting_count = fields.Integer(string="Documents waiting", compute='_compute_waiting_count')

    _source_uniq = models.UniqueIndex('(connection_id, company_id, type, source_key)')

    # === COMPUTES === #

    @api.depends('type', 'account_id.code', 'account_id.name', 'tax_ids.name', 'analytic_account_id.name')
    def _compute_source_name(self):
        for mapping in self:
            if mapping.type == 'account':
                account = mapping.account_id.with_company(mapping.company_id)
                mapping.source_name = f'{account.code or ""} {account.name}'.strip()
            elif mapping.type == 'tracking':
                mapping.source_name = mapping.analytic_account_id.name
            else:
                mapping.source_name = ' + '.join(mapping.tax_ids.mapped('name')) or self.env._("No tax")

    @api.depends(*TARGETS.values())
    def _compute_target_name(self):
        for mapping in self:
            mapping.target_name = mapping._target().display_name

    @api.depends('xero_account_id.can_take_lines', *(f'{name}.status' for name in TARGETS.values()))
    def _compute_is_decided(self):
        for mapping in self:
            mapping.is_decided = mapping._is_decided()

    def _search_is_decided(self, operator, value):
        if operator != 'in':
            return NotImplemented
        usable = (
            self._usable_account_domain()
            | Domain('xero_tax_rate_id.status', '=', 'ACTIVE')
            | Domain('xero_tracking_option_id.status', '=', 'ACTIVE'))
        return Domain.OR(usable if wanted else ~usable for wanted in value)

    @api.depends('is_decided', 'decided_by', 'decided_by_id', 'decided_at', *TARGETS.values())
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

    @api.constrains(*TARGETS.values())
    def _check_target(self):
        for mapping in self:
            target = mapping._target()
            if target and target.connection_id != mapping.connection_id:
                raise ValidationError(self.env._(
                    "%(target)s belongs to another Xero organisation than %(item)s. Choose one of %(connection)s.",
                    target=target.display_name, item=mapping.source_name, connection=mapping.connection_id.name))

    # === CRUD === #

    def write(self, vals):
        """Save a decision: who and when, and what waited for it goes out."""
        targets = set(TARGETS.values())
        if not self.env.su and vals.keys() - targets - {'target_code'}:
            raise AccessError(self.env._("Of a mapping, only what it goes to in Xero can be changed."))
        is_by_person = bool(targets & vals.keys()) and 'decided_by' not in vals
        if is_by_person:
            has_target = any(vals.get(name) for name in targets)
            vals = {
                **vals,
                'decided_by': 'person' if has_target else False,
                'decided_by_id': self.env.uid if has_target else False,
                'decided_at': fields.Datetime.now() if has_target else False,
            }
        result = super().write(vals)
        if is_by_person:
            self._release()
        return result

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

    @api.model
    def _account_for(self, connection, company, account):
        """Return the row of an account, made and decided now if it is new."""
        return self._prefetch_for(connection, company).account(account)

    @api.model
    def _tax_for(self, connection, company, taxes, use):
        """Return the row of the taxes of a line (none is a set too), made and decided now if it is new.

        :param str use: `sale` or `purchase`.
        """
        return self._prefetch_for(connection, company).tax(taxes, use)

    # === DECIDING === #

    def _target(self):
        """Return what the row goes to in Xero, or an empty record."""
        return self[self._target_field()]

    def _target_field(self):
        return TARGETS.get(self.type, TARGETS['account'])

    def _is_decided(self):
        """Tell whether there is a target that Xero takes on lines of documents now."""
        target = self._target()
        return bool(target) and self._can_use(target)

    def _note_use(self, use):
        """Remember that the row is needed for something. What lines of documents need has to suit them."""
        if self.use and not use:
            self.use = False

    def _can_use(self, target):
        """Tell whether Xero takes a target now where this row is needed."""
        return target._is_usable()

    @api.model
    def _usable_account_domain(self):
        """Return which rows of accounts `_can_use` their target."""
        return Domain('xero_account_id.status', '=', 'ACTIVE') & Domain('xero_account_id.can_take_lines', '=', True)

    def _decide_again(self):
        """Look again after reference data was read: what can be used now, by whatever way, releases its documents."""
        self.filtered(lambda mapping: mapping.decided_by != 'person' and not mapping._is_decided())._decide()
        self.filtered(lambda mapping: mapping._is_decided())._release()

    def _release(self):
        """Send what waited for these rows; tell the user how much that is.

        :return: number of documents.
        """
        count = self.env['xero.export']._release(self)
        if count:
            self.env.user._bus_send('simple_notification', {
                'type': 'success',
                'message': self.env._("%(count)s documents released; they go to Xero now.", count=count) if count > 1
                else self.env._("1 document released; it goes to Xero now."),
            })
        return count

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
        cause, names = self.type, {'item': self.source_name, 'connection': self.connection_id.name}
        if self._target():
            return Problem(cause, self.env._(
                "%(item)s cannot go to Xero: %(trouble)s. Choose another one in the mapping of %(connection)s, or restore it in Xero.",
                trouble=self._target_trouble(), **names), self)
        if cause == 'account':
            message = self.env._(
                "No Xero account has been chosen for %(item)s. Choose it in the mapping of %(connection)s; the document then goes out by itself.", **names)
        elif cause == 'tracking':
            message = self.env._(
                "No Xero tracking option has been chosen for %(item)s. Choose it in the mapping of %(connection)s, or create it there; the "
                "document then goes out by itself.", **names)
        elif self.use == 'sale':
            message = self.env._(
                "No Xero tax rate has been chosen for “%(item)s” on sales. Choose it in the mapping of %(connection)s; the document then "
                "goes out by itself.", **names)
        else:
            message = self.env._(
                "No Xero tax rate has been chosen for “%(item)s” on purchases. Choose it in the mapping of %(connection)s; the document then "
                "goes out by itself.", **names)
        return Problem(cause, message, self)

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
        if tax._has_no_like():
            problems.append(Problem('tax', self.env._(
                "%(item)s holds a fixed amount or one that is withheld, which no tax rate in Xero can be. Take it off the document, or enter the "
                "document in Xero by hand and skip it here.", item=tax.source_name)))
        return problems

    def _has_no_like(self):
        """Tell whether some tax of the set cannot be part of a rate, whatever rate a person chose for it."""
        return any(tax.amount_type == 'fixed' or tax.amount < 0 for tax in self.tax_ids.flatten_taxes_hierarchy())


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

    def line_problems(self, account, tax):
        """Return why a line cannot have these two rows: a list of `Problem`."""
        key = (account.id, tax.id)
        if key not in self._problems:
            self._problems[key] = account._line_problems(tax)
        return self._problems[key]

    def _find(self, mapping_type, source_key, source):
        key = (mapping_type, source_key)
        if key not in self._rows:
            row = self._model.create({
                'connection_id': self._connection.id, 'company_id': self._company.id, 'type': mapping_type, 'source_key': source_key, **source})
            row._decide()
            self._rows[key] = row
        return self._rows[key]
