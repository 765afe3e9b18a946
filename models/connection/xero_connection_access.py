import logging
from datetime import datetime, timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.modules import Manifest
from odoo.tools import format_date, plaintext2html

from ...const import ADMIN_ROLE, LOOK_BACK_MARGIN, MAINTENANCE_PAUSE
from ...exceptions import WrongKey, XeroError, XeroOAuthError, XeroRetryable, XeroUnauthorised
from ...tools.xero_client import XeroClient
from .xero_secrets import decrypt

_logger = logging.getLogger(__name__)

REAUTHENTICATE = 'account_xero.mail_activity_type_xero_reauthenticate'
IDLE = 'account_xero.mail_activity_type_xero_idle'
FRESH = timedelta(minutes=1)
CHECK_AGAIN = timedelta(seconds=MAINTENANCE_PAUSE)
STATUSES = [
    ('draft', "Not connected yet"),
    ('connected', "Connected"),
    ('reauthenticate', "Reauthenticate"),
    ('paused', "Paused"),
    ('disconnected', "Disconnected"),
]


class XeroConnection(models.Model):
    """Access to Xero: the client, the status, lost and restored access, the tasks for users, and the regular token check.

    Private methods of this file expect a connection in `sudo()`, because they read the authorization, which no user may read.
    """
    _inherit = 'xero.connection'

    # === Status === #
    status = fields.Selection(
        STATUSES, default='draft', required=True, readonly=True, copy=False, tracking=True, index=True)
    status_reason = fields.Char(readonly=True, copy=False)
    status_since = fields.Datetime(default=fields.Datetime.now, readonly=True, copy=False)
    authorization_id = fields.Many2one(
        'xero.authorization', "Authorisation", readonly=True, copy=False, ondelete='set null', index='btree_not_null', groups=fields.NO_ACCESS)
    connection_ref = fields.Char(string="Connection ID at Xero", readonly=True, copy=False)
    authorized_by_id = fields.Many2one('res.users', string="Authorised by", readonly=True, copy=False)
    authorized_email = fields.Char(string="Xero log-in", readonly=True, copy=False)
    authorized_at = fields.Datetime("Authorised At", readonly=True, copy=False)
    authorized_uri = fields.Char(string="Redirect URI of the consent", readonly=True, copy=False)
    consent_requested_at = fields.Datetime(readonly=True, copy=False)
    alerted_user_ids = fields.Many2many(
        'res.users', 'xero_connection_alerted_rel', 'connection_id', 'user_id', readonly=True, copy=False,
        groups='base.group_system', help="The users who have been asked to reauthenticate in this outage.")

    # === THE CLIENT === #

    def _client(self, pacer=None):
        """Return a client for the organisation, with a token that is valid for longer than one call takes.

        :param Pacer pacer: keeps the calls below Xero's limit per minute.
        :return: :class:`XeroClient`.
        :raise XeroUnauthorised: access is lost; the status already says so.
        :raise XeroRetryable: no token is available now.
        """
        self.ensure_one()
        try:
            return self._open_client(self.tenant_id, pacer)
        except XeroOAuthError as error:
            self._handle_access_lost(error)
            raise XeroUnauthorised(error.message, kind='token') from error

    def _open_client(self, tenant_id=None, pacer=None, **token_options):
        """Return a client. This is the only place that makes one.

        :param str tenant_id: organisation; None for calls that concern the chain as a whole.
        :param token_options: as of `_access_token`, whose errors are raised.
        """
        token = self._access_token(**token_options)
        return XeroClient(self._endpoints(), token, tenant_id, user_agent=self._user_agent(), pacer=pacer)

    def _access_token(self, renew=False, refused='', authorization=None):
        """Return an access token (sealed) that may go to the address of the connection's app.

        :param bool renew: see `xero.authorization._access_token`.
        :param str refused: likewise.
        :param authorization: `xero.authorization` that a consent has just created; None for the one of the connection.
        :raise XeroOAuthError: the chain has ended, or belongs to another app.
        :raise XeroRetryable: no token is available now.
        """
        self.ensure_one()
        authorization = authorization or self.authorization_id
        if authorization.app_id != self.app_id:     # a token is sent only to the address that issued it
            raise XeroOAuthError("Nobody has authorised this connection through its app", code='invalid_grant')
        if not authorization:
            raise XeroOAuthError("Nobody has authorised this connection", code='invalid_grant')
        try:
            return authorization._access_token(renew, refused)
        except WrongKey as error:
            raise XeroRetryable(str(error), retry_after=600) from error

    def _call_renewed(self, call, tenant_id=None, pacer=None):
        """Make a call. If Xero refuses the access token, renew the chain and repeat the call once.

        :param call: called with a :class:`XeroClient`.
        :param str tenant_id: organisation; None for calls that concern the chain as a whole.
        :return: what `call` returns.
        :raise XeroError: as the client does; `XeroOAuthError` if the chain has ended or cannot be renewed.
        """
        try:
            return call(self._open_client(tenant_id, pacer))
        except XeroUnauthorised as error:
            if error.kind not in ('expired', 'token'):
                raise
            refused = error.token_digest
        return call(self._open_client(tenant_id, pacer, renew=True, refused=refused))

    @api.model
    def _user_agent(self):
        return f"account_xero/{Manifest.for_addon('account_xero').version}"

    # === ACCESS LOST AND RESTORED === #

    def _handle_access_lost(self, error):
        """Ask people to reauthenticate: the token chain has ended, or Xero no longer admits us to the organisation.

        If the chain has ended, all its connections get the status `reauthenticate`; if only the organisation is lost, this connection alone.
        A refused access token does not prove that the chain has ended, so the chain is renewed first.

        :param XeroError error: `XeroOAuthError`, or `XeroUnauthorised` of any kind but `scope`.
        """
        # `_client` wraps the OAuth error; use its cause
        error = error.__cause__ if isinstance(error.__cause__, XeroOAuthError) else error
        if isinstance(error, XeroUnauthorised) and error.kind in ('expired', 'token'):
            error = self._renew_refused(error)
        if not error:
            return
        connections = self
        if not (isinstance(error, XeroUnauthorised) and error.kind == 'tenant'):
            connections |= connections.authorization_id.connection_ids
        # Skip rows that another worker has locked, because it handles the same loss
        lost = connections.filtered(lambda connection: connection.status == 'connected').try_lock_for_update(allow_referencing=True)
        for connection in (one._in_its_language() for one in lost):
            reason = connection._access_lost_reason(error)
            _logger.warning("Xero connection %s has to be reauthenticated: %s", connection.id, error)
            connection._set_status('reauthenticate', reason)
            connection.message_post(body=reason)
            self.env['xero.sync']._record(connection, 'check', failed=1, error=reason)
        lost._alert_members()

    def _renew_refused(self, error):
        """Renew the chain, because Xero refused its access token.

        :param XeroUnauthorised error: the refusal.
        :return: the error that ended the chain, None if it has not ended.
        """
        if error.kind == 'token' and self.authorization_id._is_fresh(error.token_digest, FRESH):
            return error    # Xero refuses a token that it has just issued
        try:
            self._access_token(renew=True, refused=error.token_digest)
        except XeroOAuthError as renewal_error:
            return renewal_error
        except XeroRetryable:
            pass
        return None

    def _handle_access_restored(self):
        """Resume work: Xero answers, or a person has authorised or confirmed the connection.

        A look-back comes before anything is sent.
        """
        for connection in (one._in_its_language() for one in self):
            if connection.status == 'connected':
                continue
            vals = {}
            waited = connection._blocked_count()
            if connection.status != 'draft':
                since = (connection.last_success_at or connection.status_since) - LOOK_BACK_MARGIN
                vals['look_back_since'] = min(filter(None, [connection.look_back_since, since]))
                connection.message_post(body=connection.env._("Connection restored; %(waited)s", waited=connection._waited_words(waited)))
                self.env['xero.sync']._record(connection, 'check', done=1)
            connection.write(vals)
            connection._set_status('connected')
            connection._close_activities()
        self.env['xero.server']._remember()

    def _blocked_count(self):
        """Return how many exports are sent or retried as soon as the connection works."""
        return self.env['xero.export'].search_count([
            ('connection_id', 'in', self.ids),
            '|', '&', ('state', '=', 'waiting'), ('wait_code', '!=', 'unposted'), '&', ('state', '=', 'failed'), ('cause', 'in', ('connection', 'permission')),
        ])

    # === TASKS FOR USERS === #

    def _alert_members(self):
        """Give each member of the Invoice Admin group a task for each broken connection, once per outage.

        New members of the group get theirs at the next check.
        """
        for connection in self.filtered(lambda connection: connection.status == 'reauthenticate'):
            for user in connection._members() - connection.alerted_user_ids:
                connection._schedule(REAUTHENTICATE, user, connection.status_reason, **connection._alert_summary(user))
                connection.alerted_user_ids = [fields.Command.link(user.id)]

    def _close_activities(self):
        """Close the tasks of all members, so that the next outage creates new ones."""
        self.activity_unlink([REAUTHENTICATE, IDLE])
        self.write({'alerted_user_ids': [fields.Command.clear()]})

    def _members(self):
        """Return the invoice admins who may use one of the connection's companies, or a branch of one."""
        self.ensure_one()
        return self._invoice_admins().filtered(lambda user: self._serves(user.company_ids))

    @api.model
    def _invoice_admins(self):
        """Return all invoice admins, whatever their companies."""
        return self.env.ref(ADMIN_ROLE).sudo().all_user_ids.filtered(lambda user: user.active and not user.share)

    def _schedule(self, activity_type, user, note, **kwargs):
        """Schedule an activity in the language of its user, due on the user's current date."""
        connection = self.with_context(lang=user.lang, tz=user.tz)
        connection.activity_schedule(
            activity_type, user_id=user.id, note=self._note(note), **{'date_deadline': fields.Date.context_today(connection), **kwargs})

    @api.model
    def _note(self, words):
        """Return the note of an activity, which is HTML; names from Xero and from Odoo are plain text."""
        return plaintext2html(words or '')

    @api.model
    def _warn_of_idle_chains(self):
        """Warn the invoice admins of chains that are overdue for renewal and end soon."""
        connections = self.search([('status', '=', 'connected'), ('authorization_id', '!=', False)])
        idle = connections.filtered(lambda connection: connection.authorization_id._is_idle())
        (connections - idle).activity_unlink([IDLE])
        for connection in idle:
            for user in connection._members():
                if not connection.activity_search([IDLE], user_id=user.id):
                    connection._schedule(IDLE, user, connection.with_context(lang=user.lang).env._(
                        "The access to %(organisation)s ends on %(date)s unless it is renewed. Check whether scheduled actions run, or reauthenticate.",
                        organisation=connection.organisation_name,
                        date=format_date(self.env, connection.authorization_id._expires_on(), lang_code=user.lang)))

    # === TOKEN CHECK === #

    @api.model
    def _cron_check_tokens(self):
        """Check each connection: renew its chain, read which organisations it gives access to, create tasks for users.

        One call for each chain, followed by a commit. Two chains in a row without an answer end the run: Xero is down, and the
        chains may still be valid.
        """
        connections = self.sudo().search([])
        self.env['xero.server']._update_known()
        connections._reactivate_crons()
        self.env['ir.cron']._commit_progress()
        talking = connections.filtered(lambda connection: connection.status != 'disconnected' and connection.authorization_id)
        unanswered = 0
        # Chains that were renewed most recently come first, so that one without answer does not delay the others
        chains = talking.grouped('authorization_id')
        for authorization in sorted(chains, key=lambda authorization: authorization.access_expires_at or datetime.min, reverse=True):
            chain = chains[authorization]
            try:
                answered = chain._check_chain(may_commit=True)
            except (SerializationFailure, XeroRetryable):
                # The connection is being written by another transaction; the next run comes soon
                self.env.cr.rollback()
                answered = True
            except Exception:
                # An error in one chain must not stop the check of the others
                self.env.cr.rollback()
                _logger.exception("The check of Xero connections %s failed", chain.ids)
                answered = True
            self.env['ir.cron']._commit_progress()
            unanswered = 0 if answered else unanswered + 1
            if unanswered == 2:
                self.env.ref('account_xero.ir_cron_check_tokens')._trigger(fields.Datetime.now() + CHECK_AGAIN)
                break
        self.env['xero.consent']._drop_abandoned()
        self.env['xero.export']._align(connections)
        connections._alert_members()
        connections._warn_of_idle_chains()
        connections._mail_failures()

    def _check_chain(self, may_commit=False):
        """Check the connections of one chain with one call.

        :param bool may_commit: whether to commit before each connection is written.
        :return: False if Xero gave no answer.
        """
        chain = self.filtered(lambda connection: connection._pause_or_resume())
        if not chain:
            return True
        organisations, refusal, before = {}, None, {connection: connection._access() for connection in chain}
        try:
            organisations = {organisation['tenant_id']: organisation for organisation in chain._read_organisations()}
        except XeroOAuthError as error:
            refusal = error
        except XeroError as error:
            _logger.info("The check of Xero connections %s will be repeated: %s", chain.ids, error)
            return error.status is not None
        for connection in chain:
            if may_commit:
                # The call took time, and a slice or a person may have written the row meanwhile
                connection._commit_and_lock()
            if connection._access() != before[connection]:
                continue    # reauthenticated during the call, whose answer is about the access of before
            if refusal:
                connection._handle_access_lost(refusal)
            else:
                connection._apply_listing(organisations.get(connection.tenant_id))
        return True

    def _access(self):
        """Return what a consent, or the loss of access, changes on the connection."""
        return self.status, self.status_since, self.authorized_at

    def _read_organisations(self):
        """Return the organisations that the chain gives access to, as `XeroClient.connections` does. All connections must share the chain.

        Xero may list an organisation and still refuse calls to it, for example when its trial has ended. So the organisation of a
        connection to reauthenticate is returned only if it answers.

        :raise XeroError: as the client does; `XeroOAuthError` if the chain has ended.
        """
        client, organisations = self[0]._call_renewed(lambda client: (client, self[0]._list_organisations(client)))
        broken = self.filtered(lambda connection: connection.status == 'reauthenticate').mapped('tenant_id')
        return [
            organisation for organisation in organisations
            if organisation['tenant_id'] not in broken or self._organisation_answers(client.for_organisation(organisation['tenant_id']))]

    @api.model
    def _organisation_answers(self, client):
        """Return whether an organisation answers, at the cost of one call."""
        try:
            client.get('Organisation')
        except XeroError:
            return False
        return True

    def _apply_listing(self, organisation):
        """Store what Xero lists about the organisation, and set the status by whether Xero lists it.

        :param dict organisation: element of `_read_organisations`, None if Xero does not list it: then access to it is lost.
        """
        self.ensure_one()
        if not organisation:
            self._handle_access_lost(XeroUnauthorised("The organisation is not connected any more", kind='tenant'))
            return
        vals = {'organisation_name': organisation['name'], 'connection_ref': organisation['id']}
        if any(self[name] != value for name, value in vals.items()):
            self.write(vals)
        if self.status == 'reauthenticate':
            self._handle_access_restored()

    # === WHETHER THIS SERVER MAY TALK TO XERO === #

    def _pause_or_resume(self):
        """Pause the connection if this server and database must not talk to Xero for it, resume it if they may again.

        A copy of a database would renew the chain of the original and export a second time. A server without the right encryption key
        cannot read any secret, which must not be treated as lost access.

        :return: whether the server may talk to Xero for the connection.
        """
        self.ensure_one()
        reason = self._in_its_language()._pause_reason()
        if reason and self.status == 'connected':
            _logger.warning("Xero connection %s is paused: %s", self.id, reason)
            self._set_status('paused', reason)
        elif not reason and self.status == 'paused':
            self._handle_access_restored()
            if not self.authorization_id:     # a neutralized copy has no tokens
                self._handle_access_lost(XeroOAuthError("Nobody has authorised this connection", code='invalid_grant'))
        return not reason

    def _pause_reason(self):
        """Return why this server must not talk to Xero for the connection, empty if it may."""
        self.ensure_one()
        if reason := self.env['xero.server']._copy_reason():
            return reason
        if self.app_id and not self.app_id._has_usable_address():
            return self.app_id._address_words()
        if not self._is_readable():
            return self.env._(
                "this server has another encryption key than the one that stored the access to Xero. Give it the right key "
                "(ACCOUNT_XERO_KEY, or the file account_xero.key), or enter the client secret of the app again and reauthenticate.")
        return ''

    def _is_readable(self):
        """Return whether this server's encryption key decrypts the stored secrets."""
        try:
            decrypt(self.app_id.client_secret_encrypted)
            decrypt(self.authorization_id.refresh_token_encrypted)
        except WrongKey:
            return False
        return True
