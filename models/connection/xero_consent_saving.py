from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .companies import in_all_companies


class XeroConsent(models.TransientModel):
    """What a person reviews after a consent, and how it is saved on the connection.

    A renewal, for the present organisation of the connection, is saved without a review. So is a custom connection.
    """
    _inherit = 'xero.consent'

    name = fields.Char(
        string="Connection name", compute='_compute_name', store=True, readonly=False,
        help="Your own name for this connection, for example the site that it serves.")
    company_ids = fields.Many2many(
        'res.company', 'xero_consent_company_rel', 'consent_id', 'company_id', string="Companies", compute='_compute_company_ids', store=True,
        readonly=False, help="The companies that may export through this connection, among those that you have selected.")
    export_start_date = fields.Date(
        string="Export from",
        help="Documents with an accounting date before this day are exported only when a user requests it on the document.")

    # === COMPUTES === #

    @api.depends('organisation_id')
    def _compute_name(self):
        """A connection that has the name of a company, or of its organisation before, gets that of the organisation."""
        for consent in self:
            connection, organisation = consent.connection_id, consent.organisation_id
            usual = {connection.organisation_name, *connection.company_ids.mapped('name')}
            consent.name = organisation.name if organisation and connection.name in usual else connection.name

    @api.depends('organisation_id')
    def _compute_company_ids(self):
        for consent in self:
            consent.company_ids = consent._fitting_companies()

    def _fitting_companies(self):
        """Return the companies to suggest: those of the connection whose currency is that of the organisation; else the only one without a connection
        that has this currency.
        """
        own = self.connection_id.company_ids & self.env.companies
        if not self.organisation_id or not self._is_reviewed():
            return own
        fitting = (self.env.companies | own).filtered(lambda company: company.currency_id.name == self.organisation_id.currency_code)
        if fitting & own:
            return fitting & own
        free = fitting.filtered(lambda company: not company._xero_connection())
        return free if len(free) == 1 else own

    # === WHAT WAS CHOSEN === #

    def _is_other(self):
        """Return whether another organisation than the present one of the connection was chosen."""
        self.ensure_one()
        organisation, connection = self.organisation_id, self.connection_id
        return bool(organisation and connection.tenant_id and connection.tenant_id != organisation.tenant_id)

    def _is_renewal(self):
        """Return whether the consent is for the present organisation of the connection."""
        self.ensure_one()
        return bool(self.connection_id.tenant_id and self.organisation_id.tenant_id == self.connection_id.tenant_id)

    def _is_reviewed(self):
        """Return whether a person reviews name, companies and first day before they are saved."""
        self.ensure_one()
        return not self._is_renewal() and self.app_id.app_type == 'consent'

    def _saved_companies(self):
        """Return the companies that the connection will have. Those that the person has not selected stay as they are. Expects a consent in `sudo()`."""
        self.ensure_one()
        present = self.connection_id.company_ids
        return (present - self.env.companies) | self.company_ids._origin if self._is_reviewed() else present

    def _obstacle(self):
        """Return why the chosen organisation cannot be used, empty if it can."""
        self.ensure_one()
        organisation, connection = self.organisation_id, self.connection_id
        if not organisation:
            return ''
        # Of any app, archived ones included: with two connections, neither would know which documents the other one sent
        taken = self.env['xero.connection'].sudo().with_context(active_test=False).search(
            [('tenant_id', '=', organisation.tenant_id), ('id', '!=', connection.id)], limit=1)
        if taken and not taken.active:
            return self.env._(
                "This organisation is already the archived connection “%(connection)s”. Bring that one back, or choose another organisation at Xero.",
                connection=taken.name)
        if taken and not (taken.company_ids & self.env.user.company_ids):
            return self.env._("%(organisation)s is connected for another company already. Choose another organisation at Xero.", organisation=organisation.name)
        if taken:
            return self.env._(
                "This organisation is already the connection “%(connection)s”. Use that one, or choose another organisation at Xero.",
                connection=taken.name)
        companies = self.sudo()._saved_companies()
        if not companies:
            return self.env._("Choose the companies that export to %(organisation)s.", organisation=organisation.name)
        others = companies.filtered(lambda company: company.currency_id.name != organisation.currency_code)
        if others:
            return self.env._(
                "%(organisation)s keeps its books in %(currency)s, but %(companies)s in %(others)s. A company can only use an organisation with "
                "its own currency. Remove the company here, or choose another organisation.",
                organisation=organisation.name, currency=organisation.currency_code, companies=', '.join(others.mapped('name')),
                others=', '.join(sorted(set(others.currency_id.mapped('name')))))
        return ''

    # === SAVING === #

    def _save(self):
        """Write the reviewed organisation on the connection, open the connection, and remove the other organisations of the consent at Xero
        after the commit.

        :raise UserError: the organisation cannot be used, the consent is too old, or this database is a copy.
        """
        self.ensure_one()
        self.check_access('write')
        connection, organisation = self.connection_id, self.organisation_id
        connection.check_access('write')
        self._check_no_copy()
        if self.state == 'ready' and self.expires_at <= fields.Datetime.now():
            raise UserError(self.env._("This consent is older than ten minutes. Connect again."))
        if self.state != 'ready' or not organisation or organisation.consent_id != self:
            raise UserError(self.env._("Choose an organisation first, or connect again."))
        if obstacle := self._obstacle():
            raise UserError(obstacle)
        if self._is_other() and connection._has_history():
            raise UserError(self.env._(
                "Documents were exported to %(before)s through this connection. Make a new connection for %(now)s instead.",
                before=connection.organisation_name, now=organisation.name))
        self.sudo()._write_connection()
        connection_sudo = connection.sudo()
        connection_sudo._handle_access_restored()
        connection_sudo._check_after_consent()
        self.env['xero.ask'].sudo()._close_set_up(connection_sudo.company_ids)
        if not connection.reference_read_at:
            connection._ask_for_reference()
        self._remove_leftovers_after_commit()

    def _write_connection(self):
        connection, organisation = self.connection_id, self.organisation_id
        reviewed = self._prepare_reviewed()
        if self._is_other():
            connection._forget_organisation()
        connection.write({
            **reviewed,
            'tenant_id': organisation.tenant_id,
            'connection_ref': organisation.connection_ref,
            'organisation_name': organisation.name,
            'country_code': organisation.country_code,
            'currency_id': self.env['res.currency'].with_context(active_test=False).search([('name', '=', organisation.currency_code)]).id,
            'short_code': organisation.short_code,
            'organisation_version': organisation.version,
            'plan_class': organisation.plan_class,
            'authorization_id': self.authorization_id.id,
            'authorized_by_id': self.user_id.id,
            'authorized_email': self.email,
            'authorized_uri': self.app_id.app_type == 'consent' and self.app_id.redirect_uri,
            'authorized_at': fields.Datetime.now(),
            'consent_requested_at': False,
        })
        self.state = 'saved'
        # Older unsaved consents of the person must not overwrite the connection later
        self.search([('connection_id', '=', connection.id), ('user_id', '=', self.user_id.id), ('state', '=', 'ready')]).state = 'refused'
        self.env['xero.sync']._record(connection, 'consent', by_hand=True, done=1, calls=1 + len(self.organisation_ids))

    def _prepare_reviewed(self):
        """Return the values that the person reviewed, empty if there was no review."""
        if not self._is_reviewed():
            return {}
        connection = self.connection_id
        return {
            'name': (self.name or '').strip() or connection.name,
            'company_ids': [Command.set(self._saved_companies().ids)],
            'export_start_date': self.export_start_date or connection.export_start_date,
        }

    # === RENEWALS === #

    @api.model
    def _pending(self):
        """Return the user's renewals that are ready to be saved, the last one of each connection."""
        if not self.has_access('write'):
            return self
        consents = self.search(
            [('user_id', '=', self.env.uid), ('state', '=', 'ready'), ('expires_at', '>', fields.Datetime.now())], order='id desc')
        renewals = consents.filtered(lambda consent: consent.sudo()._is_renewal())
        return self.browse(same[0].id for same in renewals.grouped('connection_id').values())

    @api.model
    @api.readonly
    def count_pending(self):
        """Return how many renewals wait for :meth:`finish_pending`."""
        return len(self._pending())

    @api.model
    def finish_pending(self):
        """Save the renewals and test them, also those of companies that the user has not selected any more.

        :return: dict with `results` (`ok`, `message`); `restored`: whether a connection that was broken works again; and `broken`: how many
            connections still need a person.
        """
        pending = in_all_companies(self)._pending()
        broken = pending.connection_id.filtered(lambda connection: connection.status == 'reauthenticate')
        results = [consent._finish() for consent in pending]
        return {
            'results': results,
            'restored': any(connection.status == 'connected' for connection in broken),
            'broken': self.env['xero.connection'].search_count([('status', '=', 'reauthenticate')]),
        }

    def _finish(self):
        connection = self.connection_id
        before, waited = connection.status, connection.sudo()._blocked_count()
        try:
            # A late error must undo what was written before it
            with self.env.cr.savepoint():
                self._save()
        except UserError as error:
            self.sudo().state = 'refused'
            return {'ok': False, 'message': str(error)}
        if connection.status != 'connected':
            return {'ok': False, 'message': connection._status_words(self.env._("%(connection)s is not connected.", connection=connection.name))}
        return {'ok': True, 'message': self._done_words(before, waited)}

    def _done_words(self, before, waited):
        """Return the sentence about a consent that was saved.

        :param str before: the status of the connection until then.
        :param int waited: how many exports waited for it.
        """
        connection = self.connection_id
        creations = self.origin == 'mapping' and self.env['xero.mapping'].sudo().search([('connection_id', '=', connection.id), ('creation', '!=', False)])
        if creations:
            return self.env._(
                "Odoo may now create tax rates and tracking options in %(organisation)s. Being created: %(names)s.",
                organisation=connection.organisation_name, names=', '.join(mapping.creation['Name'] for mapping in creations))
        if before == 'draft':
            return self.env._(
                "%(connection)s is connected: %(country)s, %(currency)s.", connection=connection._named(), country=connection.country_code,
                currency=connection.currency_id.name)
        if before == 'connected' and not waited:
            return self.env._("%(connection)s: the access was renewed.", connection=connection._named())
        return self.env._("%(connection)s is connected again; %(waited)s", connection=connection._named(), waited=connection._waited_words(waited))
