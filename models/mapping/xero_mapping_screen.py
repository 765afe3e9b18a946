from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..reference.xero_reference_mixin import ACTIVE


class XeroMapping(models.Model):
    """The screens: pickers for all types, labels of decisions, suggestions, waiting documents, and the code for imported tables.

    `target_code` is the column for Odoo's export and import: many organisations have the same codes of accounts and tax types, but not
    the same names and ids.
    """
    _inherit = 'xero.mapping'

    # === In Xero === #
    target_name = fields.Char(string="In Xero", compute='_compute_target_name')
    target = fields.Reference(
        selection='_selection_target', string="Mapped to", compute='_compute_target', inverse='_inverse_target',
        help="The account, tax rate or tracking option in Xero.")
    target_model = fields.Char(compute='_compute_target_model')
    target_domain = fields.Binary(compute='_compute_target_domain', help="The targets that Xero accepts, from which a person can choose.")
    target_code = fields.Char(
        string="Code in Xero", compute='_compute_target_code', inverse='_inverse_target_code',
        help="The code of the account, the tax type, the name of the tracking option, or the number of the bank account.")
    decision = fields.Char(compute='_compute_decision', help="How it was decided, or why it cannot be used.")
    can_decide = fields.Boolean(compute='_compute_can_decide')
    decide_hint = fields.Char(string="Who can decide", compute='_compute_decide_hint')

    # === Suggestion, which only a person can apply === #
    suggested_account_id = fields.Many2one('xero.account', compute='_compute_suggestion')
    suggested_tax_rate_id = fields.Many2one('xero.tax.rate', compute='_compute_suggestion')
    suggested_tracking_option_id = fields.Many2one('xero.tracking.option', compute='_compute_suggestion')
    suggestion = fields.Char(
        compute='_compute_suggestion', search='_search_suggestion', help="The most similar one in Xero. It is used only if you choose it.")
    suggested_id = fields.Integer(compute='_compute_suggestion', help="The ID of the suggested one, for the picker.")

    can_separate_methods = fields.Boolean(compute='_compute_can_separate_methods')

    # === Documents === #
    waiting_count = fields.Integer(string="Documents waiting", compute='_compute_waiting_count')

    # === THE TARGET === #

    @api.depends(lambda self: self._target_fields())
    def _compute_target_name(self):
        for mapping in self:
            mapping.target_name = mapping._target().display_name

    @api.model
    def _selection_target(self):
        models = dict.fromkeys(self._fields[name].comodel_name for name in self._target_fields())
        return [(model, self.env[model]._description) for model in models]

    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_can_decide(self):
        writable = self._filtered_access('write')
        for mapping in self:
            mapping.can_decide = mapping in writable

    @api.depends('is_decided', 'can_decide')
    @api.depends_context('uid', 'allowed_company_ids', 'lang')
    def _compute_decide_hint(self):
        barred = self.filtered(lambda mapping: not mapping.can_decide and not mapping.is_decided)
        (self - barred).decide_hint = False
        for connection, mappings in barred.grouped('connection_id').items():
            mappings.decide_hint = self.env._(
                "Only an invoice admin can decide this row. Ask %(admins)s.", admins=connection.sudo()._admin_names())

    @api.depends(lambda self: ('type', *self._target_fields()))
    def _compute_target(self):
        for mapping in self:
            mapping.target = mapping._target() or False

    def _inverse_target(self):
        # Rows of several types may be edited at once
        for mapping in self.filtered(lambda mapping: not mapping.target or mapping.target._name == mapping.target_model):
            mapping[mapping._target_field()] = mapping.target
        self.invalidate_recordset(['target'])

    @api.depends('type')
    def _compute_target_model(self):
        for mapping in self:
            mapping.target_model = mapping._target()._name

    @api.depends(lambda self: ('type', 'connection_id', *self._thing_fields('_domain_depends')))
    def _compute_target_domain(self):
        for mapping in self:
            mapping.target_domain = list(mapping._target_domain())

    @api.depends(lambda self: self._target_fields())
    def _compute_target_code(self):
        for mapping in self:
            mapping.target_code = mapping._thing()._code_of(mapping._target())

    def _inverse_target_code(self):
        for mapping in self:
            code = (mapping.target_code or '').strip()
            target = mapping._find_target(mapping.connection_id, code)
            if code and not target:
                raise ValidationError(self.env._(
                    "%(connection)s has nothing with the code “%(code)s” in Xero to which %(item)s can be mapped. Check the code.",
                    connection=mapping.connection_id.name, code=code, item=mapping.source_name))
            mapping[mapping._target_field()] = target

    # === THE DECISION === #

    @api.depends(lambda self: (
        'is_decided', 'decided_by', 'decided_by_id', 'decided_at', 'creation', 'creation_error', 'resend_count', *self._target_fields()))
    def _compute_decision(self):
        words = dict(self._fields['decided_by']._description_selection(self.env))
        for mapping in self:
            if mapping.is_decided and mapping.decided_by == 'person':
                chosen = self.env._(
                    "Chosen by %(user)s on %(date)s", user=mapping.decided_by_id.name, date=format_date(self.env, mapping.decided_at))
                mapping.decision = ' · '.join(filter(None, [mapping._resend_words(), chosen]))
            elif mapping.is_decided:
                mapping.decision = words.get(mapping.decided_by)
            elif mapping.creation:
                mapping.decision = self.env._("Being created in Xero")
            elif mapping.creation_error:
                mapping.decision = mapping.creation_error
            elif mapping._target():
                mapping.decision = mapping._target_trouble()
            else:
                mapping.decision = self.env._("Not decided")

    # === THE SUGGESTION === #

    @api.depends('is_decided')
    def _compute_suggestion(self):
        self.update(dict.fromkeys((*self._thing_fields('_suggestion_field'), 'suggestion', 'suggested_id'), False))
        undecided = self.filtered(lambda mapping: not mapping.is_decided)
        for connection, mappings in undecided.grouped('connection_id').items():
            active = [('connection_id', '=', connection.id), ('status', '=', ACTIVE)]
            targets = {field: self.env[self._fields[field].comodel_name].search(active) for field in self._target_fields()}
            for mapping in mappings:
                thing = mapping._thing()
                suggested = thing._suggest(mapping, targets[thing._target_field].filtered_domain(mapping._target_domain()))
                mapping[thing._suggestion_field] = suggested
                mapping.suggestion, mapping.suggested_id = suggested.display_name, suggested.id

    @api.model
    def _search_suggestion(self, operator, value):
        if operator != 'in':
            return NotImplemented
        undecided = self.search([('is_decided', '=', False)])
        found = Domain('id', 'in', undecided.filtered(lambda mapping: mapping.suggestion in value).ids)
        return found | Domain('is_decided', '=', True) if False in value else found

    def _suggested(self):
        """Return the suggested target of a row, or an empty record."""
        return self[self._thing()._suggestion_field]

    def action_use_suggestion(self):
        """Apply the suggestions, as decisions of the user."""
        self._choose({mapping: mapping._suggested() for mapping in self if mapping.suggestion})

    def action_suggest_dialog(self):
        """Show all suggestions for these rows, or for those of the list if none is selected, so that they can be used together."""
        return self.env['xero.mapping.suggest']._open_for(self or self.search(Domain(self.env.context.get('active_domain') or Domain.TRUE)))

    def action_ask(self):
        """Ask the invoice admins to decide the row, because the user may not.

        :return: the notification for the user.
        """
        self.ensure_one()
        problem = self._problem()
        failed = self.export_ids.filtered(lambda export: export.state == 'failed')
        return self.env['xero.ask']._ask_to_decide(self, problem.message if problem else '', failed.move_id)

    # === PAYMENT METHODS === #

    @api.depends('type', 'payment_method_line_id')
    def _compute_can_separate_methods(self):
        for mapping in self:
            mapping.can_separate_methods = mapping.type == 'bank' and not mapping.payment_method_line_id

    def action_separate_methods(self):
        """Add a row for each payment method of the journal, so that card, cash and transfer can go to different accounts in Xero.

        :raise AccessError: the user may not decide.
        """
        self.check_access('write')
        self.env['xero.mapped.bank']._add_method_rows(self.filtered('can_separate_methods'))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}

    # === DOCUMENTS === #

    @api.depends('export_ids')
    def _compute_waiting_count(self):
        counts = dict(self.env['xero.export']._read_group([('mapping_ids', 'in', self.ids)], ['mapping_ids'], ['__count']))
        for mapping in self:
            mapping.waiting_count = counts.get(mapping, 0)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Count the waiting documents of each row when rows are ordered by them: a stored count would lock decisions while documents are sent."""
        if field_name != 'waiting_count':
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        relation = self._fields['export_ids']
        count = SQL(
            "(SELECT COUNT(*) FROM %s WHERE %s = %s)", SQL.identifier(relation.relation), SQL.identifier(relation.relation, relation.column1),
            SQL.identifier(alias, 'id'))
        query._order_groupby.append(count)
        return SQL("%s %s", count, direction)

    def action_open_waiting(self):
        """Open the documents that wait for these decisions."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Waiting for %(item)s", item=', '.join(self.mapped('source_name'))),
            'res_model': 'xero.export',
            'view_mode': 'list,form',
            'domain': [('mapping_ids', 'in', self.ids)],
        }
