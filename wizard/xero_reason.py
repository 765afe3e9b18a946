from odoo import api, fields, models
from odoo.exceptions import ValidationError


class XeroReason(models.AbstractModel):
    """A dialog that asks for a reason, which everybody reads later."""
    _name = 'xero.reason'
    _inherit = 'xero.dialog'
    _description = "Dialog for Xero that Asks for a Reason"

    reason = fields.Char(required=True)

    @api.constrains('reason')
    def _check_reason(self):
        if any(not dialog.reason.strip() for dialog in self):
            raise ValidationError(self.env._("Enter the reason. It is shown to everybody who opens the document."))
