from odoo import api, fields, models
from odoo.exceptions import ValidationError

PLANS = ('tracking_plan_1_id', 'tracking_plan_2_id')
CATEGORIES = ('tracking_category_1_id', 'tracking_category_2_id')


class XeroConnection(models.Model):
    """Which analytic plans go to Xero's two tracking categories."""
    _inherit = 'xero.connection'

    tracking_plan_1_id = fields.Many2one(
        'account.analytic.plan', string="Analytic plan", copy=False, domain="[('parent_id', '=', False)]", ondelete='set null', tracking=True,
        help="Lines are split by the analytic accounts of this plan, which go to the options of the category.")
    tracking_category_1_id = fields.Many2one(
        'xero.tracking.category', string="Tracking category", copy=False, ondelete='set null', tracking=True,
        domain="[('connection_id', '=', id), ('status', '=', 'ACTIVE')]")
    tracking_plan_2_id = fields.Many2one(
        'account.analytic.plan', string="Second analytic plan", copy=False, domain="[('parent_id', '=', False)]", ondelete='set null', tracking=True)
    tracking_category_2_id = fields.Many2one(
        'xero.tracking.category', string="Second tracking category", copy=False, ondelete='set null', tracking=True,
        domain="[('connection_id', '=', id), ('status', '=', 'ACTIVE')]")

    def _tracked(self):
        """Return the categories by analytic plan: at most two."""
        self.ensure_one()
        return {self[plan]: self[category] for plan, category in zip(PLANS, CATEGORIES) if self[plan] and self[category]}

    @api.constrains(*PLANS, *CATEGORIES)
    def _check_tracking(self):
        for connection in self:
            plans, categories = [connection[name] for name in PLANS], [connection[name] for name in CATEGORIES]
            if any(bool(plan) != bool(category) for plan, category in zip(plans, categories)):
                raise ValidationError(self.env._("An analytic plan and a tracking category go together: choose both, or neither."))
            if all(plans) and (plans[0] == plans[1] or categories[0] == categories[1]):
                raise ValidationError(self.env._("Choose two different plans, and two different tracking categories."))
            if any(category.connection_id != connection for category in categories if category):
                raise ValidationError(self.env._("The tracking category belongs to another organisation than %s.", connection.name))

    def write(self, vals):
        """Change what is tracked: options of another category are no decisions any more."""
        result = super().write(vals)
        if vals.keys() & {*PLANS, *CATEGORIES}:
            rows = self.env['xero.mapping'].sudo().search([('connection_id', 'in', self.ids), ('type', '=', 'tracking')])
            rows.filtered(lambda row: row.xero_tracking_option_id.category_xero_id != row.category_xero_id)._forget_option()
        return result
