from odoo import api, fields, models

from ..models.connection.conflicts import mute_conflicts


class XeroConsent(models.TransientModel):
    """The dialog in which a person reviews the organisation of a consent, before it is saved on the connection."""
    _inherit = 'xero.consent'

    organisation_count = fields.Integer(compute='_compute_organisation_count')
    company_ids = fields.Many2many(related='connection_id.company_ids', related_sudo=False)
    organisation_name = fields.Char(related='organisation_id.name', related_sudo=False)
    country_code = fields.Char(related='organisation_id.country_code', related_sudo=False)
    currency_code = fields.Char(related='organisation_id.currency_code', related_sudo=False, string="Base currency")
    obstacle = fields.Char(compute='_compute_review')
    is_other = fields.Boolean(compute='_compute_review')
    has_history = fields.Boolean(compute='_compute_review')
    previous_name = fields.Char(related='connection_id.organisation_name', related_sudo=False, string="Organisation before")

    # === COMPUTES === #

    @api.depends('organisation_ids')
    def _compute_organisation_count(self):
        for consent in self:
            consent.organisation_count = len(consent.organisation_ids)

    @api.depends('organisation_id', 'connection_id')
    def _compute_review(self):
        for consent in self:
            consent.obstacle = consent._obstacle()
            connection = consent.connection_id
            consent.has_history = connection._has_history()
            consent.is_other = consent._is_other()

    # === ACTIONS === #

    def action_save(self):
        """Save the reviewed organisation on the connection, and open the connection."""
        self._check_mine()
        with mute_conflicts(self.env):
            self._save()
        return self.connection_id._action_open()

    def action_save_as_new(self):
        """Create a new connection for the reviewed organisation, and leave the present one unchanged."""
        self._check_mine()
        connection = self.connection_id.copy({'name': self.organisation_id.name})
        self.sudo().connection_id = connection
        return self.action_save()

    def action_discard(self):
        """Discard the consent and open the connection, which is unchanged."""
        self._check_mine()
        self.sudo().state = 'refused'
        return self.connection_id._action_open()
