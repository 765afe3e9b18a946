import logging

from psycopg2 import Error as PGError

from odoo import api, fields, models

from ...exceptions import XeroError, XeroOAuthError
from ...tools.client_action import NOTIFY, notice
from ...tools.quiet import mute_logger_in_thread

_logger = logging.getLogger(__name__)


class XeroConsent(models.TransientModel):
    """Removes at Xero the organisations that a consent connected and no connection of Odoo uses.

    Each of them counts as a connection of the app, and an app that Xero has not certified may have few
    (https://developer.xero.com/pricing). Only what Xero lists for this very consent and says to be new is removed: what was connected
    before, or has been chosen again in a later consent, may be used by another database.
    """
    _inherit = 'xero.consent'

    def _remove_leftovers_after_commit(self):
        """Remove the organisations of a consent that is over when this transaction is committed, in one of its own: Xero may take long to answer,
        and what the person saved does not depend on it. The person is told in a notification. The next token check does it if this is cut off.
        """
        self.ensure_one()
        if not self.sudo().event:
            return
        registry, uid, context = self.env.registry, self.env.uid, self.env.context

        @self.env.cr.postcommit.add
        def remove():
            try:
                with mute_logger_in_thread('odoo.sql_db'), registry.cursor() as cr:
                    consent = api.Environment(cr, uid, context)['xero.consent'].browse(self.id)
                    if words := consent._remove_leftovers():
                        level = 'warning' if consent.sudo().event else 'info'
                        consent.env.user._bus_send(NOTIFY, notice(level, words))
            except PGError as error:     # such as a token check that does the same just now
                _logger.info("The organisations of consent %s are left to the token check: %s", self.id, error)

    def _remove_leftovers(self):
        """Remove the organisations of a consent that is over. If Xero does not answer, the next token check tries it again.

        :return: a sentence for the person; empty if there was nothing to remove.
        """
        self.ensure_one()
        consent = self.sudo()
        leftovers = consent.organisation_ids.filtered(lambda organisation: not organisation._is_used())
        if not consent.event or self.env['xero.server']._is_copy():
            return ''
        if not consent.authorization_id or (consent.organisation_ids and not leftovers):
            consent.event = False
            return ''
        try:
            removed = consent._remove_unused()
            consent._drop_chain()
        except XeroOAuthError as error:
            # The access has ended, or the connection has another app now: Xero does not let Odoo remove anything
            _logger.info("The organisations of consent %s cannot be removed at Xero: %s", self.id, error.code)
            consent.event = False
            return ''
        except XeroError as error:
            _logger.warning("The organisations of consent %s were not removed at Xero: %s", self.id, error)
            return self.env._(
                "Xero did not answer, so the app may still be connected to %(organisations)s. Odoo tries to remove this within the next hour.",
                organisations=', '.join(leftovers.mapped('name')) or self.env._("the organisation that you chose"))
        consent.event = False
        return self.env._("%(organisations)s is not used, so Odoo disconnected it from the app at Xero.", organisations=', '.join(removed)) if removed else ''

    def _remove_unused(self):
        """Delete the unused connections at Xero that this consent made.

        :return: list of the names of their organisations.
        :raise XeroError: as the client does.
        """
        client = self.connection_id._open_client(authorization=self.authorization_id)
        names = []
        for listed in client.connections(self.event):
            if listed['is_new'] and not self.env['xero.connection']._is_at_xero(listed['id'], listed['tenant_id']):
                client.delete_connection(listed['id'])
                names.append(listed['name'])
        return names

    def _drop_chain(self):
        """Delete the tokens of the consent if nothing uses them; end them at Xero too if this ends no connection there.

        :raise XeroError: as the client does.
        """
        authorization = self.authorization_id
        is_open = self.search_count([
            ('authorization_id', '=', authorization.id), ('id', '!=', self.id), ('state', 'in', ('exchanged', 'ready')),
            ('expires_at', '>', fields.Datetime.now())], limit=1)
        if is_open or authorization.with_context(active_test=False).connection_ids:
            return
        # Revoking them would end all connections of this Xero user to the app, those of other databases too
        if not self.connection_id._open_client(authorization=authorization).connections():
            authorization._revoke()
        authorization.unlink()

    @api.model
    def _drop_abandoned(self):
        """Give up consents that nobody finished in time, and remove what they and others have left at Xero. Part of the token check, which commits."""
        over = self.sudo().search([('event', '!=', False), '|', ('state', 'in', ('saved', 'refused')), ('expires_at', '<=', fields.Datetime.now())])
        for consent in over:
            if consent.state != 'saved':
                consent.state = 'refused'
            consent._remove_leftovers()
            self.env['ir.cron']._commit_progress()
            if consent.event:
                break   # Xero does not answer


class XeroConsentOrganisation(models.TransientModel):
    """Whether a connection of Odoo uses the organisation."""
    _inherit = 'xero.consent.organisation'

    def _is_used(self):
        self.ensure_one()
        return self.env['xero.connection']._is_at_xero(self.connection_ref, self.tenant_id)
