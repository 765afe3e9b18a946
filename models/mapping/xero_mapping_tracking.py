from odoo import api, fields, models
from odoo.fields import Domain


class XeroMapping(models.Model):
    """Analytic accounts and the tracking options that they go to, in the category of their plan."""
    _inherit = 'xero.mapping'

    analytic_account_id = fields.Many2one('account.analytic.account', readonly=True, ondelete='cascade', index='btree_not_null')
    xero_tracking_option_id = fields.Many2one('xero.tracking.option', string="Tracking option in Xero", ondelete='set null', index='btree_not_null')
    category_xero_id = fields.Char(compute='_compute_category_xero_id', help="The tracking category that the plan of the analytic account goes to.")

    @api.depends('analytic_account_id.name')
    def _compute_source_name(self):
        return super()._compute_source_name()

    def _describe_source(self):
        return self.analytic_account_id.name if self.type == 'tracking' else super()._describe_source()

    @api.depends('category_xero_id')
    def _compute_target_domain(self):
        return super()._compute_target_domain()

    def _target_domain(self, connection=None):
        domain = super()._target_domain(connection)
        return domain & Domain('category_xero_id', '=', self._category(connection).xero_id) if self.type == 'tracking' else domain

    @api.depends('analytic_account_id.root_plan_id', 'connection_id.tracking_category_1_id', 'connection_id.tracking_category_2_id')
    def _compute_category_xero_id(self):
        for mapping in self:
            mapping.category_xero_id = mapping._category().xero_id

    def _category(self, connection=None):
        return (connection or self.connection_id)._tracked().get(self.analytic_account_id.root_plan_id, self.env['xero.tracking.category'])

    def _forget_option(self):
        """The decision is for another category: decide anew, as far as equal names do."""
        self.write({'xero_tracking_option_id': False, 'decided_by': False, 'decided_by_id': False, 'decided_at': False})
        self._decide_tracking()

    def _decide_tracking(self):
        """Take the option of the same name, without regard to case as Xero compares them."""
        for mapping in self:
            key = mapping.analytic_account_id.name.strip().casefold()
            options = self.env['xero.tracking.option'].search(mapping._target_domain())
            same = options.grouped(lambda option: option.name.casefold()).get(key, ())
            if len(same) == 1:
                mapping._settle(same, 'same_name')
