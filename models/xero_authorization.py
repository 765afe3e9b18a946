from odoo import fields, models


class XeroAuthorization(models.Model):
    """One Xero user's consent for one app: the token chain. Nobody but the server reads it.

    A row of its own, so that the lock of a refresh hits nothing else. Several connections may share it.
    """
    _name = 'xero.authorization'
    _description = "Xero Authorization"
    _rec_name = 'email'

    app_id = fields.Many2one('xero.app', required=True, index=True, ondelete='cascade')
    xero_user_id = fields.Char(required=True)
    email = fields.Char()
    access_token_encrypted = fields.Char(copy=False)
    refresh_token_encrypted = fields.Char(copy=False)
    access_expires_at = fields.Datetime()
    refreshed_at = fields.Datetime(help="When the chain was last renewed; it dies after 60 idle days.")
    scopes = fields.Char(help="The scopes granted, separated by spaces.")
    connection_ids = fields.One2many('xero.connection', 'authorization_id')

    _user_uniq = models.UniqueIndex('(app_id, xero_user_id)')
