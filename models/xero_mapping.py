from odoo import api, fields, models


class XeroMapping(models.Model):
    """What an accountant decided: this Odoo thing is that Xero thing, in one connection.

    A row appears when a document needs it. Undecided rows hold back the documents that need them; deciding one releases them.
    """
    _name = 'xero.mapping'
    _description = "Xero Mapping"
    _order = 'decided_by nulls first, type, source_name'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    type = fields.Selection(
        [('account', "Account"), ('tax', "Tax"), ('tracking', "Tracking"), ('bank', "Bank account")], required=True, readonly=True)
    source_key = fields.Char(required=True, readonly=True, help="The Odoo thing as text, to find the row by.")
    source_name = fields.Char(string="In Odoo", compute='_compute_source_name', store=True)
    account_id = fields.Many2one('account.account', readonly=True, ondelete='cascade', index='btree_not_null')
    tax_ids = fields.Many2many('account.tax', 'xero_mapping_tax_rel', 'mapping_id', 'tax_id', readonly=True)
    use = fields.Selection([('sale', "Sales"), ('purchase', "Purchases")], readonly=True, help="Taxes are decided for each use.")
    xero_account_id = fields.Many2one('xero.account', string="Account in Xero", ondelete='set null', index='btree_not_null')
    xero_tax_rate_id = fields.Many2one('xero.tax.rate', string="Tax rate in Xero", ondelete='set null', index='btree_not_null')
    target_name = fields.Char(string="In Xero", compute='_compute_target_name')
    decided_by = fields.Selection(
        [('same_code', "Same code"), ('default_table', "Default table"), ('only_match', "Only match"), ('person', "Chosen by a person")], readonly=True)
    decided_by_id = fields.Many2one('res.users', readonly=True)
    decided_at = fields.Datetime(readonly=True)
    export_ids = fields.Many2many('xero.export', 'xero_export_mapping_rel', 'mapping_id', 'export_id', readonly=True)
    waiting_count = fields.Integer(string="Documents waiting", compute='_compute_waiting_count')

    _source_uniq = models.UniqueIndex('(connection_id, company_id, type, source_key)')

    @api.depends('account_id', 'tax_ids')
    def _compute_source_name(self):
        for mapping in self:
            mapping.source_name = mapping.account_id.display_name or ' + '.join(mapping.tax_ids.mapped('name'))

    @api.depends('xero_account_id', 'xero_tax_rate_id')
    def _compute_target_name(self):
        for mapping in self:
            mapping.target_name = mapping.xero_account_id.display_name or mapping.xero_tax_rate_id.display_name

    def _compute_waiting_count(self):
        for mapping in self:
            mapping.waiting_count = len(mapping.export_ids)
