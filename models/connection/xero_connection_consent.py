from werkzeug.urls import url_encode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_date

from ...const import START_LIFETIME
from ...exceptions import XeroError, XeroOAuthError, XeroUnauthorised
from ...tools.xero_pacer import Pacer

# Models whose rows were read from the organisation of a connection, or are about what was read
READ_THERE = (
    'xero.account', 'xero.tax.rate', 'xero.tracking.option', 'xero.tracking.category', 'xero.branding.theme', 'xero.item', 'xero.contact', 'xero.mapping',
    'xero.webhook.event', 'xero.first.sync', 'xero.feed.position', 'xero.difference', 'xero.payment', 'xero.proof', 'xero.certificate')


class XeroConnection(models.Model):
    """Actions of users on a connection: connect, test, export now, read reference data, disconnect."""
    _inherit = 'xero.connection'

    # === CONNECT === #

    def action_connect(self):
        """Redirect to Xero's consent page. A custom connection has none: get access at once, and show the result."""
        self.ensure_one()
        self.check_access('write')
        if self.app_type == 'custom':
            return self._connect_custom()
        origin = self.env.context.get('xero_origin')
        parameters = {'origin': origin} if origin else {}
        if request:
            # Without the token, the page asks for confirmation: a page of another site must not start a consent
            parameters['csrf_token'] = request.csrf_token(START_LIFETIME.total_seconds())
        url = f'/xero/oauth/start/{self.id}' + (f'?{url_encode(parameters)}' if parameters else '')
        return {'type': 'ir.actions.act_url', 'url': url, 'target': 'self'}

    def _connect_custom(self):
        try:
            outcome = self.env['xero.consent']._fetch(self)
        except UserError as failure:
            if isinstance(failure.__cause__, XeroOAuthError):
                self.sudo()._handle_access_lost(failure.__cause__)
            return self._notify('danger', str(failure))
        return self._notify('success' if outcome['ok'] else 'danger', outcome['message'])

    def _list_organisations(self, client, event=None):
        """Return the organisations that a token gives access to, as `XeroClient.connections` does.

        Reports differ on whether Xero lists the organisation of a custom connection (https://github.com/calcinai/xero-php/pull/834) or not
        (https://github.com/XeroAPI/xero-mcp-server/pull/278). Where it lists none, the organisation itself is read, which needs no tenant; its
        `id` is unknown then.

        :param XeroClient client: without organisation.
        :param str event: id of a consent; only the organisations chosen in it are returned.
        :raise XeroError: as the client does.
        """
        if self.app_type != 'custom':
            return client.connections(event)
        try:
            if listed := client.connections():
                return listed
        except XeroUnauthorised:
            pass
        try:
            organisation = client.get('Organisation').first('Organisations', 'OrganisationID')
        except XeroUnauthorised as error:
            if error.kind != 'tenant':
                raise
            return []
        return [{'id': False, 'tenant_id': organisation['OrganisationID'], 'name': organisation.get('Name') or ''}]

    @api.model
    def _is_at_xero(self, connection_ref, tenant_id):
        """Return whether a connection, of any app or company and archived ones included, uses a connection or an organisation at Xero.

        :param str connection_ref: id of the connection at Xero.
        :param str tenant_id: id of its organisation.
        """
        return bool(self.sudo().with_context(active_test=False).search_count([
            '|', ('connection_ref', '=', connection_ref), '&', ('tenant_id', '=', tenant_id), ('connection_ref', '!=', False)], limit=1))

    def _ask_for_permission(self):
        """Return the action by which a person gets a permission that is missing: Xero's page, or the words where to choose it."""
        return self._notify('warning', self._scope_words()) if self.app_type == 'custom' else self.action_connect()

    def action_switch_scopes(self):
        """Request the other set of permissions from now on: Xero's page said that the app does not know the one that was requested."""
        self.ensure_one()
        self.check_access('write')
        self.app_id.scope_set = 'broad' if self.app_id.scope_set == 'granular' else 'granular'
        self.action_forget_request()
        words = dict(self.app_id._fields['scope_set']._description_selection(self.env))[self.app_id.scope_set]
        return self._notify('info', self.env._("Odoo requests the other permissions from now on (%(scopes)s). Connect again.", scopes=words))

    def action_forget_request(self):
        """Stop waiting for a consent that the person did not finish."""
        self.check_access('write')
        self.sudo().consent_requested_at = False

    def _check_after_consent(self):
        """Check all connections of the chain, since the consent covers them all, and retry what lacked a permission."""
        self.ensure_one()
        self.env['xero.export'].search([
            ('connection_id', '=', self.id), ('state', 'in', ('waiting', 'failed')), ('cause', '=', 'permission')])._requeue(by_hand=False)
        chain = self.authorization_id.connection_ids.filtered(lambda connection: connection.status in ('connected', 'reauthenticate'))
        chain._check_chain()
        self._arm()
        self.env['xero.extra'].sudo().search([
            ('connection_id', 'in', (self | self.authorization_id.connection_ids).ids), ('state', '=', 'refused'), ('cause', '=', 'permission'),
        ])._try_again()

    def _has_history(self):
        """Return whether the present organisation may have documents from this connection."""
        self.ensure_one()
        return bool(self.env['xero.export'].sudo().search_count(
            [('connection_id', '=', self.id), '|', ('xero_id', '!=', False), ('state', 'in', ('sending', 'uncertain'))], limit=1))

    def _forget_organisation(self):
        """Delete the data of the present organisation, because another one replaces it."""
        for model in READ_THERE:
            self.env[model].search([('connection_id', 'in', self.ids)]).unlink()
        # What documents of the export were nearly the same as
        self.env['xero.export'].search([('connection_id', 'in', self.ids), ('state', '=', 'failed')]).candidate = False
        self.write({
            'reference_read_at': False, 'contacts_bookmark': False, 'last_success_at': False, 'look_back_since': False,
            'balances_read_at': False, 'balances_due_at': False, 'balances_page': 0})

    # === TEST, SEND, READ === #

    def action_test(self):
        """Test the connection with two calls, and show the result."""
        self.ensure_one()
        self.check_access('write')
        problem = self.sudo()._test()
        self.env['xero.sync']._record(self, 'test', by_hand=True, done=not problem, failed=bool(problem), calls=2, error=problem)
        if problem:
            return self._notify('danger', problem)
        return self._notify('success', self.env._(
            "Xero answers: %(organisation)s (%(country)s, %(currency)s).",
            organisation=self.organisation_name, country=self.country_code, currency=self.currency_id.name))

    def _test(self):
        """Check the chain and the organisation.

        :return: a sentence about the problem; empty if there is none.
        """
        self.ensure_one()
        if not self._pause_or_resume():
            return self._pause_reason()
        if not self.authorization_id:
            return self.env._("Nobody has authorised %(connection)s yet. Press Connect.", connection=self.name)
        try:
            organisations = {organisation['tenant_id']: organisation for organisation in self._read_organisations()}
            self._apply_listing(organisations.get(self.tenant_id))
            if self.status == 'connected':
                pacer = Pacer()     # it only counts: a person does not wait for one call
                answer = self._call_renewed(lambda client: client.get('Organisation'), self.tenant_id, pacer)
                known = self._calls_known(answer.day_left, fields.Datetime.now()) if answer.day_left is not None else {}
                self.write({**known, **self._pace_values(pacer)})
        except XeroError as error:
            if isinstance(error, XeroUnauthorised) and error.kind == 'scope':
                return self._unreadable_words()
            if not (isinstance(error, XeroOAuthError) or (isinstance(error, XeroUnauthorised) and error.kind == 'tenant')):
                return self.env._("Xero did not answer as it should (%(error)s). Try again in a minute.", error=self._answer_words(error))
            self._handle_access_lost(error)
        return '' if self.status == 'connected' else self.status_reason or self.env._("%(connection)s is not connected.", connection=self.name)

    def _unreadable_words(self):
        """Return, for people, that the permission to read the organisation is missing, and where it is given."""
        return ' '.join([
            self.env._("Xero does not let Odoo read the organisation, because the permission %(scope)s is missing.", scope='accounting.settings.read'),
            self._scope_words() or self.env._("Reauthenticate %(connection)s; Xero then asks for it.", connection=self.name)])

    def _answer_words(self, error):
        """Return how a call failed, for a notification. It never quotes the answer: a person who set the address of a sandbox controls its text.

        :param XeroError error: of the call.
        """
        return f'HTTP {error.status}' if error.status else self.env._("no answer")

    def action_export_now(self):
        """Send the waiting documents and read what changed in Xero now, and show the progress of the documents."""
        self.ensure_one()
        self.check_access('write')
        if self.status != 'connected':
            raise UserError(self.env._("%(connection)s is not connected, so nothing can be sent. Connect it first.", connection=self.name))
        exports = self.env['xero.export'].search([
            ('connection_id', '=', self.id), ('state', 'in', ('waiting', 'uncertain')), ('wait_code', '!=', 'day_end')])
        self.sudo().swept_at = False    # the sweep also queues documents without a row
        # A person may end any pause. If Xero still requires it, the next call says so.
        self.sudo().write({'resume_at': False, 'resume_reason': False})
        exports._requeue()
        # They are searched for, not queued again
        exports.sudo().filtered(lambda export: export.state == 'uncertain').write({'asked_by_id': self.env.uid, 'asked_at': fields.Datetime.now()})
        self.env['xero.feed']._ask(self.sudo())
        self._arm()
        if not exports and self.env['xero.feed']._asked(self):
            return self._notify('info', self.env._(
                "No document waits for %(connection)s. What changed in Xero is being read.", connection=self.name))
        if not exports:
            return self._notify('info', self.env._("Nothing waits for %(connection)s.", connection=self.name))
        return exports._follow_action()

    def action_refresh_reference(self):
        """Request that accounts, tax rates, currencies and contacts are read in the background."""
        self.ensure_one()
        self.check_access('write')
        if self.status != 'connected':
            raise UserError(self.env._("%(connection)s is not connected, so nothing can be read. Connect it first.", connection=self.name))
        self._ask_for_reference()
        return self._notify('info', self.env._(
            "Accounts, tax rates, currencies and contacts are being read from %(organisation)s. A notification follows when it is done.",
            organisation=self.organisation_name))

    # === DISCONNECT, PAUSE === #

    def action_disconnect_dialog(self):
        """Open the dialog that asks for confirmation."""
        self.ensure_one()
        return self._open_dialog('xero.disconnect', self.env._("Disconnect %(connection)s", connection=self.name))

    def _disconnect(self, force=False):
        """Delete the connection at Xero, and revoke the tokens if no other connection uses them. History and mappings stay.

        In a copy of a database, the tokens belong to the original: the copy deletes its own record of them and makes no call.

        :param bool force: disconnect in Odoo even if Xero does not disconnect.
        :raise UserError: Xero did not disconnect; nothing has changed.
        """
        self.ensure_one()
        authorization = self.authorization_id
        others = authorization.with_context(active_test=False).connection_ids - self
        try:
            if authorization and not self.env['xero.server']._is_copy():
                self._end_access(with_chain=not others)
        except XeroError as error:
            # Without authorization at Xero, a custom connection gets no token any more
            has_ended = isinstance(error, XeroOAuthError) and error.code == ('unauthorized_client' if self.app_type == 'custom' else 'invalid_grant')
            if not (force or has_ended):
                raise UserError(self.env._(
                    "Xero did not disconnect %(connection)s (%(error)s), so it is still connected there. Try again in a minute, or disconnect in "
                    "Odoo alone and remove Odoo in Xero under Settings, Connected apps.",
                    connection=self.name, error=self._answer_words(error))) from error
        self.write({'authorization_id': False, 'connection_ref': False, 'consent_requested_at': False})
        self._set_status('disconnected', self._in_its_language()._disconnected_words())
        self._close_activities()
        if not others:
            authorization.unlink()

    def _disconnected_words(self):
        return self.env._(
            "Disconnected by %(user)s on %(date)s", user=self.env.user.name, date=format_date(self.env, fields.Date.context_today(self)))

    def _end_access(self, with_chain):
        """Delete the connection at Xero. If Xero no longer lets Odoo into the organisation, there is nothing to delete.

        :param bool with_chain: revoke the tokens too.
        :raise XeroError: access was not ended; `XeroOAuthError` with the code `invalid_grant` if the chain had ended before.
        """
        try:
            if self.connection_ref:
                self._call_renewed(lambda client: client.delete_connection(self.connection_ref))
        except XeroUnauthorised as error:
            if error.kind != 'tenant':
                raise
        if with_chain:
            self.authorization_id._revoke()

    def action_confirm_production(self):
        """Confirm that this database exports from now on, in place of the one that was connected."""
        self.check_access('write')
        self.env['xero.server']._remember()
        for connection in self.sudo().search([('status', '=', 'paused')]):
            connection._pause_or_resume()
