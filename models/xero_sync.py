from odoo import fields, models


class XeroSync(models.Model):
    """A run that did, failed or was asked for something: what one reads to know whether the export is alive."""
    _name = 'xero.sync'
    _description = "Xero Sync"
    _order = 'start_at desc, id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    run = fields.Selection(
        [('export', "Export"), ('reference', "Reference data"), ('check', "Token check"), ('look_back', "Look-back"), ('consent', "Consent"), ('test', "Connection test")],
        required=True, readonly=True)
    by_hand = fields.Boolean(readonly=True)
    user_id = fields.Many2one('res.users', string="Asked for by", readonly=True)
    start_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    end_at = fields.Datetime(readonly=True)
    done = fields.Integer(readonly=True)
    failed = fields.Integer(readonly=True)
    calls = fields.Integer(readonly=True)
    error = fields.Char(readonly=True)
