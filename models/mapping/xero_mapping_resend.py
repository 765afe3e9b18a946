from odoo import api, fields, models
from odoo.tools import SQL

from ...const import FINAL_STATUSES


class XeroMapping(models.Model):
    """Documents that went to Xero under an earlier decision of a row, to be sent again on request."""
    _inherit = 'xero.mapping'

    changed_at = fields.Datetime(readonly=True, help="When a person replaced the target by another one.")
    resend_count = fields.Integer(
        string="Already in Xero", compute='_compute_resend_count', compute_sudo=True,
        help="Documents that went to Xero before the decision was changed, and have not been sent since.")

    @api.depends('changed_at', 'is_decided')
    def _compute_resend_count(self):
        for mapping in self:
            query = mapping._resend_query()
            mapping.resend_count = query and self.env.execute_query(SQL("SELECT COUNT(*) FROM (%s) found", query))[0][0]

    def _resend_words(self):
        """Return, for people, how many documents are in Xero under an earlier decision; empty if there are none."""
        if self.resend_count == 1:
            return self.env._("1 document already in Xero")
        return self.env._("%(count)s documents already in Xero", count=self.resend_count) if self.resend_count else ''

    def _resend_query(self):
        """Return the query of the ids of exports whose documents went out before the decision was changed; None if there can be none.

        Found by the lines of the documents in Odoo, so some may have the new target all the same: the dry run compares each with Xero.
        """
        condition = self.changed_at and self.is_decided and self._thing()._line_condition(self)
        joins = {}
        for kind in self.env['xero.kind']._all() if condition else ():
            if (join := kind._line_join(self)) is not None:
                joins.setdefault(join, []).append(kind._kind_name())
        if not joins:
            return None
        self.env.flush_all()
        return SQL(" UNION ").join(SQL(
            """SELECT export.id FROM xero_export export %s
                WHERE export.connection_id = %s AND export.company_id = %s AND export.kind IN %s AND export.state = 'synced'
                  AND export.operation = 'none' AND export.xero_id IS NOT NULL AND COALESCE(export.xero_status, '') NOT IN %s
                  AND export.synced_at < %s AND %s""",
            join, self.connection_id.id, self.company_id.id, tuple(names), FINAL_STATUSES, self.changed_at, condition,
        ) for join, names in joins.items())

    def _exports_to_resend(self, limit, after_id=0):
        """Return the first of these exports by id, in sudo.

        :param int limit: number of exports.
        :param int after_id: those up to this id are left out.
        """
        query = self.sudo()._resend_query()
        rows = self.env.execute_query(SQL("SELECT id FROM (%s) found WHERE id > %s ORDER BY id LIMIT %s", query, after_id, limit)) if query else []
        return self.env['xero.export'].sudo().browse(row[0] for row in rows)

    def action_resend(self):
        """Show what would change in Xero if the documents were sent again, and what would be left alone."""
        self.ensure_one()
        self.check_access('write')
        return self.env['xero.resend']._open_for(self)
