from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools.client_action import notification


class XeroMappingSuggest(models.TransientModel):
    """*Use suggestions*: shows what is suggested for many rows of the mapping, and uses what the person leaves ticked."""
    _name = 'xero.mapping.suggest'
    _inherit = 'xero.dialog'
    _description = "Use Suggestions for the Mapping to Xero"

    line_ids = fields.One2many('xero.mapping.suggest.line', 'suggest_id', string="Suggestions")
    open_count = fields.Integer(readonly=True, help="Rows of the same list without a decision and without a suggestion.")
    open_words = fields.Char(compute='_compute_open_words')
    chosen_count = fields.Integer(compute='_compute_chosen_count')

    @api.depends('open_count')
    def _compute_open_words(self):
        for dialog in self:
            count = dialog.open_count
            dialog.open_words = False
            if count:
                dialog.open_words = self.env._("%(count)s more rows have no suggestion.", count=count) if count > 1 else self.env._(
                    "1 more row has no suggestion.")

    @api.depends('line_ids.is_chosen')
    def _compute_chosen_count(self):
        for dialog in self:
            dialog.chosen_count = len(dialog.line_ids.filtered('is_chosen'))

    @api.model
    def _open_for(self, mappings):
        """Return the dialog for some rows.

        :param mappings: `xero.mapping`; those that are decided are left out.
        :raise AccessError: the user may not decide.
        :raise UserError: nothing is suggested.
        """
        mappings.check_access('write')
        undecided = mappings.filtered(lambda mapping: not mapping.is_decided)
        suggested = undecided.filtered('suggestion')
        if not suggested:
            raise UserError(self.env._("Nothing is suggested for these rows. Choose the account or tax rate in each row, under In Xero."))
        dialog = self.sudo().create({
            'open_count': len(undecided) - len(suggested),
            'line_ids': [Command.create(self.env['xero.mapping.suggest.line']._prepare(mapping)) for mapping in suggested],
        }).sudo(False)
        return dialog._open_large(self.env._("Use Suggestions"))

    def action_use(self):
        """Use the ticked suggestions, as decisions of the user. Rows that were decided meanwhile stay as they are."""
        self._check_mine()
        lines = self.line_ids.filtered('is_chosen')
        usable = lines.filtered(lambda line: line._is_usable())
        if not usable:
            raise UserError(self.env._("Tick the suggestions to use. Rows that somebody has decided meanwhile are left alone."))
        self.env['xero.mapping']._choose({line.mapping_id: line.target for line in usable})
        count, left = len(usable), len(lines) - len(usable)
        words = [self.env._("%(count)s rows are decided.", count=count) if count > 1 else self.env._("1 row is decided.")]
        if left:
            words.append(self.env._("Left as they are, because they were decided or changed in Xero meanwhile: %(count)s.", count=left))
        return notification('warning' if left else 'success', ' '.join(words))


class XeroMappingSuggestLine(models.TransientModel):
    """A suggestion for one row, as it was shown."""
    _name = 'xero.mapping.suggest.line'
    _inherit = ['xero.guarded', 'xero.dialog']
    _description = "Suggestion for the Mapping to Xero"

    suggest_id = fields.Many2one('xero.mapping.suggest', required=True, readonly=True, ondelete='cascade', index=True)
    mapping_id = fields.Many2one('xero.mapping', required=True, readonly=True, ondelete='cascade')
    is_chosen = fields.Boolean(string="Use it", default=True)
    connection_id = fields.Many2one(related='mapping_id.connection_id', related_sudo=False)
    type = fields.Selection(related='mapping_id.type', related_sudo=False)
    source_name = fields.Char(related='mapping_id.source_name', related_sudo=False)
    use = fields.Selection(related='mapping_id.use', related_sudo=False)
    target = fields.Reference(selection=lambda self: self.env['xero.mapping']._selection_target(), string="Becomes in Xero", readonly=True)
    target_name = fields.Char(string="Becomes", readonly=True)
    reason = fields.Char(string="Why", readonly=True)

    @api.model
    def _prepare(self, mapping):
        """Return the values of the line for a row that has a suggestion."""
        target = mapping._suggested()
        return {
            'mapping_id': mapping.id, 'target': f'{target._name},{target.id}', 'target_name': target.display_name,
            'reason': mapping._thing()._suggestion_words(mapping, target)}

    def _is_usable(self):
        """Return whether the row is still undecided, and may have the target."""
        target = self.target
        return not self.mapping_id.is_decided and bool(target and target.filtered_domain(self.mapping_id._target_domain()))
