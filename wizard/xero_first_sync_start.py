from odoo import api, fields, models


class XeroFirstSyncStart(models.TransientModel):
    """The dialog in which a person chooses the period of a first sync."""
    _name = 'xero.first.sync.start'
    _inherit = 'xero.dialog'
    _description = "Start a Xero First Sync"

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    export_start_date = fields.Date(related='connection_id.export_start_date')
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="To", required=True)
    scope = fields.Selection([('all', "Sales and purchases"), ('sale', "Sales"), ('purchase', "Purchases")], string="Documents", default='all', required=True)
    matches_contacts = fields.Boolean(string="Match contacts", default=True)
    creates_partners = fields.Boolean(
        string="Create partners", help="A contact that only Xero has becomes a partner in Odoo. You can also do it later, for some of them.")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        connection = self.env['xero.connection'].browse(self.env.context.get('active_id') or values.get('connection_id')).exists()
        if connection and 'connection_id' in fields:
            connection.check_access('read')
            values.update(connection_id=connection.id, **self._default_period(connection))
        return values

    def _default_period(self, connection):
        """Return the period from the start of the fiscal year to the day from which documents are exported."""
        to = min(connection.export_start_date, fields.Date.context_today(self))
        company = connection.sudo().company_ids[:1]
        return {'date_from': company.compute_fiscalyear_dates(to)['date_from'], 'date_to': to}

    def action_start(self):
        """Start the first sync and open it."""
        self._check_mine()
        first_sync = self.env['xero.first.sync']._start(
            self.connection_id, date_from=self.date_from, date_to=self.date_to, scope=self.scope, matches_contacts=self.matches_contacts,
            creates_partners=self.creates_partners)
        return {
            'type': 'ir.actions.act_window', 'res_model': 'xero.first.sync', 'res_id': first_sync.id, 'views': [(False, 'form')], 'target': 'current'}
