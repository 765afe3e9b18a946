from odoo import fields, models


class XeroRequest(models.Model):
    """One call that writes: frozen body, idempotency key, the exports in it, the answer.

    It is committed before it is sent and never changed but for its answer, so that the same bytes can go out again under the
    same key, and so that a person can read what was sent.
    """
    _name = 'xero.request'
    _description = "Xero Request"
    _order = 'id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    kind = fields.Char(required=True, readonly=True, help="The kind of document in it, or 'contact'.")
    export_ids = fields.Many2many('xero.export', 'xero_request_export_rel', 'request_id', 'export_id', readonly=True)
    method = fields.Char(required=True, readonly=True)
    path = fields.Char(required=True, readonly=True)
    key = fields.Char(string="Idempotency key", required=True, readonly=True)
    body = fields.Text(readonly=True, groups='account_xero.group_xero_invoice_admin')
    frozen = fields.Json(readonly=True, help="In the order of the body: what each element stands for.")
    state = fields.Selection(
        [('sending', "Sending"), ('answered', "Answered"), ('unanswered', "No answer"), ('void', "Came to nothing")],
        default='sending', required=True, readonly=True, index=True)
    sent_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    answered_at = fields.Datetime(readonly=True)
    http_status = fields.Integer(string="HTTP status", readonly=True)
    correlation_id = fields.Char(readonly=True)
    answer = fields.Text(readonly=True, groups='account_xero.group_xero_invoice_admin')
    error = fields.Char(readonly=True)
