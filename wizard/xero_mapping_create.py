from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class XeroMappingCreate(models.TransientModel):
    """The dialog that shows the element to create in Xero. After the person's confirmation, the connection's slice creates it."""
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
            details = mapping._thing()._creation_details(mapping, element)
            wizard.content = Markup('<ul>%s</ul>') % Markup().join(Markup('<li>%s</li>') % detail for detail in details)
            wizard.needs_consent = not mapping.connection_id.sudo().writes_settings or mapping.connection_id.sudo()._lacks_settings()

    def action_create(self):
        """Save the request. The slice creates the element, after a new consent if the present one does not cover settings.

        :raise UserError: nothing needs to be created any more, or the name is taken.
        """
        self._check_mine()
        mapping, connection = self.mapping_id, self.connection_id
        mapping.check_access('write')
        connection.check_access('write')
        if not mapping.can_create:
            raise UserError(self.env._("Nothing needs to be created for %(item)s any more.", item=mapping.source_name))
        if trouble := mapping._name_trouble(self.name.strip()):
            raise UserError(trouble)
        mapping.sudo().write({'creation': mapping._prepare_creation(self.name.strip()), 'creation_user_id': self.env.uid, 'creation_error': False})
        connection.sudo().writes_settings = True
        if connection.sudo()._lacks_settings():
            return connection.with_context(xero_origin='mapping')._ask_for_permission()
        connection._arm()
        return connection._notify('info', self.env._("%(name)s is being created in Xero. A notification follows.", name=self.name))
