from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from ..reference.xero_reference_mixin import ACTIVE


class XeroMapping(models.Model):
    """A decision of an accountant: this Odoo record is that record in Xero, in one connection.

    A row is created when a document needs it, and decided immediately if a default applies (`_decide`). A row without a usable target
    stops the documents that need it; a decision releases them (`_release`). Code that builds documents uses a resolver
    (`_prefetch_for`), which reads all rows of a company with one query. What differs between the types is in `xero.mapped.<type>`.
    """
    _name = 'xero.mapping'
    _inherit = 'xero.border'
    _description = "Xero Mapping"
    _order = 'waiting_count desc, is_decided, type, source_name, id'
    _rec_name = 'source_name'
    _rec_names_search = ['source_name', 'xero_account_id', 'xero_tax_rate_id', 'xero_tracking_option_id']

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    type = fields.Selection(
        [('account', "Account"), ('tax', "Tax"), ('tracking', "Tracking"), ('bank', "Bank")], required=True, readonly=True)

    # === In Odoo === #
    source_key = fields.Char(required=True, readonly=True, help="The Odoo record as text, by which the row is found.")
    source_name = fields.Char(string="In Odoo", compute='_compute_source_name', store=True)
    account_id = fields.Many2one('account.account', readonly=True, ondelete='cascade', index='btree_not_null')
    tax_ids = fields.Many2many('account.tax', 'xero_mapping_tax_rel', 'mapping_id', 'tax_id', readonly=True, context={'active_test': False})
    analytic_account_id = fields.Many2one('account.analytic.account', readonly=True, ondelete='cascade', index='btree_not_null')
    journal_id = fields.Many2one('account.journal', readonly=True, ondelete='cascade', index='btree_not_null')
    payment_method_line_id = fields.Many2one(
        'account.payment.method.line', string="Payment method", readonly=True, ondelete='cascade', index='btree_not_null',
        help="Empty in the row for all payments of the journal that no other row is for.")
    use = fields.Selection(
        [('sale', "Sales"), ('purchase', "Purchases"), ('journal', "Journals")], readonly=True,
        help="The purpose, if the target depends on it.")

    # === In Xero === #
    xero_account_id = fields.Many2one('xero.account', string="Account in Xero", ondelete='set null', index='btree_not_null')
    xero_tax_rate_id = fields.Many2one('xero.tax.rate', string="Tax rate in Xero", ondelete='set null', index='btree_not_null')
    xero_tracking_option_id = fields.Many2one('xero.tracking.option', string="Tracking option in Xero", ondelete='set null', index='btree_not_null')

    # === The decision === #
    decided_by = fields.Selection(
        [
            ('same_code', "Same code"), ('same_name', "Same name"), ('same_number', "Same account number"), ('journal', "As the journal"),
            ('default_table', "Default for this tax"), ('only_match', "Only rate that fits"), ('person', "Chosen by a person"),
        ],
        string="How it was decided", readonly=True)
    decided_by_id = fields.Many2one('res.users', readonly=True)
    decided_at = fields.Datetime(readonly=True)
    is_decided = fields.Boolean(compute='_compute_is_decided', store=True, help="Whether documents can use it now.")

    # === Documents === #
    export_ids = fields.Many2many('xero.export', 'xero_export_mapping_rel', 'mapping_id', 'export_id', readonly=True)

    _source_uniq = models.UniqueIndex('(connection_id, company_id, type, source_key)')

    # === THE MAPPED THING === #

    @api.model
    def _things(self):
        """Return the contracts of all types (`xero.mapped`)."""
        return [self.env[f'xero.mapped.{mapped_type}'] for mapped_type, _label in self._fields['type'].selection]

    def _thing(self):
        """Return the contract of the rows' type (`xero.mapped`), which is one."""
        [mapped_type] = set(self.mapped('type'))
        return self.env[f'xero.mapped.{mapped_type}']

    @api.model
    def _thing_fields(self, attribute):
        """Return a tuple of the field names, or paths, that the types have in an attribute."""
        values = [getattr(thing, attribute) for thing in self._things()]
        return tuple(dict.fromkeys(name for value in values for name in ([value] if isinstance(value, str) else value)))

    @api.model
    def _target_fields(self):
        """Return the names of the fields that hold targets in Xero."""
        return self._thing_fields('_target_field')

    def _target_field(self):
        """Return the name of the field that holds the row's target."""
        return self._thing()._target_field

    def _target(self):
        """Return the row's target in Xero, or an empty record."""
        return self[self._target_field()]

    def _target_domain(self, connection=None):
        """Return the domain of the targets that Xero accepts for the row now.

        :param connection: the row's own if None.
        """
        connection = connection or self.connection_id
        active = Domain('connection_id', '=', connection.id) & Domain('status', '=', ACTIVE)
        return active & self._thing()._target_domain(self, connection)

    def _is_decided(self):
        """Return whether the row has a target that Xero accepts now."""
        target = self._target()
        return bool(target) and self._thing()._can_use(self, target)

    # === COMPUTES === #

    @api.depends(lambda self: ('type', *self._thing_fields('_source_depends')))
    def _compute_source_name(self):
        for mapping in self:
            mapping.source_name = mapping._thing()._describe(mapping)

    @api.depends(lambda self: (
        'type', *self._thing_fields('_domain_depends'), *self._thing_fields('_usable_depends'), *(f'{name}.status' for name in self._target_fields())))
    def _compute_is_decided(self):
        for mapping in self:
            mapping.is_decided = mapping._is_decided()

    # === CONSTRAINTS === #

    @api.constrains(lambda self: self._target_fields())
    def _check_target(self):
        for mapping in self:
            target = mapping._target()
            if target and target.connection_id != mapping.connection_id:
                raise ValidationError(self.env._(
                    "%(target)s belongs to another Xero organisation than %(item)s. Choose one of %(connection)s.",
                    target=target.display_name, item=mapping.source_name, connection=mapping.connection_id.name))
            if target and not target.filtered_domain(mapping._target_domain()):
                raise ValidationError(self.env._(
                    "%(item)s cannot be mapped to %(target)s in Xero. Choose one of those that the mapping of %(connection)s offers.",
                    target=target.display_name, item=mapping.source_name, connection=mapping.connection_id.name))

    # === CRUD === #

    def write(self, vals):
        """Save a decision with its user and time, and release the documents that waited for it.

        :raise AccessError: a user changes anything but the target.
        """
        mappings, targets = self, set(self._target_fields())
        if not self.env.su:
            vals = self._without_unchanged(vals, targets)
        is_by_person = bool(targets & vals.keys()) and 'decided_by' not in vals
        if is_by_person:
            # Rows of several types may be edited at once; an unchanged target is no decision
            mappings = self.filtered(lambda mapping: mapping._would_change(mapping._target_field(), vals))
            has_target = any(vals.get(name) for name in targets)
            vals = {
                **vals,
                'decided_by': 'person' if has_target else False,
                'decided_by_id': self.env.uid if has_target else False,
                'decided_at': fields.Datetime.now() if has_target else False,
            }
        replaced = mappings.filtered(lambda mapping: mapping._target()) if is_by_person else mappings.browse()
        result = super(XeroMapping, mappings).write(vals)
        if is_by_person:
            super(XeroMapping, replaced).write({'changed_at': fields.Datetime.now()})
            mappings._release()
        return result

    def _without_unchanged(self, vals, targets):
        """Return the values that a user changes. An imported table may contain other columns, if their values are those of the rows.

        :param set targets: names of the target fields.
        :raise AccessError: the user changes more than the target.
        """
        allowed = targets | {'target', 'target_code'}
        vals = {name: value for name, value in vals.items() if name in allowed or any(row._would_change(name, vals) for row in self)}
        if vals.keys() - allowed:
            raise AccessError(self.env._("Only the target in Xero of a mapping can be changed."))
        return vals

    def _would_change(self, name, vals):
        """Return whether values to write change a field of the row."""
        field = self._fields[name]
        return name in vals and field.convert_to_record(field.convert_to_cache(vals[name], self), self) != self[name]
