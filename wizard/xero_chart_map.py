from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroChartMap(models.TransientModel):
    """*Map the chart*: adds the rows of the mapping that documents will need, and says how many of them are decided."""
    _name = 'xero.chart.map'
    _inherit = 'xero.dialog'
    _description = "Map the Chart of Accounts to Xero"

    connection_id = fields.Many2one(
        'xero.connection', required=True, ondelete='cascade', domain=[('status', '=', 'connected')], default=lambda self: self._default_connection_id())
    scope = fields.Selection(
        [('used', "What documents and products use"), ('whole', "The whole chart")], string="Accounts and taxes", default='used', required=True)
    created = fields.Integer(readonly=True, help="Rows that were added.")
    is_done = fields.Boolean(readonly=True)
    summary = fields.Char(compute='_compute_counts')
    decided_count = fields.Integer(compute='_compute_counts')
    suggested_count = fields.Integer(compute='_compute_counts')
    open_count = fields.Integer(compute='_compute_counts')

    @api.model
    def _default_connection_id(self):
        connections = self.env['xero.connection'].search([('status', '=', 'connected')], limit=2)
        return connections if len(connections) == 1 else False

    @api.depends('is_done', 'connection_id')
    def _compute_counts(self):
        for dialog in self:
            counts = self.env['xero.chart']._count(dialog.connection_id)
            dialog.decided_count, dialog.suggested_count, dialog.open_count = counts['decided'], counts['suggested'], counts['open']
            dialog.summary = dialog._summary_words(sum(counts.values()))

    def _summary_words(self, total):
        """Return, for people, how many rows there are, and how many were added."""
        if not self.created:
            return self.env._("The mapping had all rows already: %(total)s.", total=total)
        return self.env._("%(created)s rows were added. The mapping has %(total)s rows now.", created=self.created, total=total) if self.created > 1 \
            else self.env._("1 row was added. The mapping has %(total)s rows now.", total=total)

    # === ACTIONS === #

    @api.model
    def _open_for(self, connection):
        """Return the dialog for a connection."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_chart_map_action'),
            'context': {'default_connection_id': connection.id},
        }

    def action_map(self):
        """Add the missing rows, and show how many are decided.

        :raise UserError: nothing was read from Xero yet.
        """
        self._check_mine()
        connection = self.connection_id
        connection.check_access('write')
        if not all(connection.sudo()._reference_moment(name) for name in ('accounts', 'tax_rates')):
            raise UserError(self.env._(
                "The accounts and tax rates of %(connection)s are still being read from Xero. Try again in a minute.", connection=connection.name))
        created = self.env['xero.chart']._map(connection, is_whole=self.scope == 'whole')
        self.sudo().write({'created': len(created), 'is_done': True})
        return {**self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_chart_map_action'), 'res_id': self.id}

    def action_open_decided(self):
        """Open the decided rows."""
        return self._open_rows('decided')

    def action_open_suggested(self):
        """Open the rows for which there is a suggestion."""
        return self._open_rows('suggested')

    def action_open_undecided(self):
        """Open the rows that nothing is suggested for."""
        return self._open_rows('open')

    def _open_rows(self, name):
        """Return the list of the mapping, filtered.

        :param str name: of a filter of the mapping.
        """
        self._check_mine()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action'),
            'domain': [('connection_id', '=', self.connection_id.id)],
            'context': {f'search_default_{name}': 1},
        }
