import logging
from datetime import datetime, timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.modules import Manifest
from odoo.tools import config, format_date, plaintext2html

from ...const import LOOK_BACK_MARGIN, MAINTENANCE_PAUSE
from ...exceptions import WrongKey, XeroError, XeroOAuthError, XeroRetryable, XeroUnauthorised
from ...tools.server_identity import dump, is_other_server, load, server_identity
from ...tools.xero_client import XeroClient
from .xero_secrets import decrypt

_logger = logging.getLogger(__name__)

DATABASE_PARAMETER = 'account_xero.database'
SERVER_PARAMETER = 'account_xero.server'
REAUTHENTICATE = 'account_xero.mail_activity_type_xero_reauthenticate'
IDLE = 'account_xero.mail_activity_type_xero_idle'
FRESH = timedelta(minutes=1)
CHECK_AGAIN = timedelta(seconds=MAINTENANCE_PAUSE)


class XeroConnection(models.Model):
    """Health: whether Xero can be talked to, what is done when it cannot, and who is told."""
    _inherit = 'xero.connection'

    alerted_user_ids = fields.Many2many(
        'res.users', 'xero_connection_alerted_rel', 'connection_id', 'user_id', readonly=True, copy=False,
        groups='base.group_system', help="Who has been asked to reauthenticate in this outage.")

    # === THE CLIENT === #

    def _client(self, pacer=None, renew=False):
        """Return a client for the organisation, whose token outlives one call.

        :param Pacer pacer: keeps the calls below Xero's minute limit.
        :param bool renew: Xero called the last token expired.
        :return: :class:`XeroClient`.
        :raise XeroUnauthorised: the chain is dead; the status says so already.
        :raise XeroRetryable: no token can be had now.
        """
        self.ensure_one()
        connection = self.sudo()
        try:
            token = connection._access_token(renew)
        except XeroOAuthError as error:
            connection._died(error)
            raise XeroUnauthorised(error.message, kind='token') from error
        return XeroClient(connection._endpoints(), token, connection.tenant_id, user_agent=self._user_agent(), pacer=pacer)

    def _access_token(self, renew=False, refused=''):
        """Return an access token of the connection's chain; see `xero.authorization`, whose arguments it takes and errors it raises."""
        self.ensure_one()
        if self.authorization_id.app_id != self.app_id:     # a token goes to the address that it is from
            raise XeroOAuthError("Nobody has authorised this connection through its app", code='invalid_grant')
        if not self.authorization_id:
            raise XeroOAuthError("Nobody has authorised this connection", code='invalid_grant')
        try:
            return self.authorization_id._access_token(renew, refused)
        except WrongKey as error:
            raise XeroRetryable(str(error), retry_after=600) from error

    @api.model
    def _user_agent(self):
        return f"account_xero/{Manifest.for_addon('account_xero').version}"

    # === DEATH AND REVIVAL === #

    def _died(self, error):
        """Ask people to reauthenticate: the chain has ended, or Xero no longer lets us into the organisation.

        One dead chain marks all its connections; a lost organisation marks this connection alone. An access token that Xero does
        not know is no death yet: the chain is asked first.

        :param XeroError error: `XeroOAuthError`, or `XeroUnauthorised` of any kind but `scope`.
        """
        # What a client raised at birth has the chain's own error behind it
        error = error.__cause__ if isinstance(error.__cause__, XeroOAuthError) else error
        if isinstance(error, XeroUnauthorised) and error.kind in ('expired', 'token'):
            error = self.sudo()._renewal_error(error)
        if not error:
            return
        connections = self.sudo()
        if not (isinstance(error, XeroUnauthorised) and error.kind == 'tenant'):
            connections |= connections.authorization_id.connection_ids
        # A neighbour that has found the same holds the row
        alive = connections.filtered(lambda connection: connection.status == 'connected').try_lock_for_update(allow_referencing=True)
        for connection in alive:
            reason = connection._reason_of_death(error)
            _logger.warning("Xero connection %s has to be reauthenticated: %s", connection.id, error)
            connection._set_status('reauthenticate', reason)
            connection.message_post(body=reason)
            self.env['xero.sync']._record(connection, 'check', failed=1, error=reason)
        alive._alert_members()

    def _renewal_error(self, error):
        """Renew the chain, because Xero refused its access token.

        :return: what is wrong with the chain, None if nothing is.
        """
        if error.kind == 'token' and self.authorization_id._is_fresh(error.token_digest, FRESH):
            return error    # Xero does not know a token that it has just given
        try:
            self._access_token(renew=True, refused=error.token_digest)
        except XeroOAuthError as renewal_error:
            return renewal_error
        except XeroRetryable:
            pass
        return None

    def _reason_of_death(self, error):
        """Return a sentence that says what happened and what to do."""
        self.ensure_one()
        if isinstance(error, XeroUnauthorised) and error.kind == 'tenant':
            return self.env._(
                "Xero no longer lets Odoo into %(organisation)s: it was disconnected in Xero, or %(email)s lost access to it. Reauthenticate.",
                organisation=self.organisation_name, email=self.authorized_email or self.env._("the person who connected it"))
        if isinstance(error, XeroOAuthError) and error.code in ('invalid_client', 'unauthorized_client'):
            return self.env._(
                "Xero does not accept the client ID and secret of the app “%(app)s”. Correct them on the app; the connection then comes back by itself.",
                app=self.app_id.name)
        return self.env._(
            "The access that %(email)s gave has ended at Xero. Reauthenticate.",
            email=self.authorized_email or self.env._("the person who connected it"))

    @api.model
    def _waited_words(self, count):
        """Return how many documents waited for a connection, as the end of a sentence."""
        if not count:
            return self.env._("nothing waited.")
        if count == 1:
            return self.env._("one document waited; sending now.")
        return self.env._("%(count)s documents waited; sending now.", count=count)

    def _revived(self):
        """Take up the work again: Xero answers, or a person has authorised or confirmed the connection.

        Xero is asked for what it already has from us before anything is sent.
        """
        for connection in self.sudo():
            if connection.status == 'connected':
                continue
            vals = {}
            waited = len(connection._held_exports())
            if connection.status != 'draft':
                since = (connection.last_success_at or connection.status_since) - LOOK_BACK_MARGIN
                vals['look_back_since'] = min(filter(None, [connection.look_back_since, since]))
                connection.message_post(body=self.env._("Connection restored; %(waited)s", waited=self._waited_words(waited)))
                self.env['xero.sync']._record(connection, 'check', done=1)
            connection.write(vals)
            connection._set_status('connected')
            connection._close_activities()
        self._remember_database()

    def _held_exports(self):
        """Return the exports that go out, or try to, as soon as the connection works."""
        return self.env['xero.export'].sudo().search([
            ('connection_id', 'in', self.ids),
            '|', ('state', '=', 'waiting'), '&', ('state', '=', 'failed'), ('cause', 'in', ('connection', 'permission')),
        ])

    # === WHO IS TOLD === #

    def _alert_members(self):
        """Give each member of the Invoice Admin group a task for each broken connection, once per outage.

        Members who came later get theirs at the next check.
        """
        for connection in self.sudo().filtered(lambda connection: connection.status == 'reauthenticate'):
            for user in connection._members() - connection.alerted_user_ids:
                connection._schedule(REAUTHENTICATE, user, connection.status_reason)
                connection.alerted_user_ids = [fields.Command.link(user.id)]

    def _close_activities(self):
        """Take the tasks of all members away, and be ready to give new ones."""
        self.activity_unlink([REAUTHENTICATE, IDLE])
        self.write({'alerted_user_ids': [fields.Command.clear()]})

    def _members(self):
        """Return the invoice admins who may use one of the connection's companies."""
        self.ensure_one()
        group = self.env.ref('account_xero.group_xero_invoice_admin').sudo()
        companies = self.sudo().company_ids
        return group.all_user_ids.filtered(lambda user: user.active and not user.share and user.company_ids & companies)

    def _schedule(self, activity_type, user, note, **kwargs):
        """Schedule an activity in the language and on the day of its user."""
        connection = self.with_context(lang=user.lang, tz=user.tz)
        connection.activity_schedule(
            # HTML, which names from Xero and from Odoo are not
            activity_type, user_id=user.id, note=plaintext2html(note or ''), **{'date_deadline': fields.Date.context_today(connection), **kwargs})

    @api.model
    def _warn_of_idle_chains(self):
        """Warn the invoice admins of chains that ought to have been renewed long ago and end soon."""
        connections = self.sudo().search([('status', '=', 'connected'), ('authorization_id', '!=', False)])
        idle = connections.filtered(lambda connection: connection.authorization_id._is_idle())
        (connections - idle).activity_unlink([IDLE])
        for connection in idle:
            for user in connection._members():
                if not connection.activity_search([IDLE], user_id=user.id):
                    connection._schedule(IDLE, user, connection.with_context(lang=user.lang).env._(
                        "The access to %(organisation)s ends on %(date)s unless it is renewed. Look whether scheduled actions run, or reauthenticate.",
                        organisation=connection.organisation_name,
                        date=format_date(self.env, connection.authorization_id._dies_on(), lang_code=user.lang)))

    # === TOKEN CHECK === #

    @api.model
    def _cron_check_tokens(self):
        """Look after every connection: renew its chain, ask Xero which organisations it still opens, tell people.

        One call a chain, each with a commit of its own. Two chains in a row without an answer end the run: Xero is down, which
        says nothing about any chain.
        """
        connections = self.sudo().search([])
        self._follow_server()
        connections._switch_on()
        self.env['ir.cron']._commit_progress()
        talking = connections.filtered(lambda connection: connection.status != 'disconnected' and connection.authorization_id)
        unanswered = 0
        # What answered last comes first, so that chains that never answer hold up nobody
        chains = talking.grouped('authorization_id')
        for authorization in sorted(chains, key=lambda authorization: authorization.access_expires_at or datetime.min, reverse=True):
            chain = chains[authorization]
            try:
                answered = chain._check_chain(scheduled=True)
            except (SerializationFailure, XeroRetryable):
                # Somebody keeps writing the same connection; the next run comes soon
                self.env.cr.rollback()
                answered = True
            except Exception:
                # The other chains must not pay for it
                self.env.cr.rollback()
                _logger.exception("The check of Xero connections %s failed", chain.ids)
                answered = True
            self.env['ir.cron']._commit_progress()
            unanswered = 0 if answered else unanswered + 1
            if unanswered == 2:
                self.env.ref('account_xero.ir_cron_check_tokens')._trigger(fields.Datetime.now() + CHECK_AGAIN)
                break
        self.env['xero.export']._align(connections)
        connections._alert_members()
        self._warn_of_idle_chains()

    def _check_chain(self, scheduled=False):
        """Check the connections of one chain with one call.

        :param bool scheduled: whether the transaction is ours to commit.
        :return: False if Xero gave no answer.
        """
        chain = self.filtered(lambda connection: connection._may_talk())
        if not chain:
            return True
        organisations, refusal = {}, None
        try:
            organisations = {organisation['tenant_id']: organisation for organisation in chain._read_organisations()}
        except XeroOAuthError as error:
            refusal = error
        except XeroError as error:
            _logger.info("The check of Xero connections %s will be repeated: %s", chain.ids, error)
            return error.status is not None
        for connection in chain:
            if scheduled:
                # Xero took its time, and a slice or a person may have written the row meanwhile
                connection._commit_and_lock()
            if refusal:
                connection._died(refusal)
            else:
                connection._follow_organisation(organisations.get(connection.tenant_id))
        return True

    def _read_organisations(self):
        """Return what the chain opens, as `XeroClient.connections` does. All connections must share the chain.

        Xero may list an organisation that it refuses all the same, such as one whose trial has ended: the organisation of a broken
        connection counts only if it answers.
        """
        connection, refused = self[0], ''
        for renew in (False, True):
            token = connection._access_token(renew, refused)
            try:
                organisations = XeroClient(connection._endpoints(), token, user_agent=self._user_agent()).connections()
                break
            except XeroUnauthorised as error:
                if renew or error.kind not in ('expired', 'token'):
                    raise
                refused = error.token_digest
        broken = self.filtered(lambda connection: connection.status == 'reauthenticate').grouped('tenant_id')
        return [
            organisation for organisation in organisations
            if organisation['tenant_id'] not in broken or broken[organisation['tenant_id']]._answers(token)]

    def _answers(self, token):
        """Tell whether the organisation answers, at the cost of one call."""
        try:
            XeroClient(self._endpoints(), token, self.tenant_id, user_agent=self._user_agent()).get('Organisation')
        except XeroError:
            return False
        return True

    def _follow_organisation(self, organisation):
        """Take over what Xero says about the organisation; its absence is a death, its return a revival."""
        self.ensure_one()
        if not organisation:
            self._died(XeroUnauthorised("The organisation is not connected any more", kind='tenant'))
            return
        vals = {'organisation_name': organisation['name'], 'connection_ref': organisation['id']}
        if any(self[name] != value for name, value in vals.items()):
            self.write(vals)
        if self.status == 'reauthenticate':
            self._revived()

    def _switch_on(self):
        """Switch the connections' own scheduled actions on again, should Odoo have switched them off after failures."""
        if not self.env['ir.config_parameter'].sudo().get_param('database.is_neutralized'):
            crons = self.sudo().with_context(active_test=False).cron_id
            crons.filtered(lambda cron: not cron.active).active = True

    # === GUARD AGAINST COPIES === #

    def _may_talk(self):
        """Tell whether this server and database may talk to Xero for the connection, and pause or resume it accordingly.

        A copy of a database would renew the original's chain and export a second time; a server without the right key can read
        no secret and must not take that for a death.
        """
        self.ensure_one()
        connection = self.sudo()
        reason = connection._reason_for_pause()
        if reason and connection.status == 'connected':
            _logger.warning("Xero connection %s is paused: %s", connection.id, reason)
            connection._set_status('paused', reason)
        elif not reason and connection.status == 'paused':
            connection._revived()
            if not connection.authorization_id:     # a neutralized copy has no tokens
                connection._died(XeroOAuthError("Nobody has authorised this connection", code='invalid_grant'))
        return not reason

    def _reason_for_pause(self):
        """Return why the connection must not talk to Xero, empty if it may."""
        self.ensure_one()
        if self._is_copy():
            return self._copy_words()
        app = self.sudo().app_id
        if app and not app._has_usable_address():
            return app._address_words()
        if not self.sudo()._is_readable():
            return self.env._(
                "this server has another encryption key than the one that stored the access to Xero. Give it the right key "
                "(ACCOUNT_XERO_KEY, or the file account_xero.key), or enter the client secret of the app again and reauthenticate.")
        return ''

    def _is_readable(self):
        """Tell whether this server's key opens what is stored."""
        try:
            decrypt(self.app_id.client_secret_encrypted)
            decrypt(self.authorization_id.refresh_token_encrypted)
        except WrongKey:
            return False
        return True

    @api.model
    def _is_copy(self):
        """Tell whether this is another database, or on another server, than the one that was connected."""
        return self._is_other_database() or self._is_other_server()

    @api.model
    def _is_other_database(self):
        known = self.env['ir.config_parameter'].sudo().get_param(DATABASE_PARAMETER)
        return bool(known) and known != self._database_identity()

    @api.model
    def _is_other_server(self):
        """Return whether an identical copy of the database runs on another machine and in another data folder."""
        known = load(self.env['ir.config_parameter'].sudo().get_param(SERVER_PARAMETER))
        return bool(known) and is_other_server(known, server_identity(config['data_dir']))

    @api.model
    def _copy_words(self):
        """Return what makes this database a copy, and what to do, as a part of a sentence."""
        if self._is_other_database():
            return self.env._("this database is a copy. An invoice admin can confirm that it is the one that exports.")
        known = load(self.env['ir.config_parameter'].sudo().get_param(SERVER_PARAMETER)) or {}
        here = server_identity(config['data_dir'])
        return self.env._(
            "this database runs on another server (%(here)s) than the one that was connected (%(before)s), so it may be a copy. An invoice admin "
            "can confirm that it is the one that exports.",
            here=here.get('name') or here['host'].partition(' ')[0], before=known.get('name') or (known.get('host') or '?').partition(' ')[0])

    @api.model
    def _database_identity(self):
        # Not every way of copying changes both
        return f"{self.env['ir.config_parameter'].sudo().get_param('database.uuid')} {self.env.cr.dbname}"

    @api.model
    def _remember_database(self):
        """Take this database for the one that exports."""
        parameters = self.env['ir.config_parameter'].sudo()
        parameters.set_param(DATABASE_PARAMETER, self._database_identity())
        parameters.set_param(SERVER_PARAMETER, dump(server_identity(config['data_dir'])))

    @api.model
    def _follow_server(self):
        """Remember how the server is called now: its host or its folder may change, one at a time."""
        parameters = self.env['ir.config_parameter'].sudo()
        if parameters.get_param(DATABASE_PARAMETER) and not self._is_copy():
            if parameters.get_param(SERVER_PARAMETER) != dump(server_identity(config['data_dir'])):
                self._remember_database()
