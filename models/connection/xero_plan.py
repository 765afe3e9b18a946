from odoo import api, fields, models


def plan_label(code):
    """Return the name of a Xero plan; its code is the name in capitals (https://developer.xero.com/documentation/api/accounting/types)."""
    return code and code.replace('_', ' ').capitalize().replace('gst', 'GST').replace('Gst', 'GST')


class XeroPlan(models.AbstractModel):
    """The plan of an organisation, as read from Xero, and what it lacks for exports."""
    _name = 'xero.plan'
    _description = "Plan of an Organisation in Xero"

    plan_class = fields.Char(string="Plan code", readonly=True, copy=False)
    plan_label = fields.Char(string="Plan", compute='_compute_plan')
    plan_warning = fields.Char(compute='_compute_plan')

    @api.depends('plan_class')
    def _compute_plan(self):
        """Xero offers Ledger and Cashbook "for clients who don't need invoicing", as quoted in
        https://help.linkmybooks.com/en/articles/8347591-does-link-my-books-work-with-xero-cashbook-or-xero-ledger
        """
        for record in self:
            code = record.plan_class or ''
            record.plan_label = plan_label(record.plan_class)
            record.plan_warning = self.env._(
                "Xero offers the plan %(plan)s for businesses that do not need invoicing, so it may refuse invoices and bills. Export one document "
                "first. If Xero refuses it, change the plan of the organisation at Xero.",
                plan=record.plan_label) if code == 'LEDGER' or code.endswith('CASHBOOK') else ''
