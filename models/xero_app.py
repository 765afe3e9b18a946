from odoo import api, fields, models


class XeroApp(models.Model):
    """The app registered at Xero's developer site, by whose name we ask for consent."""
    _name = 'xero.app'
    _description = "Xero App"
    _order = 'name, id'

    name = fields.Char(required=True, default="Xero")
    active = fields.Boolean(default=True)
    client_id = fields.Char(string="Client ID", required=True)
    client_secret = fields.Char(compute='_compute_client_secret', inverse='_inverse_client_secret', copy=False, help="Can be written, never read.")
    client_secret_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    has_client_secret = fields.Boolean(string="Secret is set", compute='_compute_has_client_secret', compute_sudo=True)
    environment = fields.Selection([('live', "Xero"), ('sandbox', "Sandbox")], default='live', required=True)
    sandbox_url = fields.Char(string="Sandbox URL", default="http://localhost:8070")
    scope_set = fields.Selection([('granular', "Granular"), ('broad', "Broad")], default='granular', required=True)
    redirect_uri = fields.Char(string="Redirect URI", compute='_compute_redirect_uri', help="Paste it into the app at Xero, to the letter.")
    authorization_ids = fields.One2many('xero.authorization', 'app_id', groups=fields.NO_ACCESS)
    connection_ids = fields.One2many('xero.connection', 'app_id')

    def _compute_client_secret(self):
        self.client_secret = False

    def _inverse_client_secret(self):
        pass

    def _compute_has_client_secret(self):
        self.has_client_secret = False

    def _compute_redirect_uri(self):
        self.redirect_uri = False
