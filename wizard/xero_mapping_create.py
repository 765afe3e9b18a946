from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroMappingCreate(models.TransientModel):
    """Show what would be created in Xero, and ask for it. The connection's slice does it."""
    _name = 'xero.mapping.create'
    _inherit = 'xero.dialog'
    _description = "Create in Xero"

    mapping_id = fields.Many2one('xero.mapping', required=True, readonly=True, ondelete='cascade')
    name = fields.Char(string="Name in Xero", required=True, compute='_compute_name', store=True, precompute=True, readonly=False, size=100)
    type = fields.Selection(related='mapping_id.type', related_sudo=False)
    connection_id = fields.Many2one(related='mapping_id.connection_id', related_sudo=False)
    content = fields.Html(string="What is created", compute='_compute_content')
    needs_consent = fields.Boolean(compute='_compute_content')

    @api.depends('mapping_id')
    def _compute_name(self):
        for wizard in self:
            wizard.name = wizard.mapping_id.source_name

    @api.depends('mapping_id', 'name')
    def _compute_content(self):
        for wizard in self:
            mapping = wizard.mapping_id
            element = mapping._prepare_creation(wizard.name or '')
            if mapping.type == 'tracking':
                rows = [self.env._("An option of the tracking category %(category)s", category=mapping._category().name)]
            else:
                rows = [self.env._("A tax rate of %(percent)s %%", percent=f'{mapping._added_percent() or 0:.6g}'), *(
                    self.env._("%(name)s: %(rate)s %%", name=component['Name'], rate=component['Rate'])
                    + (self.env._(", on top of the others") if component['IsCompound'] else '') for component in element['TaxComponents'])]
                if element.get('ReportTaxType'):
                    rows.append(self.env._(
                        "On tax returns made in Xero it counts among the purchases (%(type)s)", type=element['ReportTaxType'])
                        if mapping.use == 'purchase' else self.env._(
                        "On tax returns made in Xero it counts among the sales (%(type)s)", type=element['ReportTaxType']))
            wizard.content = Markup('<ul>%s</ul>') % Markup().join(Markup('<li>%s</li>') % row for row in rows)
            wizard.needs_consent = not mapping.connection_id.sudo().writes_settings or mapping.connection_id.sudo()._lacks_settings()

    def action_create(self):
        """Note the wish; the slice fulfils it, if need be after a new consent."""
        self._check_mine()
        mapping, connection = self.mapping_id, self.connection_id
        mapping.check_access('write')
        connection.check_access('write')
        if not mapping.can_create:
            raise UserError(self.env._("%(item)s needs nothing to be created any more.", item=mapping.source_name))
        if trouble := mapping._name_trouble(self.name.strip()):
            raise UserError(trouble)
        mapping.sudo().write({'creation': mapping._prepare_creation(self.name.strip()), 'creation_user_id': self.env.uid, 'creation_error': False})
        connection.sudo().writes_settings = True
        if connection.sudo()._lacks_settings():
            return connection.action_connect()
        connection._arm()
        return connection._notify('info', self.env._("%(name)s is being created in Xero. You will be told.", name=self.name))
