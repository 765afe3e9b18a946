from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo's *Merge* of contacts: what stays keeps one contact in Xero for each connection."""
    _inherit = 'base.partner.merge.automatic.wizard'

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self.env['xero.contact'].sudo()._part_merged(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)


class XeroContact(models.Model):
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
