from odoo import api, fields, models


class XeroDisconnect(models.TransientModel):
    """The dialog that asks for confirmation before an organisation is disconnected. It shows how many documents wait."""
    _name = 'xero.disconnect'
    _inherit = 'xero.dialog'
    _description = "Disconnect from Xero"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    organisation_name = fields.Char(related='connection_id.organisation_name', related_sudo=False)
    intro = fields.Char(compute='_compute_words', help="What *Disconnect* does, in a whole sentence.")
    synced_words = fields.Char(compute='_compute_words')
    waiting_words = fields.Char(compute='_compute_words')
    usage_count = fields.Integer(related='connection_id.usage_count', related_sudo=False)
    is_shared = fields.Boolean(compute='_compute_is_shared', compute_sudo=True)
    force = fields.Boolean(string="Disconnect in Odoo even if Xero does not answer")

    @api.depends('connection_id')
    def _compute_is_shared(self):
        for wizard in self:
            wizard.is_shared = len(wizard.connection_id.authorization_id.connection_ids) > 1

    @api.depends('connection_id')
    @api.depends_context('lang')
    def _compute_words(self):
        for wizard in self:
            connection = wizard.connection_id
            wizard.intro = self.env._(
                "Odoo will no longer export to %(organisation)s, and Xero will no longer list Odoo among its connected apps.",
                organisation=connection.organisation_name)
            wizard.synced_words = self.env._(
                "Exported documents stay in Xero (%(count)s). Their history and all mappings stay in Odoo.", count=connection.synced_count)
            wizard.waiting_words = self.env._(
                "Documents that wait now (%(count)s), and documents posted from now on, are sent when the connection is connected again.",
                count=connection.waiting_count)

    def action_disconnect(self):
        self._check_mine()
        self.connection_id.check_access('write')
        self.connection_id.sudo()._disconnect(self.force)
        return self.connection_id._notify('success', self.env._(
            "%(organisation)s is disconnected. Documents that are posted from now on wait for a new connection.",
            organisation=self.organisation_name))
