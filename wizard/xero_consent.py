from odoo import api, fields, models

from ..models.connection.conflicts import mute_conflicts


class XeroConsent(models.TransientModel):
    """The dialog in which a person reviews the organisation of a consent, before it is saved on the connection."""
    _inherit = 'xero.consent'

    organisation_count = fields.Integer(compute='_compute_organisation_count')
    organisation_name = fields.Char(related='organisation_id.name', related_sudo=False)
    country_code = fields.Char(related='organisation_id.country_code', related_sudo=False)
    currency_code = fields.Char(related='organisation_id.currency_code', related_sudo=False, string="Base currency")
    plan_label = fields.Char(related='organisation_id.plan_label', related_sudo=False)
    plan_warning = fields.Char(related='organisation_id.plan_warning', related_sudo=False)
    obstacle = fields.Char(compute='_compute_review')
    is_other = fields.Boolean(compute='_compute_review')
    is_renewal = fields.Boolean(compute='_compute_review')
    has_history = fields.Boolean(compute='_compute_review')
    previous_name = fields.Char(related='connection_id.organisation_name', related_sudo=False, string="Organisation before")

    # === COMPUTES === #

    @api.depends('organisation_ids')
    def _compute_organisation_count(self):
        for consent in self:
            consent.organisation_count = len(consent.organisation_ids)

    @api.depends('organisation_id', 'connection_id', 'company_ids')
    def _compute_review(self):
        for consent in self:
            consent.obstacle = consent._obstacle()
            connection = consent.connection_id
            consent.has_history = connection._has_history()
            consent.is_other = consent._is_other()
            consent.is_renewal = consent._is_renewal()

    # === ACTIONS === #

    def action_save(self):
        """Save the reviewed organisation on the connection, and open the connection."""
        self._check_reviewer()
        with mute_conflicts(self.env):
            self._save()
        return self._open_connection()

    def action_save_as_new(self):
        """Create a new connection for the reviewed organisation, and leave the present one unchanged."""
        self._check_reviewer()
        present = self.connection_id
        name = self.organisation_id.name if self.name in (False, present.name) else self.name
        connection = present.copy({'name': name})
        self.sudo().write({'connection_id': connection.id, 'name': name})
        return self.action_save()

    def action_discard(self):
        """Discard the consent and open the connection, which is unchanged. What the consent connected at Xero is removed there."""
        self._discard()
        return self._open_connection()

    def action_choose_again(self):
        """Discard the consent, and go to Xero's page again."""
        self._discard()
        return self.connection_id.with_context(xero_origin=self.origin).action_connect()

    def _discard(self):
        """Discard the consent if it was not saved. What it connected at Xero is removed there after the commit."""
        self._check_reviewer()
        if self.state != 'saved':
            self.sudo().state = 'refused'
        self._remove_leftovers_after_commit()

    def _check_reviewer(self):
        """Check as `_check_mine` does. The companies of the user may be saved whether they are selected or not."""
        self.with_context(allowed_company_ids=self.env.user.company_ids.ids)._check_mine()

    def _open_connection(self):
        """Return the action that opens the connection, or the set-up if the person comes from there."""
        if self.origin == 'setup':
            return {**self.env['ir.actions.client']._for_xml_id('account_xero.xero_setup_action'), 'target': 'main'}
        return self.connection_id._action_open()
