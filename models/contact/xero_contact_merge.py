from odoo import api, models


class XeroContact(models.Model):
    """Partners that become one in Odoo."""
    _inherit = 'xero.contact'

    @api.model
    def _part_merged(self, leaving, staying):
        """Let one contact of each connection remain where partners become one: that of the partner that stays, if it has one.

        The others are nobody's then. In Xero nothing changes: there the contacts are merged by a person, if at all.
        """
        links = self.search([('partner_id', 'in', (leaving | staying).ids)], order='id')
        for _connection, rows in links.grouped('connection_id').items():
            own = rows.filtered(lambda row: row.partner_id == staying)
            for row in rows - (own or rows[:1]):
                # Partners that were merged in Xero have a row each of one contact: one row without partner is enough
                others = self.search_count([
                    ('connection_id', '=', row.connection_id.id), ('xero_id', '=', row.xero_id), ('id', '!=', row.id)], limit=1)
                if others:
                    row.unlink()
                else:
                    row._leave()
