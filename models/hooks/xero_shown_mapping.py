from odoo import api, fields, models

from ...const import ADMIN_ROLE


class XeroShownMapping(models.AbstractModel):
    """A record of Odoo's own whose form shows where it is mapped in Xero, for invoice admins."""
    _name = 'xero.shown.mapping'
    _description = "Record That Is Mapped in Xero"

    xero_mapping_text = fields.Char(
        string="In Xero", compute='_compute_xero_mapping_text', groups=ADMIN_ROLE, help="Empty if no document or chart has needed the record yet.")

    @api.depends_context('uid', 'allowed_company_ids', 'lang')
    def _compute_xero_mapping_text(self):
        has_connection = self.env['xero.connection']._any_exists()
        for record in self:
            record.xero_mapping_text = record._origin._xero_mapping_words() if has_connection and record._origin else ''

    def _xero_mappings(self):
        """Return the rows of the mapping that are about this record."""
        raise NotImplementedError

    def _xero_mapping_words(self):
        """Return where the record is mapped: the target if there is one, else how many rows there are, or how many are not decided. Empty without any."""
        rows = self._xero_mappings()
        if not rows:
            return ''
        if undecided := len(rows.filtered(lambda row: not row.is_decided)):
            return self.env._("Not decided") if undecided == len(rows) else self.env._("%(count)s not decided", count=undecided)
        targets = {row.target_name for row in rows}
        return targets.pop() if len(targets) == 1 else self.env._("%(count)s mapped", count=len(rows))

    def action_xero_mapping(self):
        """Open the rows of the mapping that are about this record."""
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action'),
            'domain': [('id', 'in', self._xero_mappings().ids)],
            'context': {},
        }
