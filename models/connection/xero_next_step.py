from odoo import api, fields, models

from ...const import ADMIN_ROLE


class XeroNextStep(models.AbstractModel):
    """What a person does next with a connection that works: shown above its form, with the button for it.

    All numbers are those of the companies that the user works in.
    """
    _name = 'xero.next.step'
    _description = "Next Step of a Xero Connection"

    undecided_count = fields.Integer(
        string="Not decided", compute='_compute_undecided_count', help="Rows of the mapping that documents cannot use before somebody decides them.")
    first_sync_count = fields.Integer(string="First syncs", compute='_compute_first_sync_count')
    next_step = fields.Selection(
        [('use', "Use the connection"), ('mapping', "Decide the mapping"), ('check', "Check a period")], compute='_compute_next_step')
    next_step_words = fields.Char(compute='_compute_next_step')

    @api.depends('mapping_ids.is_decided')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_undecided_count(self):
        counts = dict(self.env['xero.mapping']._read_group(
            [('connection_id', 'in', self.ids), ('is_decided', '=', False)], ['connection_id'], ['__count']))
        for connection in self:
            connection.undecided_count = counts.get(connection._origin, 0)

    @api.depends('first_sync_id')
    @api.depends_context('uid', 'allowed_company_ids')
    def _compute_first_sync_count(self):
        counts = dict(self.env['xero.first.sync']._read_group([('connection_id', 'in', self.ids)], ['connection_id'], ['__count']))
        for connection in self:
            connection.first_sync_count = counts.get(connection._origin, 0)

    @api.depends('status', 'undecided_count', 'first_sync_id', 'reference_progress', 'usage_count', 'export_ids')
    @api.depends_context('uid', 'allowed_company_ids', 'lang')
    def _compute_next_step(self):
        for connection in self:
            connection.next_step = connection._next_step()
            connection.next_step_words = connection.next_step and connection._next_step_words(connection.next_step)

    def _next_step(self):
        """Return a value of `next_step`; False while the connection does not work, or the form says what Odoo is doing."""
        if self.status != 'connected' or self.reference_progress or self.first_sync_id:
            return False
        if not self.usage_count:
            return 'use'
        if self.undecided_count:
            return 'mapping'
        has_exports = self.env['xero.export'].sudo().search_count([('connection_id', 'in', self.ids)], limit=1)
        return False if has_exports else 'check'

    def _next_step_words(self, step):
        """Return what to do and why, as sentences; to a user who may not do it, also who may."""
        if step == 'use':
            return self.env._(
                "No company or journal uses this connection, so nothing is exported through it. An accounting administrator chooses it on a "
                "journal, a system administrator for a company in the settings.")
        if step == 'check':
            return self.env._("Nothing has been exported yet. Check a period: Odoo shows what would be sent and why it would fail, and sends nothing.")
        if self.env.user.has_group(ADMIN_ROLE):
            return self.env._(
                "Decide the mapping (%(count)s open). A document that needs an open row is not sent before that.", count=self.undecided_count)
        return self.env._(
            "The mapping is not decided yet (%(count)s open), and documents that need an open row are not sent. Invoice admins decide it: %(names)s.",
            count=self.undecided_count, names=self.sudo()._admin_names())

    # === ACTIONS === #

    def action_open_mapping(self):
        """Open the mapping of the connection: what is not decided if there is any, else all."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action'),
            'domain': [('connection_id', '=', self.id)],
            'context': {'search_default_undecided': 1} if self.undecided_count else {},
        }

    def action_open_journals(self):
        """Open the journals of the connection's companies, on which a person chooses the connection."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account.action_account_journal_form'),
            'domain': [('company_id', 'child_of', self.sudo().company_ids.ids), ('type', 'in', ('sale', 'purchase'))],
        }
